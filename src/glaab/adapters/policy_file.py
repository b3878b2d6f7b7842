"""The policy as a TOML file; the built-in one is such a file too."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import attrs

from glaab.adapters.toml_file import Content, load_toml, read_text, table, tables
from glaab.domain.names import NamedBy
from glaab.domain.policy import (
    Condition,
    InDirectoryGroup,
    InGerritGroup,
    InPhabricatorProject,
    Policy,
    Rule,
    Veto,
)


@attrs.frozen
class _Identity:
    providers: tuple[str, ...]
    extern_uid: str


@attrs.frozen
class _Trust:
    name: str
    directory_group: str | None = None
    phabricator_project: str | None = None
    gerrit_group: str | None = None

    def conditions(self) -> tuple[Condition, ...]:
        kinds = (
            (InDirectoryGroup, self.directory_group),
            (InPhabricatorProject, self.phabricator_project),
            (InGerritGroup, self.gerrit_group),
        )
        return tuple(kind(value) for kind, value in kinds if value is not None)


@attrs.frozen
class _Veto:
    directory_locked: bool = False
    phabricator_disabled: bool = False
    gerrit_inactive: bool = False


@attrs.frozen
class _Canary:
    directory_locked: str | None = None
    phabricator_disabled: str | None = None
    gerrit_inactive: str | None = None


@attrs.frozen
class _File:
    version: int
    identity: _Identity
    trust: tuple[_Trust, ...] = ()
    veto: _Veto = _Veto()
    canary: _Canary = _Canary()


_VETOES = (Veto.DIRECTORY_LOCKED, Veto.PHABRICATOR_DISABLED, Veto.GERRIT_INACTIVE)
_CONDITIONS = ("directory_group", "phabricator_project", "gerrit_group")


def built_in_policy_text() -> str:
    """The policy that ships with glaab."""
    return resources.files("glaab").joinpath("policy.toml").read_text(encoding="utf-8")


def read_policy(path: Path) -> Policy:
    """
    The policy in the file at *path*.

    Raises:
        SettingsInvalid: it cannot be read, or is no policy; every problem has its path.
    """
    source = f"policy {path}"
    return parse_policy(read_text(path, source), source)


def parse_policy(text: str, source: str) -> Policy:
    """
    The policy that *text* describes; *source* names it in problems.

    Raises:
        SettingsInvalid: it is no policy; every problem has its path.
    """
    file = load_toml(text, source, _File, _validate)
    chosen = attrs.asdict(file.veto)
    canaries = attrs.asdict(file.canary)
    return Policy(
        providers=frozenset(file.identity.providers),
        named_by=NamedBy(file.identity.extern_uid),
        rules=tuple(Rule(each.name, each.conditions()) for each in file.trust),
        vetoes=(Veto.MARKED, *(veto for veto in _VETOES if chosen[_key(veto)])),
        canaries={veto: canaries[_key(veto)] for veto in _VETOES if canaries[_key(veto)]},
        digest=_digest(file),
    )


def _key(veto: Veto) -> str:
    return veto.name.lower()


def _validate(content: Content) -> list[str]:
    """What cannot be meant, whether or not the rest has the right shape."""
    rules = tables(content, "trust")
    said = [*_validate_identity(table(content, "identity"))]
    if content.get("version", 1) != 1:
        said.append(f"version: this glaab reads version 1, not {content['version']}")
    if not rules:
        said.append("trust: the policy trusts nobody; add a [[trust]] rule")
    for name, count in Counter(str(rule["name"]) for rule in rules if "name" in rule).items():
        if count > 1:
            said.append(f'trust: {count} rules are called "{name}"; each needs a name of its own')
    for index, rule in enumerate(rules):
        said += [f"trust[{index}]{wrong}" for wrong in _validate_rule(rule)]
    vetoes = table(content, "veto")
    for key, canary in table(content, "canary").items():
        if _blank(canary):
            said.append(f"canary.{key}: name somebody, or leave it out")
        elif not vetoes.get(key):
            said.append(f"canary.{key}: the veto {key} is off; switch it on or leave this out")
    return said


def _validate_identity(identity: Content) -> Iterator[str]:
    providers = identity.get("providers")
    if providers == []:
        yield "identity.providers: name at least one provider, or nobody is ever proven"
    if isinstance(providers, list) and any(map(_blank, providers)):
        yield "identity.providers: a provider must not be empty"
    named_by = identity.get("extern_uid")
    if isinstance(named_by, str) and named_by not in list(NamedBy):
        yield f'identity.extern_uid: it is "cn", "uid" or "dn", not "{named_by}"'


def _validate_rule(rule: Content) -> Iterator[str]:
    if _blank(rule.get("name")):
        yield ".name: a rule needs a name that people read in the log"
    if not any(key in rule for key in _CONDITIONS):
        yield f": it has no condition; add {', '.join(_CONDITIONS[:-1])} or {_CONDITIONS[-1]}"
    yield from (f".{key}: must not be empty" for key in _CONDITIONS if _blank(rule.get(key)))


def _blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _digest(file: _File) -> str:
    content = attrs.asdict(file)
    content["identity"]["providers"] = sorted(set(file.identity.providers))
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"
