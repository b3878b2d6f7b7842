"""A progress bar on stderr, for somebody at a terminal who would else wonder."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Timer

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TimeElapsedColumn
from rich.text import Text

from glaab.domain.errors import System


@contextmanager
def progress(
    request_counter: Mapping[System, int], *, wanted: bool, color: bool, after_s: float = 1
) -> Iterator[None]:
    """
    Show how many requests each system has been sent, as long as it is entered.

    Only if it is *wanted*, stderr is a terminal, and it lasts over a second. Nothing of it
    is left on the terminal afterwards.
    """
    console = Console(stderr=True, color_system="auto" if color else None)
    if not wanted or not sys.stderr.isatty() or console.is_dumb_terminal:
        yield
        return
    columns = (BarColumn(bar_width=20), _Requests(request_counter), TimeElapsedColumn())
    bar = Progress(*columns, console=console, transient=True, redirect_stdout=False)
    bar.add_task("", total=None)
    timer = Timer(after_s, bar.start)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


class _Requests(ProgressColumn):
    """What went over the wire so far."""

    def __init__(self, request_counter: Mapping[System, int]) -> None:
        super().__init__()
        self._request_counter = request_counter

    def render(self, _: Task) -> Text:
        """See `ProgressColumn`."""
        counts = [f"{system} {count}" for system, count in sorted(self._request_counter.items())]
        return Text(f"requests: {', '.join(counts)}" if counts else "waiting for an answer")
