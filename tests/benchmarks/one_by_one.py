"""
The usual way, to compare with: the same adapters, asked about one account at a time.

Of each account that waits its page in GitLab is read, its owner looked up in the directory with
every group and the lock, and asked about on Phabricator and Gerrit with every membership; then
whoever is trusted is approved and logged as by glaab. `python -m tests.benchmarks.one_by_one`
takes its settings from the environment.
"""

import logging
import sys
from collections.abc import Iterator

import attrs

from glaab.domain.brake import Brake
from glaab.domain.outcome import Outcomes
from glaab.domain.review import Case, Plan, Scope
from glaab.entrypoints.runtime.bootstrap import Options, bootstrap
from glaab.entrypoints.runtime.container import Container
from glaab.entrypoints.runtime.logs import configure_logs
from glaab.entrypoints.runtime.registry import INTEGRATIONS


def cases(container: Container) -> Iterator[Case]:
    """The case of everybody who waits, each found out alone."""
    gitlab = container.gitlab()
    review = attrs.evolve(container.review_accounts(), scope=Scope.FULL)
    for waiting in gitlab.pending():
        if found := gitlab.find(waiting.id):
            yield from review([found.account]).cases


def run(container: Container) -> Outcomes:
    """Approve whom the policy trusts."""
    plan = Plan(cases=tuple(cases(container)), outages={}, asked=frozenset())
    return container.apply_plan(may_start=lambda: True)(plan, Brake(len(plan.cases)))


def main() -> int:
    """0 if all that was to be written was written."""
    options = Options.read({}, None, INTEGRATIONS)
    app = bootstrap(options, mode="act")
    configure_logs(attrs.evolve(options, level=logging.WARNING), app.run)
    done = run(app.container)
    return 1 if done.log_failures or done.notes_left_open else 0


if __name__ == "__main__":
    sys.exit(main())
