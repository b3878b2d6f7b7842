"""`glaab watch`: looks for newcomers and full runs, one after the other, until it is ended."""

import gc
import math
from collections.abc import Callable
from functools import partial

import attrs
import structlog

from glaab.domain.brake import Brake
from glaab.domain.newcomers import ReviewNewcomers, WatchMemory
from glaab.domain.outcome import Outcomes
from glaab.domain.review import Plan, ReviewAccounts
from glaab.entrypoints.runtime.exit_code import ExitCode
from glaab.entrypoints.runtime.heartbeat import with_heartbeat
from glaab.entrypoints.runtime.result import Kind, RunResult
from glaab.entrypoints.runtime.runner import common_fields
from glaab.entrypoints.runtime.shutdown import Interrupted, Shutdown
from glaab.entrypoints.watching.apps import Apps
from glaab.entrypoints.watching.health import Health
from glaab.entrypoints.watching.reporter import Reporter
from glaab.entrypoints.watching.schedule import Schedule

log = structlog.get_logger()


@attrs.define(kw_only=True)
class WatchLoop:
    """Every look and full run is a run of its own; only the memory lasts from one to the next."""

    apps: Apps
    schedule: Schedule
    health: Health
    reporter: Reporter
    memory: WatchMemory
    clock: Callable[[], float]
    """Seconds; nobody sets it."""
    sleep: Callable[[float], None]
    _is_over: bool = attrs.field(default=False, init=False)

    def run(self, duration_s: float = math.inf) -> int:
        """Go on until a signal comes or the time is over; the exit code."""
        ends_at = self.clock() + duration_s
        code: int = ExitCode.OK
        try:
            with Shutdown(self.apps.app.container.timeouts(), math.inf) as shutdown:
                # what a signal raises in a finalizer is lost: only *shutdown* knows of it then
                while not (self._is_over or shutdown.received) and self.clock() < ends_at:
                    wait_s = min(self.schedule.wait_s(self.clock()), ends_at - self.clock())
                    if wait_s > 0:
                        self.sleep(wait_s)
                    elif self._is_full_run_due():
                        full_run = partial(self._carry_out, "full-run")
                        code = with_heartbeat(self.apps.app.settings, full_run)
                    else:
                        code = self._carry_out("look")
        except Interrupted as stopped:
            log.warning("run_interrupted", approved=0)
            return stopped.exit_code
        finally:
            self.apps.close()
        if self._is_over:
            return code
        return 128 + shutdown.received if shutdown.received else ExitCode.OK

    def _is_full_run_due(self) -> bool:
        """True in its time, and instead of every look until one has read the queue."""
        return self.schedule.is_full_run_due(self.clock()) or not self.memory.knows_queue

    def _carry_out(self, kind: Kind) -> int:
        """Look or run fully, and report it; the exit code that `approve` would have."""
        began, before = self.clock(), self.memory
        app = self.apps.renew()
        shutdown = Shutdown(app.container.timeouts(), app.settings.glaab_deadline_s)
        try:
            with shutdown:
                result = self._run(kind, shutdown)
                ended = self.clock()
                shutdown.begin_to_act()  # whatever is told now is told to its end
                is_outage = self.reporter.report(result, self.apps, before, self.memory, ended)
                if kind == "full-run":
                    gc.collect()  # at the thresholds of a short run it would come late
        except Interrupted as stopped:
            self._is_over = True
            log.warning("run_interrupted", approved=0)
            return stopped.exit_code
        self._is_over = shutdown.received is not None
        if kind == "full-run":
            self.schedule.after_full_run(began, ended, is_outage=is_outage)
        else:
            asked_others = len(result.plan.asked) > 1
            self.schedule.after_look(began, ended, is_outage=is_outage, asked_others=asked_others)
        self.health.note(self.clock(), self.schedule.interval_s)
        if is_outage:
            self.apps.reread_secrets()
        return result.exit_code(shutdown.received)

    def _run(self, kind: Kind, shutdown: Shutdown) -> RunResult:
        """Review, approve and log as `approve` does; the memory is another one afterwards."""
        container, limit = self.apps.app.container, self.apps.app.settings.glaab_max_approvals
        started_at = container.clock()()
        if kind == "full-run":
            brake = self.memory.brake_for_full_run(limit)
            plan = self._review_pending(brake)
        else:
            brake = self.memory.brake_for_look(limit)
            review = partial(self._review_accounts, brake)
            plan = ReviewNewcomers(gitlab=container.gitlab(), review=review)(self.memory)
        outcomes = Outcomes(results={}, brake=brake)
        if plan.cases or plan.open_notes:
            shutdown.begin_to_act()
            outcomes = container.apply_plan(may_start=shutdown.may_start)(plan, brake)
        if kind == "full-run":
            self.memory = self.memory.after_full_run(plan, outcomes, started_at)
        else:
            self.memory = self.memory.after_look(plan, outcomes)
        return RunResult(
            plan=plan,
            outcomes=outcomes,
            **common_fields(self.apps.app, "watch") | {"kind": kind},
        )

    def _review_pending(self, brake: Brake) -> Plan:
        unread = self.apps.reread_lists()
        review = self.apps.app.container.review_pending(
            review__outages=unread, review__confirm_at_most=brake.allowed
        )
        plan: Plan = review()
        return plan

    def _review_accounts(self, brake: Brake) -> ReviewAccounts:
        unread = self.apps.reread_lists()
        review: ReviewAccounts = self.apps.app.container.review_accounts(
            outages=unread, confirm_at_most=brake.allowed
        )
        return review
