"""`glaab dry-run`: what `approve` would do."""

import sys
from collections.abc import Collection

from glaab.domain.policy import Verdict
from glaab.entrypoints.render.as_json import as_json
from glaab.entrypoints.render.as_text import dry_run_as_text
from glaab.entrypoints.runtime.bootstrap import App, Options
from glaab.entrypoints.runtime.result import RunResult
from glaab.entrypoints.runtime.runner import look


def dry_run(app: App, verdicts: Collection[Verdict] = tuple(Verdict)) -> int:
    """Review everybody, tell of those with these *verdicts*, change nothing; the exit code."""

    def show(options: Options, result: RunResult) -> bool:
        if options.form == "json":
            sys.stdout.writelines(as_json(result, verdicts))
        else:
            dry_run_as_text(result, verdicts, color=options.color)
        return True

    return look(app, "dry-run", app.container.review_pending(), show)
