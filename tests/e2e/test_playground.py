"""`make playground` with each of the example worlds, and glaab as a process beside it."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from glaab.settings.parsers import world_path
from tests.e2e.__main__ import ENV_FILE, LIMITS
from tests.e2e.installation import Run, inherited

PROJECT = Path(__file__).parents[2]
CORE = {
    "GITLAB_URL",
    "GITLAB_ACCESS_TOKEN",
    "MEDIAWIKI_URL",
    "MEDIAWIKI_CONSUMER_TOKEN",
    "MEDIAWIKI_CONSUMER_SECRET",
    "MEDIAWIKI_ACCESS_TOKEN",
    "MEDIAWIKI_ACCESS_SECRET",
    "GLAAB_AUDIT_FILE",
}


EXAMPLES = PROJECT / "examples"


@attrs.frozen
class World:
    """An example, and what belongs to it."""

    name: str
    systems: str
    """What stands ready, in the words of the playground."""
    settings: frozenset[str]
    """Beside those that all worlds need."""
    options: tuple[str, ...] = ()
    """To look at it in memory."""

    @property
    def path(self) -> Path:
        return EXAMPLES / f"{self.name}.toml" if self.options else world_path(self.name)


WORLDS = (
    World(
        "example",
        "GitLab, Phabricator, Gerrit, an LDAP server and a wiki",
        frozenset(
            {
                *("LDAP_SERVERS", "LDAP_BASE_DN"),
                *("PHABRICATOR_URL", "PHABRICATOR_USER", "PHABRICATOR_TOKEN"),
                *("GERRIT_URL", "GERRIT_USER", "GERRIT_PASSWORD"),
            }
        ),
    ),
    World(
        "keycloak",
        "GitLab, Keycloak and a wiki",
        frozenset(
            {
                *("KEYCLOAK_URL", "KEYCLOAK_REALM", "KEYCLOAK_CLIENT_ID"),
                *("KEYCLOAK_CLIENT_SECRET", "GLAAB_POLICY"),
            }
        ),
        ("--policy", str(EXAMPLES / "policy-keycloak.toml")),
    ),
    World(
        "vetted",
        "GitLab and a wiki",
        frozenset({"GLAAB_POLICY"}),
        ("--policy", str(EXAMPLES / "policy-vetted.toml")),
    ),
)


@attrs.frozen
class Playground:
    """A running one, and what it has printed."""

    world: World
    printed: list[str]
    env_file: Path

    def glaab(self, *arguments: str) -> Run:
        """What a command comes to that knows this file of settings and no other."""
        return glaab("--env-file", str(self.env_file), *arguments)


def glaab(*arguments: str) -> Run:
    command = [str(Path(sys.executable).parent / "glaab"), "--format", "json", *arguments]
    done = subprocess.run(command, env=inherited(), capture_output=True, text=True, timeout=100)
    return Run(code=done.returncode, out=done.stdout, err=done.stderr)


@pytest.fixture(scope="module", params=WORLDS, ids=lambda world: world.name)
def playground(request, tmp_path_factory) -> Iterator[Playground]:
    """One with a folder of its own, where nothing is left when it has been ended."""
    folder = tmp_path_factory.mktemp("playground")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e", str(request.param.path)],
        cwd=folder,
        env=inherited() | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        printed = [process.stdout.readline().rstrip() for _ in range(5)]
        yield Playground(request.param, printed, folder / ENV_FILE)
        process.terminate()
    assert 0 == process.returncode
    assert [] == [*folder.glob("*/*")]


def test_it_says_what_stands_ready_and_what_is_missing(playground):
    world, settings = playground.world, playground.env_file.read_text()

    *_, audit_file = re.findall(r"(?m)^GLAAB_AUDIT_FILE=(.*)$", settings)
    assert [
        f"{world.systems} stand ready with the people of {world.path}.",
        "In another terminal: glaab --env-file build/playground.env dry-run",
        LIMITS,
        f"Every approval is written to {audit_file}.",
        "Ctrl-C ends them.",
    ] == playground.printed


def test_it_writes_the_settings_that_the_world_needs_and_no_others(playground):
    """Where nobody else can read them."""
    lines = playground.env_file.read_text().splitlines()

    assert CORE | playground.world.settings == {line.partition("=")[0] for line in lines}
    assert 0o600 == playground.env_file.stat().st_mode & 0o777


def test_a_dry_run_comes_to_the_verdicts_of_the_world_in_memory(playground):
    world = playground.world

    there = playground.glaab("dry-run")

    in_memory = glaab("--world", str(world.path), *world.options, "dry-run")
    assert there.verdicts
    assert (in_memory.code, in_memory.verdicts) == (there.code, there.verdicts)


def test_doctor_sees_no_problem(playground):
    run = playground.glaab("doctor")

    problems = [each for each in run.document["checks"] if each["health"] == "problem"]
    assert (0, []) == (run.code, problems), run.err
