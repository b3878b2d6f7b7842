"""Environment variables over a `.env` file, read once, every problem reported at once."""

import difflib
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import attrs
from dotenv.parser import parse_stream

from glaab.domain.errors import SettingsInvalid
from glaab.settings.core import Settings, fields_by_variable, secret_variables
from glaab.settings.parsers import file_path, is_file, parse
from glaab.settings.text_file import read_text
from glaab.settings.values import SourceSettings

_MAY_BE_EMPTY = frozenset({"MEDIAWIKI_LOG_PAGE"})
_OTHERS_MAY_READ = stat.S_IRGRP | stat.S_IROTH


def read_settings(
    environ: Mapping[str, str], env_file: Path | None, sources: Collection[type[SourceSettings]]
) -> tuple[Settings, tuple[str, ...]]:
    """The settings in *environ* over *env_file*, and what is wrong: that has its default then."""
    problems: list[str] = []
    fields = fields_by_variable(Settings, *sources)
    secrets = secret_variables(fields)
    path = env_file or Path(".env")
    is_there = env_file or os.path.lexists(path)  # no error in a closed folder
    from_file = _env_file_values(path, problems) if is_there else {}
    texts = {**_without_overridden(from_file, environ, secrets), **environ}
    problems += _unknown(texts, fields, secrets)
    values: dict[str, object] = {}
    files: dict[str, Path] = {}
    for name, field in fields.items():
        try:
            if name in secrets and (written := texts.get(f"{name}_FILE")):
                files[name] = file_path(written)
            text = _text(texts, name, files.get(name))
            if text is not None:
                values[name] = field.default
                values[name] = parse(text, field)
        except (ValueError, SettingsInvalid) as error:
            problems.append(f"{name}: {error}")
    settings = Settings(
        **_of(Settings, values),
        sources={source: source(**_of(source, values)) for source in sources},
        are_set=frozenset(values),
        secret_files=files,
        exposed_env_file=path if from_file and path.stat().st_mode & _OTHERS_MAY_READ else None,
    )
    problems += settings.problems()
    return settings, tuple(problems)


def reread_secrets(settings: Settings) -> Settings:
    """
    The same settings with the secrets of files as they are now.

    Raises SettingsInvalid with everything that is wrong with the files.
    """
    fields = fields_by_variable(Settings, *settings.sources)
    values: dict[str, object] = {}
    problems: list[str] = []
    for name, path in settings.secret_files.items():
        try:
            if os.path.exists(path) and not is_file(path):  # noqa: PTH110  # reading might never end
                raise ValueError(f"{path} is no ordinary file any more")
            text = _text({}, name, path)
            if not text:
                raise ValueError(f"{path} is empty")
            values[name] = parse(text, fields[name])
        except (ValueError, SettingsInvalid) as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise SettingsInvalid(tuple(problems))
    return attrs.evolve(
        settings,
        **_of(Settings, values),
        sources={
            group: attrs.evolve(own, **_of(group, values))  # type: ignore[misc]  # an attrs class
            for group, own in settings.sources.items()
        },
    )


def _of(group: type, values: Mapping[str, object]) -> dict[str, Any]:
    """The values of one settings class, by its fields."""
    fields = fields_by_variable(group).items()
    return {field.name: values[name] for name, field in fields if name in values}


def _env_file_values(path: Path, problems: list[str]) -> dict[str, str]:
    """The variables of a `.env` file; what is wrong with it is added to *problems*."""
    try:
        bindings = list(parse_stream(StringIO(read_text(path, f"env file {path}"))))
    except SettingsInvalid as error:
        problems += error.problems
        return {}
    problems += [
        f"env file {path}, line {each.original.line}: it is not understood; write NAME=value"
        for each in bindings
        if each.error or (each.key and each.value is None)
    ]
    return {each.key: each.value for each in bindings if each.key and each.value is not None}


def _without_overridden(
    from_file: Mapping[str, str], environ: Mapping[str, str], secrets: Collection[str]
) -> dict[str, str]:
    """The env file without secrets that the environment has, itself or as `_FILE`."""
    pairs = ((name, f"{name}_FILE") for name in secrets)
    overridden = {name for pair in pairs if any(map(environ.get, pair)) for name in pair}
    return {name: text for name, text in from_file.items() if name not in overridden}


def _unknown(
    names: Collection[str], fields: Collection[str], secrets: Collection[str]
) -> Iterator[str]:
    known = {*fields, *(f"{name}_FILE" for name in secrets)}
    for name in sorted(names):
        if name.startswith("GLAAB_") and name not in known:
            nearest = difflib.get_close_matches(name, fields, n=1, cutoff=0)
            yield f"{name}: there is no such setting; did you mean {nearest[0]}?"


def _text(texts: Mapping[str, str], name: str, file: Path | None) -> str | None:
    """What *name* was set to, itself or in a *file*; empty is unset, but where that is a value."""
    text = texts.get(name)
    if text and file:
        raise ValueError(f"set it or {name}_FILE, not both")
    if not file:
        return text if text or name in _MAY_BE_EMPTY else None
    return read_text(file, f"{file} ({name}_FILE)").strip(" \t\r\n") or None
