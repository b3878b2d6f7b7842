"""What a refusal of MediaWiki means, and what to do about it."""

import re
from datetime import timedelta

import attrs

from glaab.adapters.mediawiki.clock import SET_CLOCK, describe_difference
from glaab.adapters.redaction import quote

SET_TITLE = "set MEDIAWIKI_LOG_PAGE to the title of one ordinary page"
ASK = "ask an administrator of the wiki to"
LET_EDIT = (
    f"{ASK} let glaab's account edit the page, and grant whatever right that takes to the"
    " consumer or bot password, too"
)
_LET_CREATE = (
    f"create the page by hand, or {ASK} let glaab's account do so, and grant whatever right that"
    " takes to the consumer or bot password, too"
)
ARCHIVE = "move its oldest days to another page, such as an archive, by hand"
WAIT = "nothing, if it is brief: what is approved meanwhile is logged by a later run"

_REMEDIES = (
    ("protectednamespace-interface", SET_TITLE),
    ("titleblacklist", _LET_CREATE),
    ("cantcreate", _LET_CREATE),
    ("protected", LET_EDIT),
    ("cascadeprotected", LET_EDIT),
    ("permissiondenied", LET_EDIT),
    ("contenttoobig", ARCHIVE),
)
"""By how the code begins (1.39, ApiMessageTrait); the first that fits counts."""

_CREDENTIALS = "see MEDIAWIKI_CONSUMER_TOKEN and the other three OAuth settings"
_REGISTER = "register another one on Special:OAuthConsumerRegistration"
_OAUTH_REMEDIES = (
    ("Invalid consumer", "see MEDIAWIKI_CONSUMER_TOKEN"),
    (
        "No approved grant",
        "MEDIAWIKI_ACCESS_TOKEN is another consumer's, or the consumer was revoked (see"
        f" Special:OAuthManageMyGrants): then {_REGISTER}",
    ),
    (
        "Invalid signature",
        "see MEDIAWIKI_CONSUMER_SECRET and MEDIAWIKI_ACCESS_SECRET; if they are right, the host of"
        " MEDIAWIKI_URL is not the one that the wiki calls its own ($wgServer), or a proxy changes"
        " addresses",
    ),
    (
        "invalid IP address",
        "the consumer may not be used from this machine's address: let its usage restrictions"
        " allow it, on Special:OAuthConsumerRegistration",
    ),
    (
        "-not-approved",
        f"the consumer is disabled: {ASK} enable it again, or {_REGISTER}",
    ),
    ("-wrong-wiki", f"the consumer is for another wiki: {_REGISTER} for this one or for all"),
    ("-invalid-user", "the consumer's owner has no account on this wiki: log in there once"),
    ("-blocked-user", f"{ASK} unblock the consumer's owner"),
)
"""By what is in the code or in the text (Extension:OAuth, REL1_39)."""

_PASSING = re.compile(r"Nonce already used|database|^Error \d", re.IGNORECASE)
_PASSING_MEANS = (
    "the wiki cannot check credentials just now, as while it is read-only or its database is in"
    " trouble; that does not say that they are wrong"
)
_EXPIRED = re.compile(r"Expired timestamp(?:, yours (\d{1,12}), ours (\d{1,12}))?")


@attrs.frozen(kw_only=True)
class Block:
    """Who blocked glaab, and why; of several blocks at once neither who nor an id is known."""

    blockreason: str = ""
    blockid: int | None = None
    blockedby: str = ""
    blockexpiry: str = ""
    """An ISO 8601 time, or `infinite`."""

    def __str__(self) -> str:
        """To follow "blocked": `by Admin until 2026-11-22T09:06:55Z: a reason`."""
        until = quote(self.blockexpiry)
        end = " with no end" if until == "infinite" else f" until {until}" if until else ""
        reason = one_line(self.blockreason) or "no reason is given"
        return f"by {quote(self.blockedby) or 'somebody'}{end}: {reason}"

    @property
    def remedy(self) -> str:
        """It may be of the account or of the machine's address: an administrator sees by its id."""
        which = "its blocks" if self.blockid is None else f"block {self.blockid}"
        return (
            f"{ASK} lift {which} or, if that is of this machine's address and not of glaab's"
            " account, to give the account the right ipblock-exempt"
        )


def is_passing(code: str, info: str) -> bool:
    """True if Extension:OAuth could not check the request, and may be able to a moment later."""
    wrapped = info.rpartition("are not valid: ")[2]
    return code == "mwoauth-invalid-authorization" and bool(_PASSING.search(wrapped))


def remedy_of(code: str, info: str = "", block: Block | None = None) -> str:
    """What to do about an error of the action API, or what it means; empty if nobody can say."""
    if block:
        return block.remedy
    if code.startswith("mwoauth-"):
        return _oauth_remedy(code, info)
    return next((remedy for start, remedy in _REMEDIES if code.startswith(start)), "")


def _oauth_remedy(code: str, info: str) -> str:
    if is_passing(code, info):
        return _PASSING_MEANS
    if expired := _EXPIRED.search(info):
        yours, ours = (int(seconds or 0) for seconds in expired.groups())
        difference = timedelta(seconds=yours - ours)
        return f"{describe_difference(difference)}: {SET_CLOCK}" if difference else SET_CLOCK
    said = f"{code} {info}"
    return next((remedy for part, remedy in _OAUTH_REMEDIES if part in said), _CREDENTIALS)


def one_line(text: str) -> str:
    """All lines of *text* as `quote` has one of them."""
    return quote(" ".join(text.split()))
