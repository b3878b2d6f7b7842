"""What is told of each look and full run: messages, the result, metrics, and notifications."""

import sys
from collections.abc import Iterator
from functools import partial

import attrs
import structlog

from glaab.domain.errors import GITLAB
from glaab.domain.newcomers import WatchMemory
from glaab.entrypoints.render.as_json import as_json_line
from glaab.entrypoints.render.as_text import as_text, page_as_text
from glaab.entrypoints.runtime.bootstrap import App, Options
from glaab.entrypoints.runtime.metrics import write_metrics
from glaab.entrypoints.runtime.result import RunResult
from glaab.entrypoints.runtime.runner import report_accounts
from glaab.entrypoints.watching import messages
from glaab.entrypoints.watching.announcements import Announcements
from glaab.entrypoints.watching.apps import Apps
from glaab.entrypoints.watching.metrics import WatchMetrics
from glaab.entrypoints.watching.notifier import Notifier
from glaab.entrypoints.watching.outages import Changes, Outages

log = structlog.get_logger()

_LONGEST_S = 10
"""To print a result."""


@attrs.define(kw_only=True)
class Reporter:
    """Speaks of an outage and of the brake when they begin and when they end, and only then."""

    metrics: WatchMetrics
    announcements: Announcements
    outages: Outages = attrs.field(factory=Outages)

    def report(
        self, result: RunResult, apps: Apps, before: WatchMemory, after: WatchMemory, now: float
    ) -> bool:
        """Tell what there is to tell; true if some system gave no usable answer."""
        app = apps.app
        over = result.asked | apps.lists_read
        if result.kind == "full-run" and GITLAB not in result.plan.outages:
            over = frozenset(result.systems)  # what is not needed keeps nobody waiting
        changes = self.outages.update(result.outages, over, now, result.finished_at)
        _log_outages(changes, now)
        _log_brake(result, before, after)
        if result.kind == "full-run" or result.plan.cases:
            report_accounts(app.options, result, partial(_show, app))
        path = app.settings.glaab_metrics_file
        if result.kind == "full-run" and path and not app.world:
            write_metrics(path, result, result.exit_code())
        self.metrics.note(result, self.outages.under_way, is_standing=after.brake_stands)
        notifier = Notifier.of(app.settings, app.container.timeouts())
        notifier(self._news(result, changes, before, after, now))
        return bool(result.outages)

    def _news(
        self,
        result: RunResult,
        changes: Changes,
        before: WatchMemory,
        after: WatchMemory,
        now: float,
    ) -> Iterator[str]:
        """What people are told who do not read messages."""
        yield from self.announcements.of_accounts(result, is_whole_queue=result.kind == "full-run")
        if after.brake_stands and not before.brake_stands:
            yield messages.brake_stopped(result.outcomes.brake)
        if before.brake_stands and not after.brake_stands:
            yield messages.brake_released()
        for outage in changes.ended:
            yield from self.announcements.outage_over(outage.system)
        for outage in self.outages.under_way:
            yield from self.announcements.of_outage(outage, now - outage.began)


def _log_outages(changes: Changes, now: float) -> None:
    for outage in changes.began:
        log.warning("system_unavailable", system=outage.system, reason=outage.reason)
    for outage in changes.ended:
        log.info("system_available", system=outage.system, after_s=round(now - outage.began))


def _log_brake(result: RunResult, before: WatchMemory, after: WatchMemory) -> None:
    if after.brake_stands and not before.brake_stands:
        brake = result.outcomes.brake
        counts = {"would_approve": brake.would_approve, "approved_before": brake.approved_before}
        log.error("brake_stopped", **counts, limit=brake.limit)
    if before.brake_stands and not after.brake_stands:
        log.info("brake_released")


def _show(app: App, options: Options, result: RunResult) -> bool:
    """Print it, unless its reader has stopped: neither newcomers nor a signal wait for that."""
    with app.container.timeouts().deadline(_LONGEST_S):
        if options.form == "json":
            sys.stdout.writelines(as_json_line(result))
        else:
            as_text(result, color=options.color)
            _show_page(app, result)
        sys.stdout.flush()
    return True


def _show_page(app: App, result: RunResult) -> None:
    """The log page of a world, which is gone with the process."""
    if app.world and result.outcomes.unlogged:
        page_as_text(app.container.audit_page().page, color=app.options.color)
