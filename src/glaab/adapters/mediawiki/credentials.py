"""Who edits the wiki: an OAuth consumer or a bot password."""

import attrs
from requests.auth import AuthBase


@attrs.frozen(kw_only=True)
class OAuth:
    """An owner-only consumer of OAuth 1.0a."""

    consumer_token: str = attrs.field(repr=False)
    consumer_secret: str = attrs.field(repr=False)
    access_token: str = attrs.field(repr=False)
    access_secret: str = attrs.field(repr=False)

    def signer(self) -> AuthBase:
        """What signs requests; mwclient signs none on a session that it did not make."""
        from requests_oauthlib import OAuth1  # type: ignore[import-untyped]  # of mwclient

        signer: AuthBase = OAuth1(
            self.consumer_token, self.consumer_secret, self.access_token, self.access_secret
        )
        return signer


@attrs.frozen
class BotPassword:
    """A bot password of Special:BotPasswords, the user as `Name@bot`."""

    user: str
    password: str = attrs.field(repr=False)


Credentials = OAuth | BotPassword
