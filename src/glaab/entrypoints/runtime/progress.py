"""A progress bar on stderr, for people who watch a run on a terminal."""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Timer

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TimeElapsedColumn
from rich.text import Text

from glaab.domain.errors import System
from glaab.entrypoints.runtime.bootstrap import Options


@contextmanager
def progress(
    options: Options, request_counter: Mapping[System, int], after_s: float = 1
) -> Iterator[None]:
    """Show the requests on a terminal from *after_s* until it is left, unless told to be quiet."""
    console = Console(stderr=True, color_system="auto" if options.color else None)
    if options.level >= logging.WARNING or not sys.stderr.isatty() or console.is_dumb_terminal:
        yield
        return
    columns = (BarColumn(bar_width=20), _RequestColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=console, transient=True, redirect_stdout=False)
    bar.add_task("", total=None, requests=request_counter)
    timer = Timer(after_s, bar.start)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        bar.stop()


class _RequestColumn(ProgressColumn):
    """How many requests were sent so far, by system."""

    def render(self, task: Task) -> Text:
        """See `ProgressColumn`; runs in the bar's own thread, so it reads a copy."""
        counts = [f"{system} {count}" for system, count in dict(task.fields["requests"]).items()]
        return Text(f"requests: {', '.join(counts)}" if counts else "waiting for an answer")
