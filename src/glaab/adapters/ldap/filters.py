"""LDAP filters from typed values, escaped once, and the matching that servers do."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import TypeVar

import attrs

from glaab.adapters.batching import in_batches
from glaab.domain.names import is_rare

K = TypeVar("K")

_SPACES = re.compile(" +")
_INNER_SPACE = re.compile(r"(?<!^)\\20(?!$)")
_ESCAPED = re.compile(rb"[^0-9A-Za-z._@-]")
_ATTRIBUTE = re.compile(r"[a-z][a-z0-9-]*|[0-9]+(\.[0-9]+)+", re.IGNORECASE | re.ASCII)
_MOST_RARE = 4
"""Letters of rare case in a value of which every spelling is asked for: sixteen at most."""
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


def is_attribute(text: str) -> bool:
    """True if *text* can be the name of an attribute, or its OID."""
    return bool(_ATTRIBUTE.fullmatch(text))


@attrs.frozen
class Term:
    """An attribute, and the value that it must have by the server's own matching."""

    attribute: str
    value: str | bytes

    def __str__(self) -> str:
        return f"({self.attribute}={escaped(self.value)})"


@attrs.frozen
class LowerCaseTerm(Term):
    """A term for a value that was put into lower case, which the server may hold apart."""

    def __str__(self) -> str:
        values = _spellings(str(self.value))
        return f"(|{''.join(str(Term(self.attribute, value)) for value in values)})"


def _spellings(value: str) -> Iterable[str]:
    """What *value* may have been, as far as letters of rare case go; of many letters the usual."""
    if sum(map(is_rare, value)) > _MOST_RARE:
        return dict.fromkeys((value, value.title(), value.upper()))
    letters = ((each, each.upper()) if is_rare(each) else (each,) for each in value)
    return map("".join, product(*letters))


def any_of(terms: Iterable[Term], *conditions: str) -> str:
    """
    The filter for entries that fit any of *terms* and all *conditions*, whatever their class.

    Another kind of entry that bears a name is one more bearer of it, so it must be seen.
    """
    return f"(&{''.join(conditions)}(|{''.join(map(str, terms))}))"


def none_of(terms: Iterable[Term]) -> str:
    """The filter for entries that fit none of *terms*."""
    return f"(!(|{''.join(map(str, terms))}))"


def present(attribute: str) -> str:
    """The filter for entries that have an attribute."""
    return f"({attribute}=*)"


def batches(terms: Mapping[K, Term]) -> Iterator[list[tuple[K, Term]]]:
    """*terms* in parts that are small enough for one search."""
    return in_batches(
        terms.items(), _TERMS_A_BATCH, _CHARACTERS_A_BATCH, lambda item: len(str(item[1]))
    )


def escaped_in_dn(value: str) -> str:
    """*value* for a DN: a space inside it stays, as 389-DS 2.3.1 takes its byte for another."""
    return _INNER_SPACE.sub(" ", escaped(value))


def escaped(value: str | bytes) -> str:
    r"""
    *value* with every byte (of its UTF-8 form) as `\XX`, but what is never special.

    Filters (RFC 4515) and DNs (RFC 4514) both read it so; ldap3 2.9.1 would trim a value
    whose spaces are not escaped.
    """
    raw = value.encode() if isinstance(value, str) else value
    return _ESCAPED.sub(lambda byte: b"\\%02x" % ord(byte[0]), raw).decode()
