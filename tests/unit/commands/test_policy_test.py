"""`glaab policy test`: who is not judged as a world expects."""

import json
from pathlib import Path

import pytest

from tests.unit.commands.small_world import EXAMPLE, WORLD, run

pytestmark = pytest.mark.usefixtures("small_world")

ROOT = Path(__file__).parents[3]
ADA, CLEO = 'username = "ada"\n', 'username = "cleo"\n'
DISAPPOINTED = WORLD.replace(f'{ADA}expect = "approve"\n', f'{ADA}expect = "hold"\n').replace(
    CLEO, f'{CLEO}expect = "veto"\nbecause = ["Staff"]\n'
)
AS_TEXT = """\
@ada (41) in other.toml is not as expected
  expected  hold
  got       approve, trusted as Toolforge member
  why       Trusted as Toolforge member, and nothing speaks against it.

@cleo (43) in other.toml is not as expected
  expected  veto, trusted as Staff
  got       veto, trusted as Toolforge member
  why       Trusted as Toolforge member, but an administrator marked the account: asked to wait.\
 An administrator of GitLab has to decide.

3 accounts of 2 files tested, 2 not as expected.
"""


def expecting(username, *lines):
    """The small world, in which these lines are all that is expected, of one account."""
    world = WORLD.replace('expect = "approve"\n', "")
    name = f'username = "{username}"\n'
    return world.replace(name, "\n".join([name.strip(), *lines, ""]))


def policy_test(*arguments, **options):
    return run("--policy", "policy.toml", "policy", "test", *arguments, **options)


def test_all_may_be_as_expected():
    result = policy_test("world.toml")

    assert (0, "1 account of 1 file tested, all as expected.\n") == (
        result.exit_code,
        result.stdout,
    )


def test_everybody_who_is_not_is_told_with_the_verdict_and_its_reason():
    """Of several files alike; each has systems of its own."""
    Path("other.toml").write_text(DISAPPOINTED)

    result = policy_test("world.toml", "other.toml")

    assert (3, AS_TEXT) == (result.exit_code, result.stdout)


def test_there_is_a_document():
    Path("other.toml").write_text(DISAPPOINTED)

    result = policy_test("other.toml", "--format", "json")

    assert 3 == result.exit_code
    assert {
        "tested": 2,
        "failed": [
            {
                "file": "other.toml",
                "username": "ada",
                "expected": "hold",
                "expected_because": None,
                "verdict": "approve",
                "because": ["Toolforge member"],
                "explanation": "Trusted as Toolforge member, and nothing speaks against it.",
            },
            {
                "file": "other.toml",
                "username": "cleo",
                "expected": "veto",
                "expected_because": ["Staff"],
                "verdict": "veto",
                "because": ["Toolforge member"],
                "explanation": "Trusted as Toolforge member, but an administrator marked the"
                " account: asked to wait. An administrator of GitLab has to decide.",
            },
        ],
    } == json.loads(result.stdout)


@pytest.mark.parametrize(
    ("username", "lines", "code"),
    [
        ("ada", ['expect = "approve"', 'because = ["Toolforge member"]'], 0),
        ("ada", ['expect = "approve"', 'because = ["Toolforge member", "Staff"]'], 3),
        ("ada", ['expect = "approve"', "because = []"], 3),
        ("ada", ['expect = "wait"'], 3),
        ("bob", ['expect = "hold"', "because = []"], 0),
        ("cleo", ['expect = "veto"'], 0),
        ("eve", ['expect = "approve"'], 0),
        ("tove", ['expect = "hold"'], 0),
    ],
)
def test_the_verdict_counts_and_the_rules_if_they_are_told(username, lines, code):
    """Who does not wait is judged, too: eve is banned, tove is active."""
    Path("one.toml").write_text(expecting(username, *lines))

    assert code == policy_test("one.toml").exit_code


def test_the_order_of_rules_does_not_matter():
    rules = 'because = ["Trusted contributor (Gerrit)", "Toolforge member"]'
    text = (ROOT / "src/glaab/example.toml").read_text()
    swapped = 'because = ["Toolforge member", "Trusted contributor (Gerrit)"]'
    Path("swapped.toml").write_text(text.replace(swapped, rules))

    assert rules in Path("swapped.toml").read_text()
    assert 0 == run("policy", "test", "swapped.toml").exit_code


def test_who_does_not_wait_holds_nobody_up():
    """A blocked account of the same person proves nothing about the one that waits."""
    one = expecting("ada", 'expect = "approve"')
    Path("one.toml").write_text(
        one.replace('state = "banned"', 'state = "banned"\nexpect = "approve"').replace(
            'extern_uid = "Eve Example"', 'extern_uid = "Ada Example"'
        )
    )

    assert "2 accounts of 1 file tested, all as expected.\n" == policy_test("one.toml").stdout


def test_no_brake_stands(monkeypatch):
    monkeypatch.setenv("GLAAB_MAX_APPROVALS", "0")

    assert 0 == policy_test("world.toml").exit_code


def test_no_other_setting_is_needed_and_no_world_is_looked_at(monkeypatch):
    monkeypatch.setenv("GLAAB_WORLD", "missing")

    assert 0 == policy_test("world.toml", "--world", "missing").exit_code


def test_other_commands_do_not_mind_what_is_expected():
    Path("other.toml").write_text(DISAPPOINTED)

    assert 0 == run("--world", "other.toml", "--policy", "policy.toml", "dry-run").exit_code


def test_every_problem_of_every_file_is_said_at_once(monkeypatch):
    monkeypatch.setenv("GLAAB_TIMEOUT_S", "soon")
    Path("bad.toml").write_text("version = 2\n[identity]\nproviders = ['x']\nextern_uid = 'cn'\n")
    Path("none.toml").write_text(expecting("ada"))
    Path("unknown.toml").write_text(expecting("ada", 'expect = "reject"'))
    Path("lonely.toml").write_text(expecting("ada", "because = []"))

    result = run(
        *("--policy", "bad.toml", "policy", "test"),
        *("world.toml", "none.toml", "unknown.toml", "lonely.toml", "missing.toml"),
    )

    assert (2, "") == (result.exit_code, result.stdout)
    assert [
        'GLAAB_TIMEOUT_S: "soon" is not a number of seconds above 0, a day at most',
        "policy bad.toml: version: this glaab reads version 1, not 2",
        "policy bad.toml: trust: the policy trusts nobody; add a [[trust]] rule",
        'world none.toml: no account says what is expected; add expect = "hold" to one',
        "world unknown.toml: account[0].expect: 'reject' is not a valid Verdict",
        "world lonely.toml: account[0].because: it goes with a verdict; add expect, or leave it"
        " out",
        "world missing.toml cannot be read: No such file or directory",
    ] == [line.removeprefix("glaab: ") for line in result.stderr.splitlines()]


def test_a_world_cannot_move_the_cursor():
    name = "a\nfile"
    Path(name).write_text(expecting("ada", 'expect = "hold"', r'because = ["\u001b[2J"]'))

    out = policy_test(name).stdout

    assert r"@ada (41) in a\nfile is not as expected" in out
    assert r"expected  hold, trusted as \x1b[2J" in out


@pytest.mark.parametrize(
    ("world", "policy"),
    [
        (EXAMPLE, "src/glaab/policy.toml"),
        ("examples/keycloak.toml", "examples/policy-keycloak.toml"),
        ("examples/vetted.toml", "examples/policy-vetted.toml"),
    ],
)
def test_the_examples_say_of_everybody_what_is_expected(monkeypatch, world, policy):
    monkeypatch.chdir(ROOT)
    text = Path("src/glaab/example.toml" if world == EXAMPLE else world).read_text()

    result = run("--policy", policy, "policy", "test", world)

    count = text.count("\n[[account]]\n")
    assert f"{count} accounts of 1 file tested, all as expected.\n" == result.stdout
    assert f"glaab --policy {policy} policy test {world}\n" in (Path("Makefile").read_text())
