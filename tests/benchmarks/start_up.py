"""How long `glaab --help` takes beside importing click and attrs, measured in turns."""

import statistics
import subprocess
import sys
import time
from pathlib import Path

_TURNS = 31
_GLAAB = str(Path(sys.executable).with_name("glaab"))
_BARE = (sys.executable, "-c", "import click, attrs")
_MEASURED = {"glaab --help": (_GLAAB, "--help"), "glaab --version": (_GLAAB, "--version")}
_TARGET = 1.5


def main() -> int:
    """Print the median ratios; 1 if one is above the target."""
    code = 0
    for name, command in _MEASURED.items():
        ratio = statistics.median(_wall_s(command) / _wall_s(_BARE) for _ in range(_TURNS))
        code = max(code, int(ratio > _TARGET))
        sys.stdout.write(f"{name:<16} {ratio:.2f} x (at most {_TARGET})\n")
    return code


def _wall_s(command: tuple[str, ...]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
