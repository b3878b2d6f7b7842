"""Names of people and groups, and when two of them are the same."""

import re
import unicodedata
from collections.abc import Callable, Hashable
from functools import lru_cache
from itertools import zip_longest
from typing import NewType

import attrs

Cn = NewType("Cn", str)
Uid = NewType("Uid", str)

NameKind = NewType("NameKind", str)
"""A kind of name that a person can have, as the policy's `identity.extern_uid` names it."""
CN, UID, DN = NameKind("cn"), NameKind("uid"), NameKind("dn")
ITSELF = NameKind("itself")
"""What the provider handed to GitLab, whomever it means: everybody has it who is proven."""

NameKey = Callable[[str], Hashable | None]
"""Gives what is equal for two spellings of one name; None for a text that can be no name."""


_SPACES = re.compile(" +")
_COMMON_CASE = re.compile(
    "[a-z\u00df-\u017f\u03ac-\u03ce\u0430-\u044f\u0451-\u045c\u0561-\u0586\u1e00-\u1ef9]"
)
"""Small letters of Latin, Greek, Cyrillic and Armenian whose capitals every server knows."""
_PAIR = re.compile(r"\s*[a-z0-9][a-z0-9.-]*\s*=.*", re.IGNORECASE | re.ASCII | re.DOTALL)
_ATTRIBUTES = {
    alias: name
    for name, *aliases in (
        ("cn", "commonname", "2.5.4.3"),
        ("sn", "surname", "2.5.4.4"),
        ("serialnumber", "2.5.4.5"),
        ("c", "countryname", "2.5.4.6"),
        ("l", "localityname", "2.5.4.7"),
        ("st", "stateorprovincename", "2.5.4.8"),
        ("street", "streetaddress", "2.5.4.9"),
        ("o", "organizationname", "2.5.4.10"),
        ("ou", "organizationalunitname", "2.5.4.11"),
        ("title", "2.5.4.12"),
        ("givenname", "gn", "2.5.4.42"),
        ("uid", "userid", "0.9.2342.19200300.100.1.1"),
        ("mail", "rfc822mailbox", "0.9.2342.19200300.100.1.3"),
        ("dc", "domaincomponent", "0.9.2342.19200300.100.1.25"),
        ("employeenumber", "2.16.840.1.113730.3.1.3"),
    )
    for alias in aliases
}
"""The attributes that DNs begin with, by their other names (RFC 4519, RFC 4524, RFC 2798)."""
_CHARACTER = re.compile(r"\\([0-9a-fA-F]{2})|\\(.?)|([^\\])", re.DOTALL)
"""Of a DN (RFC 4514): a byte in hexadecimal, an escaped character, or one as it is."""


def _plain(text: str) -> bool:
    """True if Unicode compatibility normalisation (NFKC) leaves *text* as it is."""
    return unicodedata.normalize("NFKC", text) == text


def fold(text: str) -> str:
    """
    *text* in lower case, for comparing; spaces count.

    A text that changes under NFKC is given back as it is: fullwidth letters, the Kelvin
    sign and their like are nobody's spelling of an ordinary name.
    """
    return text.lower() if _plain(text) else text


def has_rare_case(text: str) -> bool:
    """
    True if *text* has small letters whose capitals 389-DS 2.3 and Samba 4.17 may not know.

    They hold `ș` and `Ș` apart, and hundreds more that are newer than their tables.
    """
    return not text.isascii() and any(map(is_rare, text))


def is_rare(letter: str) -> bool:
    """True for a small letter as above."""
    return letter.lower() == letter != letter.upper() and not _COMMON_CASE.fullmatch(letter)


def _fold_common(text: str) -> str:
    """As `fold`, but a letter stays as it is whose case not every server ignores."""
    if text.isascii():
        return text.lower()
    return "".join(map(_lower_common, text)) if _plain(text) else text


def _lower_common(letter: str) -> str:
    lower = letter.lower()
    return lower if _COMMON_CASE.fullmatch(lower) and lower.upper() == letter else letter


def name_key(text: str) -> tuple[bool, str]:
    """What is equal for two spellings of one name: the same characters, or the same when folded."""
    return _plain(text), fold(text)


def same_name(one: str, other: str) -> bool:
    """True if two spellings are one name."""
    return name_key(one) == name_key(other)


def first_difference(one: str, other: str) -> tuple[str, str] | None:
    """Where two names part, as code points: `("U+212A", "U+004B")`; None if only case differs."""
    for ours, theirs in zip_longest(one, other, fillvalue=""):
        is_case = (ours + theirs).isascii() and ours.lower() == theirs.lower()
        if ours != theirs and not is_case:
            return _code_point(ours), _code_point(theirs)
    return None


def _code_point(character: str) -> str:
    return f"U+{ord(character):04X}" if character else "nothing"


@attrs.frozen(cache_hash=True)
class Dn:
    """
    A distinguished name (RFC 4514), equal to every other spelling of itself.

    Attributes compare by any of their names, values without runs of spaces and without case as
    far as every server ignores it, escapes as what they stand for. Look-alikes do not compare
    equal, although a server may fold them.
    """

    text: str = attrs.field(eq=False)
    _key: tuple[frozenset[str], ...] = attrs.field(init=False, repr=False)

    @_key.default
    def _canonical(self) -> tuple[frozenset[str], ...]:
        return tuple(map(_canonical_rdn, _split(self.text, ",")))

    @property
    def name(self) -> tuple[str, str]:
        """The attribute and the value of the first part: `("uid", "jdoe")`."""
        attribute, _, value = _split(_split(self.text, ",")[0], "+")[0].partition("=")
        return _attribute(attribute), _unescape(value)

    @property
    def in_lower_case(self) -> "Dn":
        """The DN as GitLab has it: entries that a server holds apart may be one to it."""
        return Dn(self.text.lower())

    def is_below(self, branch: "Dn") -> bool:
        """True if this is a DN somewhere below *branch*."""
        depth = len(self._key) - len(branch._key)
        return depth > 0 and self._key[depth:] == branch._key

    def __str__(self) -> str:
        return self.text


def is_dn(text: str) -> bool:
    """True if *text* has the form of a DN: every part of it is an attribute and a value."""
    return all(_PAIR.fullmatch(pair) for rdn in _split(text, ",") for pair in _split(rdn, "+"))


def _split(text: str, separator: str) -> list[str]:
    """*text* cut at every *separator* that no backslash escapes."""
    if "\\" not in text:
        return text.split(separator)
    parts = [""]
    for character in _CHARACTER.finditer(text):
        if character[0] == separator:
            parts.append("")
        else:
            parts[-1] += character[0]
    return parts


@lru_cache(maxsize=1024)  # those of the base come with every DN
def _canonical_rdn(rdn: str) -> frozenset[str]:
    return frozenset(map(_canonical_pair, _split(rdn, "+")))


def _canonical_pair(pair: str) -> str:
    attribute, _, value = pair.partition("=")
    squeezed = _SPACES.sub(" ", _fold_common(_unescape(value))).strip(" ")
    return f"{_attribute(attribute)}={squeezed}"


def _attribute(text: str) -> str:
    """The attribute in its one spelling: `userid`, `UID` and its OID are `uid`."""
    name = text.strip().lower().removeprefix("oid.")
    return _ATTRIBUTES.get(name, name)


def _unescape(value: str) -> str:
    r"""
    The value that is meant: `comma\2Cname` and `comma\,name` are one.

    Spaces around it do not count unless escaped. Bytes that are no UTF-8 become lone
    surrogates, each its own, so that two of them are never equal.
    """
    if value.isascii() and "\\" not in value:  # as almost all are
        return value.strip(" ")
    raw, kept = b"", 0
    for byte, escaped, plain in _CHARACTER.findall(value.lstrip(" ")):
        raw += bytes.fromhex(byte) + f"{escaped}{plain}".encode("utf-8", "surrogatepass")
        if plain != " ":
            kept = len(raw)
    return raw[:kept].decode("utf-8", "surrogateescape")
