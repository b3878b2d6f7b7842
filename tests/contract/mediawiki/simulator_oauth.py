"""
How Extension:OAuth (REL1_39) checks a signed request, and in which words it refuses one.

Recorded are a wrong signature, an unknown consumer or token and a nonce that was used before; the
other texts are those of the extension's messages, as seen on a wiki with it.
"""

import time
from types import SimpleNamespace
from urllib.parse import urlencode

import attrs
from oauthlib.oauth1.rfc5849 import signature

from tests.contract.wire import Request

_LEEWAY_S = 300
_WRAPPED = "The authorization headers in your request are not valid: {}"


class OAuthRefused(Exception):
    """What the API answers with HTTP 200: a code and a text."""


@attrs.frozen(kw_only=True)
class Consumer:
    """An owner-only consumer of OAuth 1.0a."""

    consumer_token: str = "the-consumer"
    consumer_secret: str = "the-consumer-secret"
    access_token: str = "the-access"
    access_secret: str = "the-access-secret"


@attrs.define(kw_only=True)
class OAuthExtension:
    """Who may sign, and what is wrong with that."""

    consumer: Consumer = attrs.field(factory=Consumer)
    is_disabled: bool = False
    """By an administrator of consumers."""
    is_revoked: bool = False
    """By its owner."""
    is_restricted: bool = False
    """To other addresses than the client's."""
    is_foreign: bool = False
    """For another wiki alone."""
    clock_ahead_s: int = 0
    """How far the wiki's clock is ahead of the client's."""
    keeps_nonces: bool = True
    """False while they are in a database that is read-only: then none is ever new."""
    trouble: str = ""
    """What the database says, if it cannot be asked."""
    host: str = ""
    """`$wgServer`'s, if it is not the one that is asked."""
    _nonces: set[str] = attrs.field(factory=set)

    def check(self, request: Request) -> None:
        """Raise `OAuthRefused` unless it is signed well, in the order of the extension."""
        if problem := self._problem(request):
            raise OAuthRefused("mwoauth-invalid-authorization", _WRAPPED.format(problem))
        if self.is_disabled:
            info = (
                "The app that you are trying to connect seems to be set up incorrectly."
                ' Contact the author of "glaab-log" for help.'
            )
            raise OAuthRefused("mwoauth-invalid-authorization-not-approved", info)
        if self.is_foreign:
            info = "The authorization headers in your request are not valid for wiki"
            raise OAuthRefused("mwoauth-invalid-authorization-wrong-wiki", info)

    def _problem(self, request: Request) -> str:
        pairs = signature.collect_parameters(
            uri_query=urlencode(request.query),
            body=request.body.decode(),
            headers={"Authorization": request.headers["authorization"]},
            exclude_oauth_signature=False,
        )
        oauth = dict(pairs)
        if self.trouble:
            return self.trouble
        if oauth["oauth_consumer_key"] != self.consumer.consumer_token:
            return "Invalid consumer"
        if self.is_restricted:
            return "The request came from an invalid IP address."
        if oauth.get("oauth_token") != self.consumer.access_token or self.is_revoked:
            return "No approved grant was found for that authorization token."
        yours, ours = int(oauth["oauth_timestamp"]), int(time.time()) + self.clock_ahead_s
        if abs(ours - yours) > _LEEWAY_S:
            return f"Expired timestamp, yours {yours}, ours {ours}"
        if oauth["oauth_nonce"] in self._nonces or not self.keeps_nonces:
            return f"Nonce already used: {oauth['oauth_nonce']}"
        self._nonces.add(oauth["oauth_nonce"])
        return "" if self._is_signed(request, pairs) else "Invalid signature"

    def _is_signed(self, request: Request, pairs: list[tuple[str, str]]) -> bool:
        signed = SimpleNamespace(
            http_method=request.method,
            uri=f"http://{self.host or request.headers['host']}{request.raw_path}",
            params=[pair for pair in pairs if pair[0] != "oauth_signature"],
            signature=dict(pairs)["oauth_signature"],
        )
        secrets = self.consumer.consumer_secret, self.consumer.access_secret
        return signature.verify_hmac_sha1(signed, *secrets)
