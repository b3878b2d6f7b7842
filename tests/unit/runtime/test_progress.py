"""The progress bar: on a terminal, past a moment, and gone afterwards."""

import logging
import os
import sys
import time
from collections import Counter
from contextlib import contextmanager, redirect_stderr, suppress
from io import StringIO

import pytest

from glaab.domain.errors import GITLAB
from glaab.domain.sources.directory import DIRECTORY
from glaab.entrypoints.runtime.progress import progress
from tests.unit.runtime.options import some_options


class Terminal:
    """A terminal, and what was written to it."""

    def __init__(self):
        self._controller, device = os.openpty()
        os.set_blocking(self._controller, False)
        self._stream = os.fdopen(device, "w", encoding="utf-8")
        self.written = ""

    def wait_for(self, text):
        """Until it is there."""
        ends_at = time.monotonic() + 30
        while text not in self.written:
            assert time.monotonic() < ends_at, self.written
            time.sleep(0.01)
            self._read()

    @contextmanager
    def as_stderr(self):
        """While it is entered, stderr goes there."""
        try:
            with redirect_stderr(self._stream):
                yield
        finally:
            self._stream.flush()
            self._read()
            self._stream.close()
            os.close(self._controller)

    def _read(self):
        with suppress(BlockingIOError):
            while part := os.read(self._controller, 65536):
                self.written += part.decode(errors="replace")


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_a_bar_counts_the_requests_and_goes_away(terminal):
    """While it lasts one sees who was asked how often; then the line is cleared."""
    request_counter = Counter({GITLAB: 36, DIRECTORY: 9})

    with terminal.as_stderr(), progress(some_options(), request_counter, after_s=0):
        terminal.wait_for("requests: gitlab 36, directory 9")

    assert terminal.written.endswith("\x1b[2K")


def test_a_bar_says_that_nobody_answered_yet(terminal):
    """Before the first request is counted there is still something to see."""
    with terminal.as_stderr(), progress(some_options(color=True), Counter(), after_s=0):
        terminal.wait_for("waiting for an answer")


def test_what_is_over_in_a_moment_has_no_bar(terminal):
    with terminal.as_stderr(), progress(some_options(color=True), Counter(), after_s=30):
        pass

    assert "" == terminal.written


def test_who_wants_quiet_has_no_bar(terminal):
    with terminal.as_stderr(), progress(some_options(level=logging.WARNING), Counter(), after_s=0):
        time.sleep(0.1)

    assert "" == terminal.written


def test_a_dumb_terminal_has_no_bar(terminal, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")

    with terminal.as_stderr(), progress(some_options(color=True), Counter(), after_s=0):
        time.sleep(0.1)

    assert "" == terminal.written


def test_what_is_no_terminal_has_no_bar(monkeypatch):
    """A scheduler's log holds messages alone, even where a variable asks for colour."""
    stream = StringIO()
    monkeypatch.setenv("FORCE_COLOR", "1")

    with redirect_stderr(stream), progress(some_options(color=True), Counter(), after_s=0):
        time.sleep(0.1)

    assert "" == stream.getvalue()


def test_a_message_meanwhile_has_a_line_of_its_own(terminal):
    """What is logged while the bar is there does not end up in it."""
    with terminal.as_stderr(), progress(some_options(), Counter(), after_s=0):
        terminal.wait_for("waiting for an answer")
        sys.stderr.write("a message\n")

    assert "\x1b[2Ka message" in terminal.written


def test_an_error_takes_the_bar_away(terminal):
    """A run that ends early leaves the terminal as it was."""

    def interrupted():
        with terminal.as_stderr(), progress(some_options(), Counter(), after_s=0):
            terminal.wait_for("waiting for an answer")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert terminal.written.endswith("\x1b[2K")
