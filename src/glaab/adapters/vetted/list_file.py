"""The files that hold lists of vetted people: read when the policy is, all problems at once."""

import os
from collections.abc import Hashable, Iterator, Mapping
from datetime import date
from pathlib import Path

import attrs

from glaab.adapters.toml_file import (
    Content,
    is_blank,
    load_toml,
    one_of,
    table,
    tables,
    version_problem,
)
from glaab.domain.accounts import Identity
from glaab.domain.errors import SettingsInvalid
from glaab.domain.names import NameKey
from glaab.domain.sources.vetted import OnVettedList, VettedPerson
from glaab.settings.text_file import read_text


@attrs.frozen
class ListFiles:
    """What the files say that a policy names."""

    files: Mapping[str, tuple[VettedPerson, ...]]
    """By the name that the policy has for it; in the order of provider and `extern_uid`."""


@attrs.frozen(kw_only=True)
class _Person:
    extern_uid: str
    provider: str | None = None
    until: date | None = None
    vouched_by: str = ""
    note: str = ""

    def to_person(self, default_provider: str) -> VettedPerson:
        return VettedPerson(
            identity=Identity(self.provider or default_provider, self.extern_uid),
            until=self.until,
            vouched_by=self.vouched_by,
            note=self.note,
        )


@attrs.frozen(kw_only=True)
class _File:
    version: int
    person: tuple[_Person, ...] = ()


def read_lists(policy: Content, folder: Path, name_key: NameKey) -> ListFiles | None:
    """See `PolicyFiles`; a file that several rules name is read once."""
    names = [rule.get(OnVettedList.key) for rule in tables(policy, "trust")]
    paths = {
        name: folder / os.fsdecode(name.encode())  # whatever the locale
        for name in names
        if isinstance(name, str) and not is_blank(name)
    }
    reader = _ListReader.of(table(policy, "identity"), name_key)
    lists: dict[Path, tuple[VettedPerson, ...]] = {}
    problems: list[str] = []
    for path in dict.fromkeys(paths.values()):
        try:
            lists[path] = reader.read(path)
        except SettingsInvalid as error:
            problems += error.problems
    if problems:
        raise SettingsInvalid(tuple(problems))
    return ListFiles({name: lists[path] for name, path in paths.items()}) if paths else None


@attrs.frozen(kw_only=True)
class _ListReader:
    """Reads lists for a policy."""

    providers: tuple[str, ...]
    """Those that prove identities; none if the policy is wrong about them."""
    extern_uid: str
    """What they hand on, in the policy's word."""
    name_key: NameKey

    @classmethod
    def of(cls, identity: Content, name_key: NameKey) -> "_ListReader":
        """The one for a policy with this `[identity]`, of whatever shape."""
        providers = identity.get("providers")
        listed = providers if isinstance(providers, list) else []
        return cls(
            providers=tuple(dict.fromkeys(each for each in listed if isinstance(each, str))),
            extern_uid=str(identity.get("extern_uid")),
            name_key=name_key,
        )

    def read(self, path: Path) -> tuple[VettedPerson, ...]:
        source = f"list {path}"
        file = load_toml(read_text(path, source), source, _File, self._problems)
        people = (each.to_person(self._default_provider) for each in file.person)
        return tuple(sorted(people, key=lambda each: attrs.astuple(each.identity)))

    @property
    def _default_provider(self) -> str:
        """That of an entry which names none; empty if it must."""
        return self.providers[0] if len(self.providers) == 1 else ""

    def _problems(self, content: Content) -> Iterator[str]:
        people = {f"person[{i}]": each for i, each in enumerate(tables(content, "person"))}
        yield from version_problem(content)
        for path, person in people.items():
            yield from self._provider_problems(path, person)
            yield from self._name_problems(path, person.get("extern_uid"))
        yield from self._repeated(people)

    def _provider(self, person: Content) -> object:
        return person.get("provider", self._default_provider)

    def _provider_problems(self, path: str, person: Content) -> Iterator[str]:
        provider = self._provider(person)
        if not self.providers or not isinstance(provider, str) or provider in self.providers:
            return
        choice = one_of(self.providers)
        if "provider" in person:
            yield f'{path}.provider: the policy does not name "{provider}"; write {choice}'
        else:
            yield f"{path}.provider: needed, as the policy names several; write {choice}"

    def _name_problems(self, path: str, name: object) -> Iterator[str]:
        if is_blank(name):
            yield f"{path}.extern_uid: must not be empty; write who it is, as GitLab has it"
        elif isinstance(name, str) and self.name_key(name) is None:
            yield (
                f'{path}.extern_uid: "{name}" cannot be anybody\'s {self.extern_uid};'
                " write it as GitLab has it"
            )

    def _repeated(self, people: Mapping[str, Content]) -> Iterator[str]:
        """A problem for each entry that is equal to one before it."""
        first: dict[tuple[object, Hashable], str] = {}
        for path, person in people.items():
            name, provider = person.get("extern_uid"), self._provider(person)
            if not isinstance(name, str) or is_blank(name) or provider not in self.providers:
                continue
            key = self.name_key(name)
            other = first.setdefault((provider, key), path)
            if key is not None and other != path:
                yield f'{path}: "{name}" is there already, as {other}; take one of them out'
