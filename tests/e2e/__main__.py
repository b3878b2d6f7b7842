"""`make playground`: the systems of a world on loopback until Ctrl-C, to try glaab on by hand."""

import shlex
import signal
import sys
from collections.abc import Set
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from glaab.adapters.policy_file import built_in_policy_text
from glaab.domain.errors import AUDIT_LOG, GITLAB, SettingsInvalid, System
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.keycloak import KEYCLOAK
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.settings.parsers import world_path
from tests.contract.services.openldap import openldap
from tests.e2e.systems import fill, simulate
from tests.policies import parse_policy, read_policy
from tests.worlds import World, read_world

ENV_FILE = Path("build/playground.env")
NAMES = {
    GITLAB: "GitLab",
    PHABRICATOR: "Phabricator",
    GERRIT: "Gerrit",
    KEYCLOAK: "Keycloak",
    DIRECTORY: "an LDAP server",
    AUDIT_LOG: "a wiki",
}

LIMITS = (
    "They answer programs, not browsers: links of a report lead to no page, the wiki's log cannot"
    " be looked at, and nobody can be blocked by hand. A mark (glaab_veto) can be set with curl."
)


def main(path: Path) -> None:
    """Start what is asked about this world on free ports, write the settings, and end it all."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    policy, world = path.with_name(f"policy-{path.name}"), read_world(path)
    systems = asked_under(policy)
    with TemporaryDirectory() as folder, ExitStack() as stack:
        settings = start(stack, world, systems)
        settings["GLAAB_AUDIT_FILE"] = f"{folder}/audit.jsonl"
        if policy.exists():
            settings["GLAAB_POLICY"] = str(policy)
        write(stack, settings)
        *names, last = (name for system, name in NAMES.items() if system in systems)
        print(f"{', '.join(names)} and {last} stand ready with the people of {path}.")  # noqa: T201
        print(f"In another terminal: glaab --env-file {ENV_FILE} dry-run")  # noqa: T201
        print(LIMITS)  # noqa: T201
        print(f"Every approval is written to {settings['GLAAB_AUDIT_FILE']}.")  # noqa: T201
        print("Ctrl-C ends them.", flush=True)  # noqa: T201
        signal.pause()


def asked_under(policy: Path) -> Set[System]:
    """The systems that are asked under the policy in a file, or under the built-in one."""
    if policy.exists():
        sources = read_policy(policy).systems
    else:
        sources = parse_policy(built_in_policy_text(), "the built-in policy").systems
    return sources | {GITLAB, AUDIT_LOG}


def start(stack: ExitStack, world: World, systems: Set[System]) -> dict[str, str]:
    """The settings of these systems, which hold *world* until *stack* ends."""
    settings = simulate(stack, world, systems).settings
    if DIRECTORY in systems:
        settings |= fill(stack.enter_context(openldap()), world)
    return settings


def write(stack: ExitStack, settings: dict[str, str]) -> None:
    """Write the file of settings, which nobody else can read, and delete it when *stack* ends."""
    ENV_FILE.parent.mkdir(exist_ok=True)
    ENV_FILE.touch(mode=0o600)
    stack.callback(ENV_FILE.unlink)
    ENV_FILE.write_text("".join(f"{name}={shlex.quote(text)}\n" for name, text in settings.items()))


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        try:
            main(world_path(sys.argv[1]))
        except SettingsInvalid as error:
            sys.exit(str(error))
