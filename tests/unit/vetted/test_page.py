"""The page about lists: what it shows can be copied, and nothing is missing."""

import re
from pathlib import Path

import attrs
import pytest

from glaab.adapters.vetted import list_file
from tests.policies import read_policy
from tests.variables import missing_settings, read_settings

PAGE = (Path(__file__).parents[3] / "docs" / "sources" / "vetted.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.usefixtures("elsewhere")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_what_is_to_be_typed_is_all_that_is_needed():
    policy, people = blocks("toml")
    Path("policy.toml").write_text(policy)
    Path("hackathon.toml").write_text(people)
    Path(".env").write_text(blocks("sh")[0].replace("…", "glpat-1"))

    settings, problems = read_settings({}, None)

    assert () == problems
    systems = read_policy(Path("policy.toml")).systems
    assert (("lists",), ()) == (
        tuple(systems),
        missing_settings(settings, systems, acting=True),
    )


def test_every_key_of_a_list_is_told():
    told = re.findall(r"^\| `([a-z_.]+)` \| (?:yes|no|where)", PAGE, re.MULTILINE)

    keys = {field.name for field in attrs.fields(list_file._Person)}
    assert {"version", "person", *(f"person.{key}" for key in keys)} == set(told)
