"""The systems that a world fills, on loopback, and the settings by which glaab finds them."""

from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack

import attrs

from glaab.adapters.gitlab.notes import encode
from glaab.domain.errors import AUDIT_LOG, GITLAB, System
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.keycloak import KEYCLOAK
from glaab.domain.sources.phabricator import PHABRICATOR
from tests.contract.gerrit import simulator as gerrit
from tests.contract.gerrit.simulator import GerritSimulator
from tests.contract.gitlab import simulator as gitlab
from tests.contract.gitlab.simulator import GitLabSimulator
from tests.contract.keycloak import simulator as keycloak
from tests.contract.keycloak.simulator import KeycloakSimulator
from tests.contract.mediawiki.simulator import MediaWikiSimulator
from tests.contract.mediawiki.simulator_oauth import Consumer
from tests.contract.phabricator import simulator as phabricator
from tests.contract.phabricator.simulator import PhabricatorSimulator
from tests.contract.services.openldap import BASE, OpenLdap, Tree
from tests.contract.wire import Handler, Recorder, served
from tests.log_lines import a_log_line
from tests.worlds import World

PAGE = "Tool:Gitlab-account-approval/Log"
BOB_ON_PAGE = a_log_line("bob", when="06:51")
INTRODUCTION = f"Whom the bot let in.\n\n=== 2024-12-21 ===\n{BOB_ON_PAGE}\n"


@attrs.frozen
class Simulated:
    """Systems that speak HTTP, and all settings that they take."""

    http: dict[System, Recorder]
    settings: dict[str, str]


def simulate(
    stack: ExitStack, world: World, systems: Collection[System], page: str = INTRODUCTION
) -> Simulated:
    """Those of *systems* that speak HTTP, filled with *world* and running until *stack* ends."""
    simulated = Simulated({}, {})
    for system, simulator in _simulators(world, page).items():
        if system in systems:
            recorder = simulated.http[system] = Recorder(simulator)
            simulated.settings.update(_SETTINGS[system](stack.enter_context(served(recorder))))
    return simulated


def _simulators(world: World, page: str) -> dict[System, Handler]:
    notes = {key: encode(note) for key, note in world.notes.items()}
    return {
        GITLAB: GitLabSimulator.of(world.accounts, notes),
        PHABRICATOR: PhabricatorSimulator.of(world.linked, world.projects),
        GERRIT: GerritSimulator.of(world.gerrit_accounts, world.gerrit_groups),
        KEYCLOAK: KeycloakSimulator.of(world.keycloak_users, world.keycloak_groups),
        AUDIT_LOG: MediaWikiSimulator.of(PAGE, page),
    }


_CONSUMER = Consumer()
_SETTINGS: Mapping[System, Callable[[str], Mapping[str, str]]] = {
    GITLAB: lambda url: {"GITLAB_URL": url, "GITLAB_ACCESS_TOKEN": gitlab.TOKEN},
    PHABRICATOR: lambda url: {
        "PHABRICATOR_URL": url,
        "PHABRICATOR_USER": phabricator.USER,
        "PHABRICATOR_TOKEN": phabricator.TOKEN,
    },
    GERRIT: lambda url: {
        "GERRIT_URL": f"{url}{gerrit.ROOT}",
        "GERRIT_USER": gerrit.USER,
        "GERRIT_PASSWORD": gerrit.PASSWORD,
    },
    KEYCLOAK: lambda url: {
        "KEYCLOAK_URL": url,
        "KEYCLOAK_REALM": keycloak.REALM,
        "KEYCLOAK_CLIENT_ID": keycloak.CLIENT_ID,
        "KEYCLOAK_CLIENT_SECRET": keycloak.CLIENT_SECRET,
    },
    AUDIT_LOG: lambda url: {
        "MEDIAWIKI_URL": f"{url}/w/",
        "MEDIAWIKI_CONSUMER_TOKEN": _CONSUMER.consumer_token,
        "MEDIAWIKI_CONSUMER_SECRET": _CONSUMER.consumer_secret,
        "MEDIAWIKI_ACCESS_TOKEN": _CONSUMER.access_token,
        "MEDIAWIKI_ACCESS_SECRET": _CONSUMER.access_secret,
    },
}
"""By the address of each."""


def fill(slapd: OpenLdap, world: World) -> dict[str, str]:
    """Have the directory hold *world* and nothing else; gives the settings."""
    tree = Tree(people=world.people, groups=world.directory_groups, disabled=world.locked)
    slapd.load(tree, hidden=world.lock_hidden)
    (slapd.folder / "log").write_bytes(b"")
    return {"LDAP_SERVERS": f"ldap://127.0.0.1:{slapd.port}", "LDAP_BASE_DN": BASE}
