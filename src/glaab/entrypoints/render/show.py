"""A run's result on stdout, as text or JSON."""

import sys

from glaab.entrypoints.render.as_json import as_json
from glaab.entrypoints.render.as_text import as_text
from glaab.entrypoints.runtime.bootstrap import Options
from glaab.entrypoints.runtime.result import RunResult


def show_result(result: RunResult, options: Options) -> bool:
    """True: whatever stdout does not take is raised."""
    if options.as_json:
        sys.stdout.writelines(as_json(result))
    else:
        as_text(result, color=options.color)
    return True
