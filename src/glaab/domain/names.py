"""Names of people and groups, and when two of them are the same."""

import re
import unicodedata
from functools import lru_cache
from itertools import zip_longest
from typing import NewType

import attrs

Cn = NewType("Cn", str)
Uid = NewType("Uid", str)

NameKind = NewType("NameKind", str)
"""A kind of name that a person can have, as the policy's `identity.extern_uid` names it."""
CN, UID, DN = NameKind("cn"), NameKind("uid"), NameKind("dn")


_SPACES = re.compile(" +")
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


def same_name(one: str, other: str) -> bool:
    """True if two spellings are one name: the same characters, or the same when folded."""
    return one == other or (_plain(one) and _plain(other) and fold(one) == fold(other))


def first_difference(one: str, other: str) -> tuple[str, str] | None:
    """Where two names part, as code points: `("U+212A", "U+004B")`; None if only case differs."""
    for ours, theirs in zip_longest(one, other, fillvalue=""):
        is_case = (ours + theirs).isascii() and ours.lower() == theirs.lower()
        if ours != theirs and not is_case:
            return _code_point(ours), _code_point(theirs)
    return None


def _code_point(character: str) -> str:
    return f"U+{ord(character):04X}" if character else "nothing"


@attrs.frozen
class Dn:
    """
    A distinguished name (RFC 4514), equal to every other spelling of itself.

    Attribute types and values compare without case and runs of spaces, escapes as what
    they stand for. Look-alikes do not compare equal, although a server may fold them.
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
        return attribute.strip().lower(), _unescape(value)

    def __str__(self) -> str:
        return self.text


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
    squeezed = _SPACES.sub(" ", fold(_unescape(value))).strip(" ")
    return f"{attribute.strip().lower()}={squeezed}"


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
