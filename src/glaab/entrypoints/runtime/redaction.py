"""What is secret is blacked out wherever text leaves the process, whoever wrote it."""

import html
import json
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import IO, Any
from urllib.parse import quote, quote_plus

from glaab.domain.errors import GITLAB
from glaab.settings.core import Settings

_BLACK = "[secret]"
_SHORTEST = 6
_BREAK = r"(?:\s|\x1b\[[0-9;]*m)*"
"""What a terminal's width may put between any two characters."""


class Redactor:
    """Text -> the same without secrets, of six characters or more, in any spelling of them."""

    def __init__(self, settings: Settings) -> None:
        self._known: set[str] = set()
        self.add(settings)

    def add(self, settings: Settings) -> None:
        """Black out the secrets of *settings*, too."""
        self._known.update(_spellings(settings))
        spellings = sorted(self._known, key=len, reverse=True)
        parts = [_BREAK.join(map(re.escape, "".join(each.split()))) for each in spellings]
        self._pattern = re.compile("|".join(parts) or "(?!)")  # which matches nothing

    def __call__(self, text: str) -> str:
        return self._pattern.sub(_BLACK, text)


def _spellings(settings: Settings) -> Iterator[str]:
    """Each secret as it is, and as servers and libraries quote it."""
    own_words = {"glaab", GITLAB, *(source.system for source in settings.sources)}
    for source in settings.sources.values():
        yield from source.derived_secrets()
    for secret in settings.secrets:
        if len("".join(secret.split())) < _SHORTEST or secret in own_words:
            continue
        octets = secret.encode(errors="surrogateescape")
        yield from (secret, quote(octets, safe=""), quote_plus(octets))
        yield from (json.dumps(secret)[1:-1], repr(secret)[1:-1])
        yield html.escape(secret).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")  # as Jinja2


class RedactingStream:
    """A text stream that conceals the secrets in what is written to it."""

    def __init__(self, stream: IO[str], redact: Callable[[str], str]) -> None:
        self._stream = stream
        self._redact = redact

    def write(self, text: str) -> int:
        self._stream.write(self._redact(text))
        return len(text)

    def writelines(self, texts: Iterable[str]) -> None:
        """Write each of *texts*; a secret that is split between two of them is not recognised."""
        for text in texts:
            self.write(text)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if name == "buffer":  # nothing goes round it
            raise AttributeError(name)
        return getattr(self._stream, name)


@contextmanager
def redacted(settings: Settings) -> Iterator[Redactor]:
    """Keep secrets off stdout and stderr; also out of the traceback of an error that leaves."""
    redact = Redactor(settings)
    before = sys.excepthook
    sys.excepthook = lambda *error: sys.stderr.write(
        redact("".join(traceback.format_exception(*error)))
    )
    stdout, stderr = (RedactingStream(stream, redact) for stream in (sys.stdout, sys.stderr))
    with redirect_stdout(stdout), redirect_stderr(stderr):
        yield redact
    sys.excepthook = before
