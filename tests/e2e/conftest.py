"""The console script as a process, against simulators and a real OpenLDAP on loopback."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.contract.conftest import ipa, keycloak_server, samba
from tests.contract.services.openldap import OpenLdap, openldap
from tests.e2e.installation import EXAMPLE, Installation, installed
from tests.e2e.site import Site, site_in
from tests.e2e.systems import INTRODUCTION
from tests.worlds import World, read_world

__all__ = ["ipa", "keycloak_server", "samba"]


@pytest.fixture(scope="session")
def slapd() -> Iterator[OpenLdap]:
    with openldap() as server:
        yield server


@pytest.fixture
def install(tmp_path: Path, slapd: OpenLdap) -> Iterator:
    """A function: world -> the installation that holds it, checked for surprises at the end."""
    with ExitStack() as stack:
        built: list[Installation] = []

        def make(world: World, page: str = INTRODUCTION) -> Installation:
            built.append(installed(stack, tmp_path, slapd, world, page))
            return built[-1]

        yield make

        assert [[] for _ in built] == [each.errors() for each in built]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A GitLab and nothing else, checked for surprises at the end."""
    with site_in(tmp_path) as made:
        yield made


@pytest.fixture
def installation(install) -> Installation:
    """The example world, installed."""
    return install(read_world(EXAMPLE))
