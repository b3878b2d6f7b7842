"""The policy as a TOML file; the built-in one is such a file too."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import attrs

from glaab.adapters.toml_file import Content, load_toml, read_text, table, tables
from glaab.domain.names import NameKind
from glaab.domain.policy import MARKED, Policy, Rule
from glaab.domain.source import Source, Veto


def built_in_policy_text() -> str:
    """The policy that ships with glaab."""
    return resources.files("glaab").joinpath("policy.toml").read_text(encoding="utf-8")


@attrs.frozen
class _Identity:
    providers: tuple[str, ...]
    extern_uid: str


@attrs.frozen(slots=False)
class PolicyReader:
    """Reads policies that may name the conditions and vetoes of some sources."""

    sources: tuple[type[Source], ...]

    def read(self, path: Path) -> Policy:
        """
        The policy in the file at *path*.

        Raises:
            SettingsInvalid: it cannot be read, or is no policy; every problem has its path.
        """
        source = f"policy {path}"
        return self.parse(read_text(path, source), source)

    def parse(self, text: str, source: str) -> Policy:
        """
        The policy that *text* describes; *source* names it in problems.

        Raises:
            SettingsInvalid: it is no policy; every problem has its path.
        """
        content: Any = load_toml(text, source, self._shape, self._validate)
        file = attrs.asdict(content)
        extern_uid = NameKind(file["identity"]["extern_uid"])
        vetoes = [veto for key, veto in self._vetoes.items() if file["veto"][key]]
        return Policy(
            providers=frozenset(file["identity"]["providers"]),
            extern_uid=extern_uid,
            proved_by=self._provers[extern_uid].name,
            rules=tuple(
                Rule(
                    each["name"],
                    tuple(
                        make(each[key])
                        for key, make in self._conditions.items()
                        if each[key] is not None
                    ),
                )
                for each in file["trust"]
            ),
            vetoes=(MARKED, *vetoes),
            canaries={veto: name for veto in vetoes if (name := file["canary"][veto.key])},
            digest=self._digest(file),
        )

    @cached_property
    def _conditions(self) -> Mapping[str, type[Any]]:
        return {each.key: each for source in self.sources for each in source.conditions}

    @cached_property
    def _vetoes(self) -> Mapping[str, Veto]:
        return {veto.key: veto for source in self.sources for veto in source.vetoes}

    @cached_property
    def _provers(self) -> Mapping[str, type[Source]]:
        """Who proves identities, by what their `extern_uid` is."""
        return {kind: source for source in self.sources for kind in source.proves_by}

    @cached_property
    def _knows_by(self) -> Mapping[str, type[Source]]:
        """The source of each key below `[[trust]]` and `[veto]`."""
        sources = {each.key: source for source in self.sources for each in source.conditions}
        return sources | {veto.key: source for source in self.sources for veto in source.vetoes}

    @cached_property
    def _shape(self) -> type[Any]:
        def optional(keys: Mapping[str, Any], kind: Any, default: object) -> dict[str, Any]:  # noqa: ANN401
            return {key: attrs.field(type=kind, default=default) for key in keys}

        def make(name: str, fields: dict[str, Any]) -> type[Any]:
            return attrs.make_class(name, fields, frozen=True)

        trust = make(
            "_Trust",
            {"name": attrs.field(type=str)} | optional(self._conditions, str | None, None),
        )
        veto = make("_Veto", optional(self._vetoes, bool, default=False))
        canary = make("_Canary", optional(self._vetoes, str | None, None))
        return make(
            "_File",
            {
                "version": attrs.field(type=int),
                "identity": attrs.field(type=_Identity),
                "trust": attrs.field(type=tuple[trust, ...], default=()),  # type: ignore[valid-type]
                "veto": attrs.field(type=veto, default=veto()),
                "canary": attrs.field(type=canary, default=canary()),
            },
        )

    # -- what cannot be meant

    def _validate(self, content: Content) -> list[str]:
        """Problems of what the file says, whether or not the rest has the right shape."""
        rules = tables(content, "trust")
        problems = [*self._validate_identity(table(content, "identity"))]
        if content.get("version", 1) != 1:
            problems.append(f"version: this glaab reads version 1, not {content['version']}")
        if not rules:
            problems.append("trust: the policy trusts nobody; add a [[trust]] rule")
        names = Counter(str(rule["name"]) for rule in rules if "name" in rule)
        problems += [
            f'trust: {count} rules are called "{name}"; each needs a name of its own'
            for name, count in names.items()
            if count > 1
        ]
        for index, rule in enumerate(rules):
            problems += [f"trust[{index}]{problem}" for problem in self._validate_rule(rule)]
        return [*problems, *self._validate_canaries(content), *self._validate_names(content)]

    def _validate_identity(self, identity: Content) -> Iterator[str]:
        providers = identity.get("providers")
        if providers == []:
            yield "identity.providers: name at least one provider, or nobody is ever proven"
        if isinstance(providers, list) and any(map(_is_blank, providers)):
            yield "identity.providers: a provider must not be empty"
        extern_uid = identity.get("extern_uid")
        if isinstance(extern_uid, str) and extern_uid not in self._provers:
            kinds = _or([f'"{kind}"' for kind in self._provers])
            yield f'identity.extern_uid: it is {kinds}, not "{extern_uid}"'

    def _validate_rule(self, rule: Content) -> Iterator[str]:
        if _is_blank(rule.get("name")):
            yield ".name: a rule needs a name that people read in the log"
        if not any(key in rule for key in self._conditions):
            yield f": it has no condition; add {_or([*self._conditions])}"
        for key in self._conditions:
            if _is_blank(rule.get(key)):
                yield f".{key}: must not be empty"

    def _validate_canaries(self, content: Content) -> Iterator[str]:
        vetoes = table(content, "veto")
        for key, canary in table(content, "canary").items():
            if _is_blank(canary):
                yield f"canary.{key}: name somebody, or leave it out"
            elif not vetoes.get(key):
                yield f"canary.{key}: the veto {key} is off; switch it on or leave this out"

    def _validate_names(self, content: Content) -> Iterator[str]:
        """Keys of sources that know people by a name that nobody has in this policy."""
        extern_uid = table(content, "identity").get("extern_uid")
        prover = self._provers.get(extern_uid) if isinstance(extern_uid, str) else None
        if prover is None:
            return
        rules = ((f"trust[{i}]", rule) for i, rule in enumerate(tables(content, "trust")))
        for path, keys in (*rules, ("veto", table(content, "veto"))):
            for key in keys:
                source = self._knows_by.get(key)
                if source and keys[key] and source.knows_by not in prover.gives_names:
                    yield (
                        f"{path}.{key}: {source.name} knows people by their {source.knows_by},"
                        f' which nobody has whose extern_uid is "{extern_uid}"'
                    )

    def _digest(self, file: Content) -> str:
        """The SHA-256 of the content; keys that are not set count only where they always did."""
        always = {key for key, source in self._knows_by.items() if source.in_every_digest}

        def counted(keys: Content) -> Content:
            return {
                key: value
                for key, value in keys.items()
                if value or key in always or key not in self._knows_by
            }

        identity = file["identity"] | {"providers": sorted(set(file["identity"]["providers"]))}
        content = file | {
            "identity": identity,
            "trust": [counted(rule) for rule in file["trust"]],
            "veto": counted(file["veto"]),
            "canary": counted(file["canary"]),
        }
        canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return f"sha256:{hashlib.sha256(canonical.encode()).hexdigest()}"


def _is_blank(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _or(words: list[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last
