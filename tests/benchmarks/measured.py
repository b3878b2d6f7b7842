"""
Run a command, and write down what it took: `measured.py RESULT COMMAND...`.

A program of its own, and a small one: a process is charged with the memory of the one that
started it, as it was at that moment (Linux).
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path


def main() -> int:
    """
    When it started, wall and CPU seconds, and the peak of resident memory in MiB; as JSON.

    The exit code is the command's.
    """
    result, *command = sys.argv[1:]
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    cpu_s = usage.ru_utime + usage.ru_stime
    taken = {"started": started, "wall_s": wall_s, "cpu_s": cpu_s}
    taken["peak_mib"] = usage.ru_maxrss / 1024
    Path(result).write_text(json.dumps(taken), encoding="utf-8")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
