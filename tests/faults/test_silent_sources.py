"""Silence that looks like No, of every further source: success with nothing in it."""

import pytest

from tests.contract.wire import json_response
from tests.faults.faults import Fault
from tests.faults.matrix import Cell, first_of_each_kind, requests_of
from tests.faults.scenes import SCENES

pytestmark = [pytest.mark.usefixtures("socket_disabled"), pytest.mark.no_cover]

NOTHING = {"no list": [], "no object": {}, "null": None, "false": False, "0": 0}


def cells():
    """Every kind of request to a source, once and from then on, answered with nothing."""
    for scene in SCENES:
        for sent in first_of_each_kind(requests_of("approve", scene=scene)):
            for name, nothing in NOTHING.items():
                fault = Fault(name, lambda _request, _handle, n=nothing: json_response(n), "")
                for lasts in (False, True):
                    yield Cell(sent=sent, fault=fault, scene=scene, lasts=lasts)


CELLS = {str(cell): cell for cell in cells()}
TRUE_ANSWERS = {
    "keycloak-06 GET admin/realms/people/groups/N/members, no list": "only those below have members"
}
"""What is as good as the answer that it stands for, by the systems' documentation."""
SILENCES = {name: cell for name, cell in CELLS.items() if name not in TRUE_ANSWERS}


def test_the_answers_that_are_no_silences_are_among_the_generated():
    assert CELLS.keys() >= TRUE_ANSWERS.keys()


@pytest.mark.parametrize("cell", SILENCES.values(), ids=SILENCES)
def test_nothing_lets_nobody_in_and_holds_nobody_who_is_trusted(tmp_path, cell):
    installation = cell.installed(tmp_path / "it")
    cell.strike(installation)

    run = installation.run("--format", "json", "dry-run")

    verdicts = {each["username"]: each["verdict"] for each in run.document["accounts"]}
    trusted = {verdicts.pop(name) for name in installation.trusted}
    assert trusted <= {"approve", "wait"}
    assert "approve" not in verdicts.values()
    assert [] == installation.errors()
