"""Text files that somebody named: read whole, or it is said why not."""

from pathlib import Path

from glaab.domain.errors import SettingsInvalid


def read_text(path: Path, source: str) -> str:
    """What is in the file at *path*; raises SettingsInvalid, which calls it *source*."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsInvalid((f"{source} cannot be read: {error.strerror}",)) from error
    except UnicodeDecodeError as error:
        raise SettingsInvalid((f"{source} cannot be read: it is not UTF-8 text",)) from error
    except ValueError as error:  # the path holds a NUL
        raise SettingsInvalid((f"{source} cannot be read: no file has such a name",)) from error
