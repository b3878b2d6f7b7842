"""`python -m glaab` is the same as `glaab`."""

from glaab.entrypoints.cli import main

if __name__ == "__main__":
    main()
