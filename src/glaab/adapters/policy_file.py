"""The policy as a TOML file; the built-in one is such a file too."""

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property, partial
from importlib import resources
from pathlib import Path
from typing import Any

import attrs

from glaab.adapters.integration import Integrations
from glaab.adapters.toml_file import (
    Content,
    either,
    is_blank,
    load_toml,
    one_of,
    repeated,
    table,
    tables,
    version_problem,
)
from glaab.domain.errors import SettingsInvalid, System
from glaab.domain.names import ITSELF, NameKey, NameKind
from glaab.domain.policy import MARKED, Policy, Rule
from glaab.domain.source import Source
from glaab.settings.text_file import read_text


def built_in_policy_text() -> str:
    """The policy that ships with glaab."""
    return resources.files("glaab").joinpath("policy.toml").read_text(encoding="utf-8")


class PolicyReader:
    """Reads policies that may name the conditions and vetoes of some sources."""

    def __init__(self, integrations: Integrations) -> None:
        sources = [each.kind for each in integrations]
        self._conditions = {each.key: each for source in sources for each in source.conditions}
        self._vetoes = {each.key: each for source in sources for each in source.vetoes}
        self._source_of_key = {
            each.key: source for source in sources for each in source.conditions + source.vetoes
        }
        self._sources = {source.name: source for source in sources}
        self._tables = {each.name: each.policy_table for each in integrations if each.policy_table}
        self._files = {each.name: each.policy_files for each in integrations if each.policy_files}

    @property
    def sources_with_files(self) -> tuple[System, ...]:
        """Those whose conditions name files."""
        return tuple(self._files)

    def read(self, path: Path) -> Policy:
        """The policy in the file at *path*; raises what `parse` and `read_text` raise."""
        source = f"policy {path}"
        return self.parse(read_text(path, source), source, path.parent)

    def parse(self, text: str, source: str, folder: Path = Path()) -> Policy:
        """
        The policy in *text*, which may name files in *folder*.

        Raises SettingsInvalid, whose problems name *source* and path.
        """
        from_files: dict[System, Any] = {}

        def problems(content: Content) -> Iterator[str]:
            yield from self._problems(content)
            name_key = self._name_key(content)
            for name, read in self._files.items():
                try:
                    from_files[name] = read(content, folder, name_key)
                except SettingsInvalid as error:
                    yield from error.problems

        file = load_toml(text, source, self._shape, problems)
        content, extern_uid = attrs.asdict(file), NameKind(file.identity.extern_uid)
        options = {name: value for name, value in from_files.items() if value is not None} | {
            name: value
            for name, kind in self._tables.items()
            if (own := getattr(file, name)) and (value := own.value()) != kind().value()
        }
        vetoes = [veto for key, veto in self._vetoes.items() if getattr(file.veto, key)]
        return Policy(
            providers=frozenset(file.identity.providers),
            extern_uid=extern_uid,
            proved_by=self._provers(content)[extern_uid].name,
            name_key=self._name_key(content),
            rules=tuple(self._rule(attrs.asdict(each)) for each in file.trust),
            vetoes=(MARKED, *vetoes),
            canaries={veto: name for veto in vetoes if (name := getattr(file.canary, veto.key))},
            digest=self._digest(file, options),
            options=options,
        )

    def _name_key(self, content: Content) -> NameKey:
        """That of whoever proves people; where nobody does, every character counts."""
        extern_uid = NameKind(str(table(content, "identity").get("extern_uid")))
        prover = self._provers(content).get(extern_uid, Source)
        return partial(prover.name_key, kind=extern_uid)

    @cached_property
    def _shape(self) -> Any:  # noqa: ANN401  # a class that is made here
        """All keys that a policy file can have."""
        name = {"name": attrs.field(type=str)}
        trust = attrs.make_class("_Trust", name | _optional(self._conditions, str | None, None))
        veto = attrs.make_class("_Veto", _optional(self._vetoes, bool, default=False))
        canary = attrs.make_class("_Canary", _optional(self._vetoes, str | None, None))
        identity = {
            "providers": attrs.field(type=tuple[str, ...]),
            "extern_uid": attrs.field(type=str),
        }
        keys = {
            "version": attrs.field(type=int),
            "identity": attrs.field(type=attrs.make_class("_Identity", identity)),
            "trust": attrs.field(type=tuple[trust, ...], default=()),  # type: ignore[valid-type]
            "veto": attrs.field(type=veto, default=veto()),
            "canary": attrs.field(type=canary, default=canary()),
        }
        for source, own in self._tables.items():
            keys |= _optional([source], own | None, None)
        return attrs.make_class("_File", keys)

    def _rule(self, keys: Content) -> Rule:
        conditions = (
            make(keys[key]) for key, make in self._conditions.items() if keys[key] is not None
        )
        return Rule(keys["name"], tuple(conditions))

    def _digest(self, file: Any, options: Mapping[System, Any]) -> str:  # noqa: ANN401  # of a class that is made here
        """The SHA-256 of the content; keys that are not set count only where they always did."""

        def counts(field: "attrs.Attribute[Any]", value: object) -> bool:
            if field.name in self._tables:
                return False
            return bool(value) or self._source_of_key[field.name].in_every_digest

        content = attrs.asdict(file, filter=counts)
        content |= {name: attrs.asdict(value) for name, value in options.items()}
        content["identity"]["providers"] = sorted({*file.identity.providers})
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
        return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"

    def _problems(self, content: Content) -> Iterator[str]:
        """What cannot be meant, whether or not the rest has the right shape."""
        identity, vetoes = table(content, "identity"), table(content, "veto")
        rules = {f"trust[{i}]": rule for i, rule in enumerate(tables(content, "trust"))}
        yield from self._identity_problems(identity, self._provers(content))
        for source, own in self._tables.items():
            if isinstance(content.get(source), dict):
                yield from own.problems(content[source], content)
        yield from version_problem(content)
        if not rules:
            yield "trust: the policy trusts nobody; add a [[trust]] rule"
        for name, count in repeated(rules.values(), "name"):
            yield f'trust: {count} rules are called "{name}"; each needs a name of its own'
        for path, rule in rules.items():
            yield from self._rule_problems(path, rule)
        for key, canary in table(content, "canary").items():
            if is_blank(canary):
                yield f"canary.{key}: name somebody, or leave it out"
            elif not vetoes.get(key):
                yield f"canary.{key}: the veto {key} is off; switch it on or leave this out"
        extern_uid = NameKind(str(identity.get("extern_uid")))
        if prover := self._provers(content).get(extern_uid):
            yield from self._unusable_keys(rules | {"veto": vetoes}, content, extern_uid, prover)

    def _provers(self, content: Content) -> dict[NameKind, type[Source]]:
        """The sources that prove people, by the kinds of `extern_uid`."""
        kinds = {name: source.proves_by for name, source in self._sources.items()} | {
            name: own.kinds(table(content, name)) for name, own in self._tables.items()
        }
        return {kind: self._sources[name] for name, own in kinds.items() for kind in own}

    def _identity_problems(self, identity: Content, provers: Collection[NameKind]) -> Iterator[str]:
        providers, extern_uid = identity.get("providers"), identity.get("extern_uid")
        if providers == []:
            yield "identity.providers: name at least one provider, or nobody is ever proven"
        if isinstance(providers, list) and any(map(is_blank, providers)):
            yield "identity.providers: a provider must not be empty"
        if isinstance(extern_uid, str) and extern_uid not in provers:
            yield f'identity.extern_uid: it is {one_of(provers)}, not "{extern_uid}"'

    def _rule_problems(self, path: str, rule: Content) -> Iterator[str]:
        if is_blank(rule.get("name")):
            yield f"{path}.name: a rule needs a name that people read in the log"
        if self._conditions.keys().isdisjoint(rule):
            yield f"{path}: it has no condition; add {either(self._conditions)}"
        for key, make in self._conditions.items():
            if is_blank(value := rule.get(key)):
                yield f"{path}.{key}: must not be empty"
            elif isinstance(value, str):
                try:
                    make(value)
                except ValueError as error:
                    yield f"{path}.{key}: {error}"

    def _unusable_keys(
        self,
        by_path: Mapping[str, Content],
        content: Content,
        extern_uid: NameKind,
        prover: type[Source],
    ) -> Iterator[str]:
        """Keys of sources that know people by a name that nobody has in this policy."""
        usable = {
            source.name
            for source in self._sources.values()
            if source.knows_by in (ITSELF, *prover.gives_names)
        }
        for path, keys in by_path.items():
            known = self._vetoes if path == "veto" else self._conditions
            instead = [key for key in known if self._source_of_key[key].name in usable]
            for key in known:
                source = self._source_of_key[key]
                if keys.get(key) and source.name not in usable:
                    yield (
                        f'{path}.{key}: where extern_uid is "{extern_uid}", people have no'
                        f" {source.knows_by} by which {source.name} could be asked;"
                        f" {f'use {either(instead)}' if instead else 'leave it out'}"
                    )
        for name in self._tables:
            if name in content and name not in usable:
                yield f'{name}: it is not asked where extern_uid is "{extern_uid}"; leave it out'


def _optional(keys: Iterable[str], kind: Any, default: object) -> dict[str, Any]:  # noqa: ANN401
    return {key: attrs.field(type=kind, default=default) for key in keys}
