"""A source that nobody has: a duty roster with teams. Both halves, in one module for once."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import ClassVar, Protocol

import attrs

from glaab.adapters.integration import Env, Integration, quoted
from glaab.adapters.toml_file import UNIQUE
from glaab.domain.diagnostics import Checks, HealthCheck, ok
from glaab.domain.errors import System
from glaab.domain.evidence import Answer, No, Profile, Unknown, Yes
from glaab.domain.identity import Proven
from glaab.domain.names import UID
from glaab.domain.policy import Policy
from glaab.domain.source import Ask, Lookup, Source, Veto, get
from glaab.settings.values import Secret, SourceSettings, Url, is_other_url, setting

ROSTER = System("roster")
SUSPENDED = Veto(ROSTER, "roster_suspended", "Suspended from duty")


# -- the domain's half


class Roster(Protocol):
    def members(self, team: str) -> frozenset[str] | Unknown: ...

    def suspended(self, uids: Collection[str]) -> Mapping[str, bool]: ...


@attrs.frozen
class InTeam:
    source: ClassVar = ROSTER
    key: ClassVar = "roster_team"
    value: str

    @property
    def title(self) -> str:
        return f"Roster team {self.value}"


@attrs.frozen
class RosterSource(Source):
    name = ROSTER
    conditions = (InTeam,)
    vetoes = (SUSPENDED,)
    knows_by = UID

    roster: Roster

    def start(self, ask: Ask) -> Lookup:
        return RosterLookup(self.roster, ask)


class RosterLookup(Lookup):
    def __init__(self, roster: Roster, ask: Ask) -> None:
        self._roster = roster
        self._ask = ask

    def trust(self, people, conditions):
        teams = {each: self._ask(partial(self._roster.members, each.value)) for each in conditions}
        return {
            (person, each): _member(person.name(UID), each, team)
            for person in people
            for each, team in teams.items()
        }

    def vetoes(self, people, vetoes):
        uids = {person.name(UID) for person in people}
        states = self._ask(lambda: self._roster.suspended(uids)) if vetoes else {}
        return {
            (person, veto): _suspended(person.name(UID), get(states, person.name(UID), None))
            for person in people
            for veto in vetoes
        }

    def canary(self, veto, name, extern_uid):
        states = self._ask(lambda: self._roster.suspended({name}))
        return _suspended(name, get(states, name, None))

    def members(self, condition):
        members = self._ask(lambda: self._roster.members(condition.value))
        return members if isinstance(members, Unknown) else len(members)

    def profiles(self, person: Proven) -> tuple[Profile, ...]:
        return (Profile(ROSTER, person.name(UID), "Duty roster"),)


def _member(uid: str, condition: InTeam, team: frozenset[str] | Unknown) -> Answer:
    if isinstance(team, Unknown):
        return team
    if uid in team:
        return Yes(f"{uid} is on {condition.value}")
    return No(f"{uid} is not on {condition.value}", f"get a duty on {condition.value}")


def _suspended(uid: str, state: bool | Unknown | None) -> Answer:
    match state:
        case Unknown():
            return state
        case True:
            return Yes(f"{uid} is suspended")
        case _:
            return No(f"{uid} is not suspended")


# -- the adapter's half


@attrs.frozen(kw_only=True)
class RosterSettings(SourceSettings):
    system: ClassVar = ROSTER

    roster_url: Url = setting(Url("https://roster.example.org"), is_moved=is_other_url)
    roster_token: Secret | None = setting(required="ask the roster's keeper for a token")


@attrs.frozen
class InMemoryRoster(Roster):
    teams: Mapping[str, frozenset[str]]
    off_duty: frozenset[str]

    def members(self, team: str) -> frozenset[str] | Unknown:
        return self.teams.get(team) or Unknown(f"team {team} is missing or empty")

    def suspended(self, uids: Collection[str]) -> Mapping[str, bool]:
        return {uid: uid in self.off_duty for uid in uids}


@attrs.frozen
class _Team:
    name: str = attrs.field(metadata=UNIQUE)
    members: tuple[str, ...]
    suspended: tuple[str, ...] = ()


@attrs.frozen
class RosterWorld:
    roster_team: tuple[_Team, ...] = ()


def in_memory(world: RosterWorld) -> InMemoryRoster:
    return InMemoryRoster(
        {team.name: frozenset(team.members) for team in world.roster_team},
        frozenset(uid for team in world.roster_team for uid in team.suspended),
    )


@attrs.frozen
class RosterHealthCheck(HealthCheck):
    system = ROSTER
    settings = "ROSTER_URL and ROSTER_TOKEN"

    def checks(self) -> Checks:
        return {"token": lambda: [ok("the token is good")]}


LIVE = InMemoryRoster({"night-shift": frozenset({"ada", "bob"})}, frozenset({"bob"}))
"""What the live roster holds."""


def _connect(settings: RosterSettings, env: Env, policy: Policy) -> Roster:
    return LIVE


def _health_check(settings: RosterSettings, env: Env, policy: Policy) -> HealthCheck:
    return RosterHealthCheck()


INTEGRATION = Integration(
    source=RosterSource,
    settings=RosterSettings,
    connect=_connect,
    world=RosterWorld,
    in_memory=in_memory,
    health_check=_health_check,
    profile_url=lambda settings, each: f"{settings.roster_url}/of/{quoted(each.name)}",
)
