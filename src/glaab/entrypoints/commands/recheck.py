"""`glaab recheck`: who was approved, and would not be today."""

from pathlib import Path

import structlog

from glaab.domain.recheck import RecheckApproved
from glaab.domain.review import Plan
from glaab.entrypoints.commands.report import bootstrap_for, shown_in
from glaab.entrypoints.runtime.bootstrap import App, Options
from glaab.entrypoints.runtime.runner import look

log = structlog.get_logger()


def recheck(options: Options, output: Path | None, because: str | None) -> int:
    """Show who would not be approved today, or write it to *output*; the exit code."""
    app = bootstrap_for(options, output)
    review = app.container.review_accounts(confirm_at_most=0)
    rechecked = RecheckApproved(gitlab=app.container.gitlab(), review=review)

    def plan() -> Plan:
        _warn_of_rule(app, because)
        return rechecked(because)

    return look(app, "recheck", plan, shown_in(app, output))


def _warn_of_rule(app: App, because: str | None) -> None:
    """Warn if no rule has this name; one that the policy had once may be in notes."""
    assert app.policy  # noqa: S101  # it was bootstrapped
    rules = [rule.name for rule in app.policy.rules]
    if because is not None and because not in rules:
        log.warning("rule_not_in_policy", rule=because, rules=", ".join(rules))
