"""The tables of a benchmark, in Markdown, and the page that they stand on."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from tests.benchmarks.costs import Row
from tests.benchmarks.systems import Cost

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"


@attrs.frozen(kw_only=True)
class Target:
    """What is to hold, and what was found."""

    says: str
    found: float
    bound: float
    is_least: bool = False
    """Whether the bound is the least that is wanted, not the most."""
    digits: int = 0

    @property
    def is_met(self) -> bool:
        return self.found >= self.bound if self.is_least else self.found <= self.bound

    @property
    def cells(self) -> tuple[str, ...]:
        wanted = f"{'at least' if self.is_least else 'at most'} {self.bound:g}"
        found = f"{self.found:,.{self.digits}f}"
        return self.says, wanted, f"**{found}**" if self.is_met else f"**{found}** (missed)"


def report(
    targets: Sequence[Target], rows: Sequence[Row], growth: Sequence[tuple[int, int, Cost]]
) -> str:
    """Ratios first, then what they come from."""
    return "\n".join(
        [
            f"Measured on {machine()}.\n",
            table(("", "wanted", "found"), (each.cells for each in targets)),
            "",
            "### Beside asking one by one\n",
            table(_COLUMNS, map(_cells, rows)),
            "\n† computed from what 100 and 1,000 pending cost without latency: every account"
            " costs the same, and every request waits for as long as it is told to.\n",
            "### Memory, and who else is listed\n",
            table(
                ("pending", "blocked", "requests", "CPU s", "peak MiB"), map(_growth_cells, growth)
            ),
            "",
        ]
    )


def write(text: str, place: str = "measured") -> None:
    """Put *text* into the page, between the marks of this name."""
    page = PAGE.read_text(encoding="utf-8")
    between = re.compile(rf"(?<=<!-- {place} -->\n).*?(?=<!-- /{place} -->)", re.DOTALL)
    if not between.search(page):
        raise RuntimeError(f"{PAGE.name} has no place for what was {place}")
    PAGE.write_text(between.sub(lambda _: f"\n{text}\n", page), encoding="utf-8")


_COLUMNS = (
    *("pending", "latency ms", "requests", "one by one", "fewer", "wall s", "one by one", "faster"),
    *("CPU s", "one by one", "peak MiB", "× unavoidable", "once started"),
)


def _cells(row: Row) -> tuple[str, ...]:
    glaab, usual = row.glaab, row.usual
    mark = " †" if usual.is_computed else ""
    return (
        f"{row.pending:,}",
        f"{1000 * row.latency_s:.0f}",
        f"{row.requests:,}",
        f"{usual.requests:,}{mark}",
        f"**{row.fewer:.0f} ×**",
        f"{glaab.wall_s:.1f}",
        f"{usual.wall_s:,.1f}{mark}",
        f"**{row.faster:.0f} ×**" if row.faster >= 10 else f"**{row.faster:.1f} ×**",
        f"{glaab.cpu_s:.1f}",
        f"{usual.cpu_s:,.1f}{mark}",
        f"{glaab.peak_mib:.0f}",
        f"{row.beside_waiting:.2f}" if row.latency_s else "",
        f"{row.beside_waiting_once_started:.2f}" if row.latency_s else "",
    )


def _growth_cells(of: tuple[int, int, Cost]) -> tuple[str, ...]:
    pending, blocked, cost = of
    requests = cost.requests.total()
    return (
        f"{pending:,}",
        f"{blocked:,}",
        f"{requests:,}",
        f"{cost.cpu_s:.1f}",
        f"{cost.peak_mib:.0f}",
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """In Markdown; all but the first column are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def machine() -> str:
    """What it was measured on, and how busy that is now."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy = os.getloadavg()[1]
    return (
        f"{os.cpu_count()} cores ({platform.machine()}), {memory_gib:.0f} GiB of memory,"
        f" {platform.system()}, Python {platform.python_version()};"
        f" load over the last five minutes {busy:.1f}, the benchmark's own included"
    )
