"""Environment variables over a `.env` file, read once, every problem reported at once."""

import difflib
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from dotenv.parser import parse_stream

from glaab.settings import FIELDS, SECRETS, Settings
from glaab.settings.parsers import is_file, parse

_MAY_BE_EMPTY = frozenset({"MEDIAWIKI_LOG_PAGE"})
_ENV_FILE = Path(".env")


def read_settings(
    environ: Mapping[str, str], env_file: Path | None
) -> tuple[Settings, tuple[str, ...]]:
    """
    The settings in *environ* over those in *env_file*, and what is wrong with them.

    A setting that is wrong has its default in the result, so that the rest can be checked.
    """
    problems: list[str] = []
    from_file = _env_file_values(env_file, problems)
    given = {**_not_in(environ, from_file), **environ}
    problems += _unknown(given)
    values: dict[str, object] = {}
    known: set[str] = set()
    for name, field in FIELDS.items():
        try:
            text = _text(given, name, is_secret=name in SECRETS)
            if text is not None:
                known.add(name)
                values[field.name] = parse(text, field.type)
        except (ValueError, OSError) as error:
            problems.append(f"{name}: {error}")
    exposed = _exposed(env_file or _ENV_FILE) if from_file else None
    settings = Settings(**values, given=frozenset(known), exposed_env_file=exposed)  # type: ignore[arg-type]  # structured
    return settings, tuple(problems)


def _env_file_values(path: Path | None, problems: list[str]) -> dict[str, str]:
    """The variables of a `.env` file; without *path*, of the one in the current folder."""
    chosen = path or _ENV_FILE
    if path is None and not is_file(chosen):
        return {}
    try:
        with chosen.open(encoding="utf-8") as stream:
            bindings = list(parse_stream(stream))
    except (OSError, UnicodeDecodeError) as error:
        problems.append(f"env file {chosen} cannot be read: {error}")
        return {}
    problems += [
        f"env file {chosen}, line {each.original.line}: it is not understood; write NAME=value"
        for each in bindings
        if each.error
    ]
    return {each.key: each.value for each in bindings if each.key and each.value is not None}


def _not_in(environ: Mapping[str, str], from_file: Mapping[str, str]) -> dict[str, str]:
    """What the env file says, without secrets that the environment has, itself or as `_FILE`."""
    left = dict(from_file)
    for name in SECRETS:
        both = (name, f"{name}_FILE")
        if any(environ.get(each) for each in both):
            for each in both:
                left.pop(each, None)
    return left


def _exposed(path: Path) -> Path | None:
    """*path*, if its group or everybody may read the file there."""
    return path if path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH) else None


def _unknown(given: Collection[str]) -> Iterator[str]:
    known = {*FIELDS, *(f"{name}_FILE" for name in SECRETS)}
    for name in sorted(given):
        if name.startswith("GLAAB_") and name not in known:
            nearest = difflib.get_close_matches(name, FIELDS, n=1, cutoff=0)
            yield f"{name}: there is no such setting; did you mean {nearest[0]}?"


def _text(given: Mapping[str, str], name: str, *, is_secret: bool) -> str | None:
    """What *name* was set to; empty is unset, but where empty means something."""
    text = given.get(name)
    path = given.get(f"{name}_FILE") if is_secret else None
    if text and path:
        raise ValueError(f"set it or {name}_FILE, not both")
    if path:
        return _secret_in(Path(path), f"{name}_FILE") or None
    return text if text or name in _MAY_BE_EMPTY else None


def _secret_in(path: Path, variable: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"{path} ({variable}) cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} ({variable}) is no text") from error
