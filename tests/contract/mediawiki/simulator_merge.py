"""How MediaWiki merges two edits of one revision, if they are of different lines."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory


def merged(old: str, mine: str, yours: str) -> str | None:
    """*mine* and *yours*, both made from *old*; None if they are of the same lines."""
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("mine", "old", "yours")]
        for path, text in zip(paths, (mine, old, yours), strict=True):
            path.write_text(f"{text.rstrip()}\n")
        # the program that MediaWiki itself runs (1.39, wfMerge)
        run = subprocess.run(
            ["diff3", "--text", "--merge", *paths], stdout=subprocess.PIPE, check=False
        )
    return None if run.returncode else run.stdout.decode().rstrip()
