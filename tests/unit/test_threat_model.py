"""The threat model names, for everything that is stopped, tests that are there."""

import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
THREATS = {part.partition("\n")[0]: part.partition("\n## ")[0] for part in PAGE.split("\n### ")[1:]}
NODE = re.compile(r"`(tests/[^`]+\.py::[^`]+)`")


@pytest.mark.parametrize("node", sorted(set(NODE.findall(PAGE))))
def test_a_test_that_is_named_is_there(node):
    path, *names = node.split("::")

    found = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    for name in names:
        found = getattr(found, name)

    assert (ROOT / path).is_file()
    assert callable(found)
    assert names[-1].startswith("test_")
    assert all(name.startswith("Test") for name in names[:-1])


@pytest.mark.parametrize("threat", THREATS)
def test_every_threat_names_what_stops_it_and_what_is_left(threat):
    _, stopped, left, tests = re.fullmatch(
        r"(.+?)\n\n(.+?)\n\nLeft: (.+?)\n\nTests: (.+?)\n*", THREATS[threat], re.DOTALL
    ).groups()

    assert stopped.endswith(".")
    assert left.endswith(".")
    assert [] == [each for each in re.split(r",\s+", tests) if not NODE.fullmatch(each)]


def test_all_who_could_attack_are_there():
    chapters = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)

    assert [
        "Assets",
        "What remains, the worst first",
        "What glaab relies on",
        "A newcomer",
        "A member of a trusted group",
        "A malicious or broken system",
        "Somebody on the network",
        "Somebody who must not read along",
        "A leaked token",
    ] == chapters


@pytest.mark.parametrize("page", ["README.md", "SECURITY.md", "docs/threat-model.md"])
def test_the_precondition_is_named(page):
    """Passwords and links by e-mail together can put an identity on a stranger's account."""
    text = " ".join((ROOT / page).read_text(encoding="utf-8").replace("*", "").split())

    assert re.search(r"sign up with a password and links sign-ins", text)


def test_every_secret_that_may_leak_is_in_the_security_policy():
    settings = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    policy = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    secrets = re.findall(r"^\| `(\w+)` \| [^|]+ \| secret", settings, re.MULTILINE)

    wiki = [name for name in secrets if re.match("MEDIAWIKI_(CONSUMER|ACCESS)_", name)]
    assert 4 == len(wiki)
    assert [] == [name for name in set(secrets) - set(wiki) if f"`{name}`" not in policy]
