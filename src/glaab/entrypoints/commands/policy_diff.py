"""`glaab policy diff`: what another policy would change for those who wait."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import structlog

from glaab.domain.accounts import UnreadableAccount
from glaab.domain.policy_diff import ComparePolicies
from glaab.entrypoints.render.policy_diff import as_json, as_text
from glaab.entrypoints.runtime import connect
from glaab.entrypoints.runtime.bootstrap import App, Options, bootstrap_two_policies
from glaab.entrypoints.runtime.exit_code import ExitCode
from glaab.entrypoints.runtime.progress import progress
from glaab.entrypoints.runtime.result import DiffResult
from glaab.entrypoints.runtime.runner import interruptible, write_safely
from glaab.entrypoints.runtime.shutdown import Shutdown

log = structlog.get_logger()


def diff(options: Options, new: Path, old: Path | None) -> int:
    """Compare the policy in *new* to that in *old*, or in force; SettingsInvalid as ever."""
    before, after = bootstrap_two_policies(options, new=new, old=old)

    def run(_: Shutdown) -> int:
        result = look(before, after)
        _warn(result)
        is_shown = write_safely(lambda: show(options, result))
        return result.exit_code if is_shown else ExitCode.UNWRITTEN

    return interruptible(before, run)


def look(before: App, after: App) -> DiffResult:
    """Look at the queue by the policies of both; what they ask alike is asked once."""
    assert before.policy and after.policy  # noqa: S101, PT018  # both were bootstrapped
    assert before.policy_text and after.policy_text  # noqa: S101, PT018
    policies = before.policy, after.policy
    compare = ComparePolicies(
        gitlab=before.container.gitlab(),
        old=before.container.review_accounts(confirm_at_most=0),
        new=after.container.review_accounts(
            confirm_at_most=0,
            sources=connect.sources_of_two(
                before.container.sources(), after.container.sources(), policies
            ),
        ),
    )
    requests = before.container.request_counter()
    with progress(before.options, requests):
        found = compare()
    return DiffResult(
        command="policy diff",
        run=before.run,
        started_at=before.started_at,
        finished_at=datetime.now(UTC),
        policy=before.policy.digest,
        policy_new=after.policy.digest,
        sources=(before.policy_text.source, after.policy_text.source),
        systems=before.options.systems,
        requests=requests,
        diff=found,
    )


def show(options: Options, result: DiffResult) -> None:
    """Print it as text or JSON."""
    if options.form == "json":
        sys.stdout.writelines(as_json(result))
    else:
        as_text(result, color=options.color)


def _warn(result: DiffResult) -> None:
    for system, reason in result.outages.items():
        log.warning("system_unavailable", system=system, reason=reason)
    for each in result.diff.comparisons:
        if isinstance(each.account, UnreadableAccount):
            log.warning("account_unreadable", account=each.account.id, reason=each.account.reason)
    log.debug("run_finished", command=result.command, **result.counts)
