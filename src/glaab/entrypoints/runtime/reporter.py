"""What a run reports: messages on stderr and the result on stdout."""

import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress

import structlog

from glaab.domain.outcome import Outcome
from glaab.entrypoints.runtime.result import RunResult

UNWRITTEN = 4
"""The exit code of a command that could not print its result."""

log = structlog.get_logger()

_NOTHING_CHANGED = (Outcome.UNCHANGED, Outcome.WOULD_APPROVE, Outcome.WOULD_RECOVER)


def report_result(result: RunResult, write: Callable[[RunResult], bool]) -> bool:
    """Log what happened and *write* the result; True if that succeeded."""
    for system, reason in result.plan.outages.items():
        log.warning("system_unavailable", system=system, reason=reason)
    for account, done in result.outcomes.results.items():
        if done.outcome is Outcome.FAILED:
            log.error("approval_failed", account=account, reason=done.remark)
        elif done.outcome not in _NOTHING_CHANGED:
            log.info("account_settled", account=account, outcome=done.outcome.value)
    for reason in (*result.outcomes.log_failures, *result.outcomes.notes_left_open):
        log.error("record_not_written", reason=reason)
    if result.outcomes.brake.stopped:
        log.error("brake_stopped", would_approve=result.outcomes.brake.would_approve)
    is_written = write_safely(lambda: write(result))
    log.log(
        logging.INFO if result.acted else logging.DEBUG,
        "run_finished",
        command=result.command,
        **result.counts,
    )
    return is_written


def write_safely(write: Callable[[], bool]) -> bool:
    """What *write* returns; False if stdout cannot be written, True if its reader has left."""
    try:
        is_written = write()
        sys.stdout.flush()
    except OSError as error:
        log.error("result_not_shown", reason=error.strerror)
        _discard_stdout()
        return isinstance(error, BrokenPipeError)
    return is_written


def _discard_stdout() -> None:
    """Send the unwritten rest to /dev/null; else the interpreter fails on it when it exits."""
    with suppress(OSError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
