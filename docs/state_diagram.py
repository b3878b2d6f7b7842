"""Print docs/states.md, generated from the table that the program runs on."""

from collections import defaultdict

from glaab.domain.accounts import TRANSITIONS, AccountEvent

HEAD = """\
# The states of an account

As GitLab moves accounts; generated from `glaab.domain.accounts.TRANSITIONS` by
`python docs/state_diagram.py`. glaab only ever causes `approve`.

```mermaid
stateDiagram-v2
    [*] --> active
"""


def diagram() -> str:
    """The page, with a line for each pair of states and all events between them."""
    events = defaultdict(list)
    for (start, event), end in TRANSITIONS.items():
        events[start, end].append(event)
    order = list(AccountEvent)
    lines = [
        f"    {start} --> {end}: {', '.join(sorted(between, key=order.index))}\n"
        for (start, end), between in sorted(events.items())
    ]
    return f"{HEAD}{''.join(lines)}```\n"


if __name__ == "__main__":
    print(diagram(), end="")  # noqa: T201  # its purpose
