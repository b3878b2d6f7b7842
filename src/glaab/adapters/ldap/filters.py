"""LDAP filters and names from typed values, escaped once, and the matching that servers do."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeVar

import attrs

from glaab.adapters.batching import in_batches

K = TypeVar("K")

_SPACES = re.compile(" +")
_ESCAPED = re.compile(rb"[^0-9A-Za-z]")
_LONGEST_VALUE = 32_768
"""Characters of a `cn` (ub-name in OpenLDAP's core.schema); longer names are nobody's."""
_TERMS_A_BATCH = 200
_CHARACTERS_A_BATCH = 60_000
"""OpenLDAP drops an anonymous connection that sends more than 256 KiB at once."""


def folded(text: str) -> str:
    """
    *text* as OpenLDAP 2.5 compares names: letters in lower case, then NFKC, then spaces.

    Accents stay, and `ß` is not `ss`. No letter that OpenLDAP folds is missed; some that
    are newer than its tables are folded here and not there.
    """
    lower = text.lower() if text.isascii() else "".join(map(_lower, text))
    compatible = unicodedata.normalize("NFKC", lower)
    return _SPACES.sub(" ", compatible).strip(" ")


def _lower(letter: str) -> str:
    """One letter for one letter (`İ` is `i`), whatever stands beside it (`Σ` is `σ`)."""
    return letter.lower()[0] if unicodedata.category(letter) in ("Lu", "Lt") else letter


def can_be_asked(text: str) -> bool:
    """True if an entry could bear *text*; lone surrogates have no UTF-8 form."""
    surrogate = any("\ud800" <= character <= "\udfff" for character in text)
    return 0 < len(text) <= _LONGEST_VALUE and not surrogate


@attrs.frozen
class Term:
    """An attribute, and the value that it must have by the server's own matching."""

    attribute: str
    value: str

    def __str__(self) -> str:
        return f"({self.attribute}={_escaped(self.value)})"


def any_of(terms: Iterable[Term], *conditions: str) -> str:
    """
    The filter for entries that fit any of *terms* and all *conditions*, whatever their class.

    Another kind of entry that bears a name is one more bearer of it, so it must be seen.
    """
    return f"(&{''.join(conditions)}(|{''.join(map(str, terms))}))"


def group_dn(group: str, below: str) -> str:
    """The DN of a group of a policy, which is named by its DN, or by its cn *below* another."""
    return group if "=" in group else f"cn={_escaped(group)},{below}"


def batches(terms: Mapping[K, Term]) -> Iterator[list[tuple[K, Term]]]:
    """*terms* in parts that are small enough for one search."""
    return in_batches(
        terms.items(), _TERMS_A_BATCH, _CHARACTERS_A_BATCH, lambda item: len(str(item[1]))
    )


def _escaped(value: str) -> str:
    r"""
    *value* with every byte of its UTF-8 form as `\XX`, but ASCII letters and digits.

    Filters (RFC 4515) and DNs (RFC 4514) both read it so; ldap3 2.9.1 would trim a value
    whose spaces are not escaped.
    """
    return _ESCAPED.sub(lambda byte: b"\\%02x" % ord(byte[0]), value.encode()).decode()
