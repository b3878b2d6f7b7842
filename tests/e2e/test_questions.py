"""Every question of docs/questions.md, asked of an installation by the command given there."""

import re
import shlex
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from tests.contract.wire import Recorder, Request, Response, served
from tests.e2e.installation import EXAMPLE, Installation, Run

PAGE = Path(__file__).parents[2] / "docs" / "questions.md"
ROW = re.compile(r"^\| (?P<question>.+?) \| `(?P<command>glaab .+?)`", re.MULTILINE)
RULE = "Toolforge member"

WAITING = {
    "How do I try it, without any system?": (3, "26 pending: 7 trusted, 14 held, 4 vetoed"),
    "Is everything set up rightly?": (0, "Trusted-Contributors: it has 3 members"),
    "Do messages to chat rooms and mailboxes arrive?": (0, "a test message was delivered"),
    "What would the next run do?": (3, "@tove (601)"),
    "Whom would it let in?": (3, "@finn (106), since 2026-11-20: would be approved"),
    "Who is trusted, and kept out by a veto?": (3, "asked us to wait until December"),
    "Who could not be looked up?": (3, "1 waiting"),
    "Why is this one still pending, and what would help?": (
        0,
        "sign in to GitLab once through openid_connect",
    ),
    "Of 300 pending accounts, at which should I look first?": (3, '"accounts": 19'),
    "Which policy is in force, and where is it from?": (0, "built-in policy"),
    "Is this file without mistakes?": (0, "new.toml"),
    "Does it judge people as I mean it?": (3, "@tove"),
    "What would it change for those who are pending?": (
        3,
        "2 pending accounts would lose approval",
    ),
    "The brake stopped a run, and all is well: how do they get in?": (3, "@finn"),
}
"""While people wait: the exit code, and what the answer says."""
LET_IN = {
    "Who let this one in, when and why?": (0, f"because   {RULE}"),
    "Which of those we let in would not get in today?": (0, "has left"),
    "And of those whom one rule let in?": (0, "has left"),
    "Who got in by that rule and by no other?": (0, "@tove"),
    "What would it make of those we let in?": (0, "@tove"),
}
"""The same after a run."""


def commands() -> dict[str, str]:
    """By question."""
    return {row["question"]: row["command"] for row in ROW.finditer(PAGE.read_text("utf-8"))}


def ask(installation: Installation, question: str, somebody: str, **changes: str) -> Run:
    (installation.folder / "new.toml").write_text(without_the_rule(), encoding="utf-8")
    shutil.copy(EXAMPLE, installation.folder / "world.toml")
    _, *arguments = shlex.split(commands()[question].replace("@somebody", somebody))
    return installation.run(*arguments, **changes)


def without_the_rule() -> str:
    """The built-in policy without one of its rules."""
    text = (files("glaab") / "policy.toml").read_text(encoding="utf-8")
    return "\n\n".join(each for each in text.split("\n\n") if f'name = "{RULE}"' not in each)


def test_each_question_that_glaab_answers_is_asked_here():
    assert set(commands()) == WAITING.keys() | LET_IN.keys()


class ChatRoom:
    def handle(self, _: Request) -> Response:
        return Response()


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, str]]:
    """The setting by which somebody is told."""
    with served(Recorder(ChatRoom())) as url:
        yield {"GLAAB_NOTIFY_URLS": f"{url.replace('http', 'json')}/room"}


@pytest.mark.parametrize("question", WAITING)
def test_a_question_while_people_wait(installation, told, question):
    code, says = WAITING[question]
    run = ask(installation, question, "@ada1", **told)
    assert code == run.code, run.err
    assert says in run.out + run.err


@pytest.mark.parametrize("question", LET_IN)
def test_a_question_about_those_who_were_let_in(installation, question):
    installation.run("approve")
    finn = installation.gitlab.simulator.users[106]
    finn.attributes["glaab_veto"] = "has left"

    code, says = LET_IN[question]
    run = ask(installation, question, "@tove")

    assert code == run.code, run.err
    assert says in run.out + run.err
