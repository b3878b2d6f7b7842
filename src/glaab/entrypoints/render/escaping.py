"""Text that is safe to print on a terminal, and what several outputs word alike."""

import unicodedata
from collections.abc import Iterable

from glaab.domain.accounts import AccountId, Identity, Username
from glaab.domain.identity import Proven
from glaab.domain.names import DN
from glaab.domain.policy import Policy

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MAX_LENGTH = 500
"""After so many characters a text is cut, and its full length is added."""


def escape_control(text: str) -> str:
    r"""*text* with invisible characters as escape sequences: `\x1b`, `\u202e`."""
    escaped = "".join(
        character.encode("unicode_escape", "backslashreplace").decode("ascii")
        if unicodedata.category(character) in _INVISIBLE
        else character
        for character in text[:_MAX_LENGTH]
    )
    return escaped if len(text) <= _MAX_LENGTH else f"{escaped}… ({len(text)} characters)"


def pluralize(count: int, one: str, several: str = "") -> str:
    """The number with the fitting noun: `1 rule`, `2 vetoes`; *several* if an s is not enough."""
    return f"{count} {one if count == 1 else several or f'{one}s'}"


def policy_size(policy: Policy) -> str:
    """How many rules and vetoes it has."""
    vetoes = pluralize(len(policy.vetoes), "veto", "vetoes")
    return f"{pluralize(len(policy.rules), 'rule')} and {vetoes}"


def names_in_words(person: Proven, most: int = 9) -> str:
    """One name, and the others with kinds, a DN last: `Jane Doe (uid jdoe, dn uid=jdoe,…)`."""
    if not person.names:
        return f"{person.identity.extern_uid}, as {person.identity.provider} says"
    (_, first), *others = sorted(person.names, key=lambda name: name[0] == DN)[:most]
    kinds = ", ".join(f"{kind} {name}" for kind, name in others)
    return f"{first} ({kinds})" if kinds else first


def account_in_words(username: Username, account: AccountId) -> str:
    """Which account it is, for a terminal: `@ada (41)`; `id 41` if its username is not known."""
    return f"@{escape_control(username)} ({account})" if username else f"id {account}"


def identities_in_words(identities: Iterable[Identity]) -> str:
    """Who somebody is to GitLab: `openid_connect "Jane Doe"`."""
    return ", ".join(f'{each.provider} "{each.extern_uid}"' for each in identities)
