"""Directories to start, and what the contract tests print at their end: each test by rung."""

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack

import pytest

from tests.contract.rungs import Ending, Outcome, Place, Table, place_of
from tests.contract.services.ds389 import DirectoryServer389, ds389
from tests.contract.services.keycloak import KeycloakService, keycloak
from tests.contract.services.openldap import OpenLdap, openldap
from tests.contract.services.rfc2307 import rfc2307
from tests.contract.services.samba import SambaDomainController
from tests.contract.services.samba import samba as domain_controller

PLACES = pytest.StashKey[dict[str, Place]]()


@pytest.fixture
def serving() -> Iterator[Callable[..., OpenLdap]]:
    """A function: as `openldap`, until the test ends."""
    with ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(openldap(*args, **options))


@pytest.fixture(scope="session")
def ipa() -> Iterator[DirectoryServer389]:
    """389-DS with FreeIPA's tree, for all tests together: they read, and change nothing."""
    with ds389() as server:
        yield server


@pytest.fixture(scope="session")
def samba() -> Iterator[SambaDomainController]:
    """A domain controller, for all tests together: they read, and leave it as it was."""
    try:
        with domain_controller() as server:
            yield server
    except PermissionError:
        pytest.skip("Samba listens on ports 389 and 636, which takes root")


@pytest.fixture(scope="session")
def nis() -> Iterator[OpenLdap]:
    """OpenLDAP with Unix's people and groups, for all tests together: they change nothing."""
    with rfc2307() as server:
        yield server


@pytest.fixture(scope="session")
def keycloak_server() -> Iterator[KeycloakService]:
    """A Keycloak without a realm, for all tests together: each module holds its own there."""
    with keycloak() as service:
        yield service


def pytest_collection_finish(session: pytest.Session) -> None:
    """Remember which of the tests that will run are contract tests, wherever they are."""
    session.config.stash[PLACES] = {
        item.nodeid: place
        for item in session.items
        if isinstance(item, pytest.Function) and (place := place_of(item.cls, item.originalname))
    }


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None]:
    """Print the table after everything else, if a contract test ran."""
    yield
    endings = list(_endings(terminalreporter, config.stash.get(PLACES, {})))
    if not endings:
        return
    terminalreporter.write_sep("=", "contract tests by rung")
    for line in Table(endings).lines(briefly=config.get_verbosity() < 0):
        terminalreporter.write_line(line)


def _endings(
    terminalreporter: pytest.TerminalReporter, places: dict[str, Place]
) -> Iterator[Ending]:
    """In the order of collection; a test that passed and then failed in its teardown failed."""
    ended: dict[str, tuple[Outcome, str]] = {}
    for category in ("passed", "xfailed", "skipped", "xpassed", "failed", "error"):
        for report in terminalreporter.getreports(category):
            ended[report.nodeid] = _outcome(category, report)
    for nodeid, place in places.items():
        if nodeid in ended:
            yield Ending(place, *ended[nodeid])


def _outcome(category: str, report: pytest.TestReport) -> tuple[Outcome, str]:
    match category, report.longrepr:
        case "passed", _:
            return Outcome.PASSED, ""
        case "skipped", (_, _, str(reason)):
            return Outcome.SKIPPED, reason.removeprefix("Skipped: ")
        case "xfailed", _:
            return Outcome.SKIPPED, f"expected to fail: {report.wasxfail}"
        case _:
            return Outcome.FAILED, ""
