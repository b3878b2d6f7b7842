"""The score of `mutmut run`, and whether it is enough; mutmut 3.8 knows no threshold."""

import json
import sys
from pathlib import Path

STATISTICS = Path("mutants/mutmut-cicd-stats.json")
ENOUGH_PERCENT = 95


def main() -> int:
    """Tell the score; 0 if it is enough. A mutant that runs for ever was noticed."""
    found = json.loads(STATISTICS.read_text(encoding="utf-8"))
    killed, total = found["killed"] + found["timeout"], found["total"]
    percent = 100 * killed / total
    print(f"{killed} of {total} mutants were killed: {percent:.1f} %, needed {ENOUGH_PERCENT} %")  # noqa: T201
    return 0 if percent >= ENOUGH_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
