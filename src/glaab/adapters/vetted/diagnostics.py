"""The health check of lists of vetted people: who is on them, and for how long."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from functools import partial

import attrs

from glaab.domain.diagnostics import Checks, Finding, HealthCheck, ok, warning
from glaab.domain.sources.vetted import LISTS, OnVettedList, VettedPerson

_SOON = timedelta(days=14)
_NAMED = 10
"""How many of those who run out soon are named."""


@attrs.frozen(kw_only=True)
class VettedHealthCheck(HealthCheck):
    """How many people are on each list, and who runs out soon; asks nobody."""

    system = LISTS
    settings = "the files that vetted_list of the policy names"

    _lists: Mapping[str, Collection[VettedPerson]]
    _today: date

    def checks(self) -> Checks:
        return {
            OnVettedList(name).title: partial(self._list, people)
            for name, people in self._lists.items()
        }

    def _list(self, people: Collection[VettedPerson]) -> Iterator[Finding]:
        in_force = [each for each in people if not each.has_run_out(self._today)]
        if not in_force:
            message = "everybody on it has run out" if people else "nobody is on it"
            remedy = "add whom it shall let in, or take its rule out of the policy"
            yield warning(message, remedy)
            return
        run_out = len(people) - len(in_force)
        yield ok(f"entries in force: {len(in_force)}, run out: {run_out}")
        if soon := sorted(self._ending_soon(in_force)):
            more = [f"and {len(soon) - _NAMED} more"] if len(soon) > _NAMED else []
            named = [
                f'"{name}" after {until}' + (f" (vouched for by {voucher})" if voucher else "")
                for until, name, voucher in soon[:_NAMED]
            ]
            yield warning(
                f"soon to run out: {', '.join(named + more)}",
                "write a later until for whoever shall still be let in; who was approved stays",
            )

    def _ending_soon(self, people: Collection[VettedPerson]) -> Iterator[tuple[date, str, str]]:
        """The last day, name and voucher of those with little time."""
        for each in people:
            if each.until and each.until - self._today <= _SOON:
                yield each.until, each.identity.extern_uid, each.vouched_by
