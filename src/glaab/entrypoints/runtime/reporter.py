"""What a run tells: messages on stderr, and its result."""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress

import structlog

from glaab.domain.outcome import Outcome
from glaab.entrypoints.runtime.result import RunResult

UNWRITTEN = 4
"""The exit code of a command that could not show what it was asked for."""

log = structlog.get_logger()

_NOTHING_DONE = (Outcome.UNCHANGED, Outcome.WOULD_APPROVE, Outcome.WOULD_RECOVER)


def report_result(result: RunResult, show: Callable[[RunResult], bool]) -> bool:
    """Messages on stderr, the result as *show* does, and whether it could."""
    for system, reason in result.plan.outages.items():
        log.warning("system_unavailable", system=system, reason=reason)
    for account, done in result.outcomes.results.items():
        if done.outcome is Outcome.FAILED:
            log.error("approval_failed", account=account, reason=done.remark)
        elif done.outcome not in _NOTHING_DONE:
            log.info("account_settled", account=account, outcome=done.outcome.value)
    for reason in (*result.outcomes.log_failures, *result.outcomes.notes_left_open):
        log.error("record_not_written", reason=reason)
    if result.outcomes.brake.stopped:
        log.error("brake_stopped", would_approve=result.outcomes.brake.would_approve)
    was_shown = shown(lambda: show(result))
    log.log(
        logging.INFO if result.acted else logging.DEBUG,
        "run_finished",
        command=result.command,
        **result.counts,
    )
    return was_shown


def shown(show: Callable[[], bool]) -> bool:
    """Whether *show* could show a result; a reader that goes away has seen enough."""
    try:
        was_shown = show()
        sys.stdout.flush()
    except OSError as error:
        log.error("result_not_shown", reason=error.strerror)
        _leave_stdout()
        return isinstance(error, BrokenPipeError)
    return was_shown


def _leave_stdout() -> None:
    """What is left over goes nowhere; else the interpreter would fail on it when it ends."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
