"""`glaab approve`: the scheduled job."""

from glaab.domain.brake import Brake
from glaab.entrypoints.render.as_text import page_as_text
from glaab.entrypoints.runtime.bootstrap import App
from glaab.entrypoints.runtime.metrics import write_metrics
from glaab.entrypoints.runtime.progress import progress
from glaab.entrypoints.runtime.result import RunResult
from glaab.entrypoints.runtime.runner import (
    common_fields,
    interruptible,
    report_result,
    write_safely,
)
from glaab.entrypoints.runtime.shutdown import Shutdown


def approve(app: App) -> int:
    """Approve whom the policy trusts; the exit code."""
    container, options = app.container, app.options

    def run(shutdown: Shutdown) -> int:
        with progress(options, container.request_counter()):
            plan = container.review_pending()()
            shutdown.begin_to_act()
            apply_plan = container.apply_plan(may_start=shutdown.may_start)
            outcomes = apply_plan(plan, Brake(app.settings.glaab_max_approvals))
        result = RunResult(plan=plan, outcomes=outcomes, **common_fields(app, "approve"))
        report_result(options, result)
        code = result.exit_code(shutdown.received)
        if app.settings.glaab_world:
            if options.form != "json":
                write_safely(lambda: page_as_text(container.audit_page().page, color=options.color))
        elif path := app.settings.glaab_metrics_file:
            write_metrics(path, result, code)
        return code

    return interruptible(app, run, app.settings.glaab_deadline_s)
