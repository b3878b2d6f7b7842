"""Draw the states of an account for the site, from the table that the program runs on."""

from collections import defaultdict
from html import escape

from glaab.domain.accounts import TRANSITIONS, AccountEvent, AccountState

Point = tuple[float, float]

CENTRES: dict[AccountState, Point] = {
    AccountState.ACTIVE: (430, 150),
    AccountState.PENDING: (110, 150),
    AccountState.BANNED: (720, 150),
    AccountState.BLOCKED: (110, 370),
    AccountState.LDAP_BLOCKED: (430, 370),
    AccountState.DEACTIVATED: (720, 370),
}
BEND = 34
"""How far the middle of an arrow stands aside, so that two between the same states part."""
DETOURS = {(AccountState.DEACTIVATED, AccountState.BLOCKED): 40}
LETTER = 7.3

HEAD = """\
<div class="states"><svg viewBox="0 95 800 350" role="img" aria-label="The states of an account">
<style>
.states svg { width: 100%; font: 13px monospace; fill: currentColor }
.states rect { fill: none; stroke: currentColor; rx: 6 }
.states path { fill: none; stroke: currentColor; opacity: 0.55; marker-end: url(#arrow) }
.states .own { font-weight: bold }
.states path.own { stroke-width: 2.5; opacity: 1 }
.states text { text-anchor: middle; dominant-baseline: central }
.states rect.paper { fill: var(--md-default-bg-color, white); stroke: none }
</style>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8"
 markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8" style="marker-end: none"/>
</marker></defs>
"""


def picture() -> str:
    """The picture, as SVG that takes the colours of the page around it."""
    events = defaultdict(list)
    for (start, event), end in TRANSITIONS.items():
        events[start, end].append(event)
    boxes = [_box(state) for state in CENTRES]
    drawn = [_arrow(start, end, between) for (start, end), between in events.items()]
    arrows, labels = zip(*drawn, strict=True)
    return f"{HEAD}{''.join([*arrows, *labels, *boxes])}</svg></div>\n"


def _half(state: AccountState) -> Point:
    """Half the width and half the height of a state's box."""
    return len(state) * LETTER / 2 + 14, 17


def _box(state: AccountState) -> str:
    (x, y), (width, height) = CENTRES[state], _half(state)
    return (
        f'<rect x="{x - width:g}" y="{y - height:g}" width="{2 * width:g}"'
        f' height="{2 * height:g}"/>'
        f'<text x="{x:g}" y="{y:g}">{escape(state)}</text>\n'
    )


def _arrow(start: AccountState, end: AccountState, events: list[AccountEvent]) -> tuple[str, str]:
    """A bent line from box to box, and the events to write over its middle."""
    (x1, y1), (x2, y2) = CENTRES[start], CENTRES[end]
    length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
    bend = DETOURS.get((start, end), BEND if (end, start) in _pairs() else 0)
    knee = (
        (x1 + x2) / 2 + 2 * bend * (y2 - y1) / length,
        (y1 + y2) / 2 - 2 * bend * (x2 - x1) / length,
    )
    (sx, sy), (ex, ey) = _edge(start, knee), _edge(end, knee)
    tx, ty = (sx + ex) / 4 + knee[0] / 2, (sy + ey) / 4 + knee[1] / 2
    own = "own" if AccountEvent.APPROVE in events else ""
    told = ", ".join(sorted(events, key=list(AccountEvent).index))
    half = len(told) * LETTER / 2 + 3
    return (
        f'<path class="{own}" d="M{sx:.0f} {sy:.0f} Q{knee[0]:.0f} {knee[1]:.0f}'
        f' {ex:.0f} {ey:.0f}"/>\n',
        f'<rect class="paper" x="{tx - half:.0f}" y="{ty - 8:.0f}" width="{2 * half:.0f}"'
        f' height="16"/><text class="{own}" x="{tx:.0f}" y="{ty:.0f}">{escape(told)}</text>\n',
    )


def _pairs() -> set[tuple[AccountState, AccountState]]:
    return {(start, end) for (start, _), end in TRANSITIONS.items()}


def _edge(state: AccountState, towards: Point) -> Point:
    """Where the line from a state's centre *towards* a point leaves its box."""
    (x, y), (width, height) = CENTRES[state], _half(state)
    dx, dy = towards[0] - x, towards[1] - y
    scale = min(width / abs(dx) if dx else 9, height / abs(dy) if dy else 9)
    return x + dx * scale, y + dy * scale


if __name__ == "__main__":
    print(picture(), end="")  # noqa: T201  # its purpose
