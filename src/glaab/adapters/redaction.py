"""Blacks out secrets in what servers and libraries say, where their words enter a message."""

import html
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote, unquote_plus

SHORTEST = 6
"""Characters of a secret; less would black out half of what is said."""
_BLACK = "[secret]"
_MOST_LEARNED = 50
_LONGEST_QUOTE = 300
Span = tuple[int, int]
"""Where a part of a text begins and ends."""


class Redactor:
    """Text -> the same without secrets, of six characters or more, in any spelling of them."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: set[str] = set()
        self._learned: deque[str] = deque(maxlen=_MOST_LEARNED)
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Black out these, too."""
        self._known.update(each for each in secrets if len(each) >= SHORTEST)

    def learn(self, secret: str) -> None:
        """Black out what a server has handed out, as a token or cookie; the newest fifty."""
        if len(secret) >= SHORTEST and secret not in self._learned:
            self._learned.append(secret)

    def __call__(self, text: str) -> str:
        secrets = (*self._known, *self._learned)
        spans = (span for spelling in _SPELLINGS for span in _spans(text, secrets, *spelling))
        for start, end in reversed(_merged(spans)):
            text = text[:start] + _BLACK + text[end:]
        return text


_in_force = [Redactor()]
"""The last one counts, for all threads; the first knows no secret but what servers hand out."""


def redactor() -> Redactor:
    """The one in force: secrets are the process's, so that whoever quotes a server can ask it."""
    return _in_force[-1]


@contextmanager
def redacting(secrets: Iterable[str]) -> Iterator[Redactor]:
    """Put a redactor of *secrets* in force."""
    _in_force.append(Redactor(secrets))
    try:
        yield redactor()
    finally:
        _in_force.pop()


def quote(words: str) -> str:
    """The first line of what a server says, without secrets, at most 300 characters long."""
    lines = redactor()(words).strip().splitlines()
    return " ".join(lines[0].split())[:_LONGEST_QUOTE] if lines else ""


def _from_json(escapes: str) -> str:
    text = escapes.replace(r"\/", "/").encode().decode("unicode_escape")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _from_bytes(escapes: str) -> str:
    """What Python shows of bytes that are UTF-8."""
    return escapes.encode().decode("unicode_escape").encode("latin-1").decode("utf-8", "replace")


_Spelling = tuple[re.Pattern[str], Callable[[str], str]]
_SPELLINGS: tuple[_Spelling, ...] = (
    (re.compile("(?!)"), str),  # as it is
    (re.compile("(?:%[0-9A-Fa-f]{2})+"), unquote),
    (re.compile(r"(?:%[0-9A-Fa-f]{2})+|\+"), unquote_plus),
    (re.compile(r"""(?:\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|["'\\/]))+"""), _from_json),
    (re.compile(r"""(?:\\(?:x[0-9A-Fa-f]{2}|["'\\]))+"""), _from_bytes),
    (
        re.compile("&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"),
        html.unescape,
    ),
)
"""How servers and libraries quote: what is an escape, and what it means."""


def _spans(
    text: str, secrets: Iterable[str], escape: re.Pattern[str], decode: Callable[[str], str]
) -> Iterator[Span]:
    """Where *secrets* are in *text*, if what *escape* matches is decoded."""
    decoded = escape.sub(lambda match: decode(match[0]), text)
    if not (found := [secret for secret in secrets if secret in decoded]):
        return
    origins: list[Span] = []
    end = 0
    for match in escape.finditer(text):
        origins += _characters(end, match.start())
        origins += [match.span()] * len(decode(match[0]))
        end = match.end()
    origins += _characters(end, len(text))
    for secret in found:
        start = decoded.find(secret)
        while start >= 0:
            end = start + len(secret)
            yield origins[start][0], origins[end - 1][1]
            start = decoded.find(secret, end)


def _characters(start: int, end: int) -> Iterator[Span]:
    return ((place, place + 1) for place in range(start, end))


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The same parts of a text in their order, none of which overlap."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
