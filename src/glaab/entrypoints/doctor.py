"""`glaab doctor`: look at settings, policy and every system, and say what is not well."""

import math

import click
import structlog

from glaab import __version__
from glaab.domain.checkups import Checkup
from glaab.domain.errors import System
from glaab.entrypoints.clock import now
from glaab.entrypoints.examination import Examination, Examiner
from glaab.entrypoints.interruption import Interruption
from glaab.entrypoints.policy_checks import PolicyChecks, policy_found
from glaab.entrypoints.preparation import Composed, Given, Options, compose, read
from glaab.entrypoints.render.examination import as_json, as_text
from glaab.entrypoints.runs import interruptible, under_way
from glaab.entrypoints.settings_checks import settings_found, unasked
from glaab.entrypoints.telling import UNWRITTEN, shown

log = structlog.get_logger()


def doctor(options: Options) -> int:
    """Examine everything and tell; the exit code."""
    given = read(options, acting=True)
    made = compose(given, mode="look")

    def run(_: Interruption) -> int:
        with under_way(made, options):
            examination = _examination(given, made)
        for system, reason in examination.outages.items():
            log.warning("system_unavailable", system=system, reason=reason)
        was_shown = shown(lambda: _show(examination, options))
        log.debug("run_finished", command="doctor", **examination.counts)
        return examination.exit_code if was_shown else UNWRITTEN

    return interruptible(made, options, math.inf, run)


def _show(examination: Examination, options: Options) -> bool:
    if options.as_json:
        click.echo(as_json(examination))
    else:
        as_text(examination, color=options.color)
    return True


def _examination(given: Given, made: Composed) -> Examination:
    started_at = now()
    examiner = Examiner(unasked(given))
    for title, finding in settings_found(given):
        examiner.note("settings", title, [finding])
    if examiner.may_ask:
        for checkup in _checkups(given, made):
            examiner.look(checkup.system, checkup.system, checkup.checks())
    for title, finding in policy_found(given):
        examiner.note("policy", title, [finding])
    if examiner.may_ask and given.policy:
        checks = PolicyChecks(
            policy=given.policy,
            gitlab=made.container.gitlab(),
            sources=made.container.sources(),
        )
        for system in System:
            examiner.look("policy", system, checks.of(system))
    return Examination(
        run=made.run,
        started_at=started_at,
        finished_at=now(),
        version=__version__,
        policy=given.policy.digest if given.policy else None,
        rows=tuple(examiner.rows),
        outages=examiner.outages,
        asked=frozenset(examiner.asked),
        requests=made.container.traffic(),
    )


def _checkups(given: Given, made: Composed) -> tuple[Checkup, ...]:
    """Of all systems that are used; of GitLab alone while it is not known which others are."""
    if given.policy:
        return made.container.checkups()
    return () if given.world else (made.container.live().gitlab_checkup(),)
