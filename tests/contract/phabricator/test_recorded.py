"""PhabricatorConduit understands what a real Phorge was recorded to answer."""

import json
from pathlib import Path
from typing import Any

import attrs
import pytest

from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import Unknown
from glaab.domain.names import Cn
from glaab.domain.sources.phabricator import PhabricatorAccount, Phid
from tests.contract.phabricator.test_client import a_phabricator
from tests.contract.wire import Recorder, Request, Response, json_response, served, text_response

FOLDER = Path(__file__).parents[1] / "captures" / "phabricator"
CAPTURES = {path.stem: path for path in sorted(FOLDER.rglob("*.json"))}
REFUSED = "it refused the token"


def account(phid: str, username: str, **changes: bool) -> PhabricatorAccount:
    values = {"is_person": True, "is_activated": True, "is_disabled": False}
    return PhabricatorAccount(phid=Phid(f"PHID-USER-{phid}"), username=username, **values | changes)


ONLY_TOOLS = {"Only Tools": (account("ct7cs22lbaps3nllufri", "only.tools"),)}
UNAPPROVED = {"is_activated": False}

ACCOUNTS = {
    "20-ldapquery-one": ONLY_TOOLS,
    "23-ldapquery-several": {
        "Only Ops": (account("pxytcjfdicnpkyayxo6p", "only.ops"),),
        "Only NDA": (account("giukcsptxilfflypoo45", "only.nda"),),
        "Only WMF": (account("uwn4gs2l56b5xt24lwul", "only.wmf"),),
    },
    "24-ldapquery-some-unknown": ONLY_TOOLS,
    "25-ldapquery-all-unknown": {},
    "26-ldapquery-unlinked": {},
    "27-ldapquery-empty-list": {},
    "33-ldapquery-lowercase": {},
    "34-ldapquery-trailing-space": {},
    "35-ldapquery-uid-not-cn": {},
    "36-ldapquery-nfd": {},
    "37-ldapquery-sql-meta": {
        "Inject )(|(cn=*": (account("fece3hwfwjzr42rsnl6a", "adminuid"),),
        'Quote "Q" Name': (account("4fqeknobqol3xitiwj3c", "quotename"),),
        "Back\\Slash": (account("wbwb4fvufgwfvsmsbkej", "backslash"),),
        "Star*Fish": (account("t7yzw5fww67yinfgoz5k", "starfish"),),
    },
    "38-ldapquery-disabled": {
        "Disabled Staff": (account("umrrlr3di2pykrom6iaz", "dis.wmf"),),
        "Disabled Toolforge": (
            account("4r3pbebxm4ooog2yn25v", "dis.tools", is_activated=False, is_disabled=True),
        ),
    },
    "39-ldapquery-unverified": {
        "*": (account("merxliuslra5zpjp5o67", "phab2017"),),
        "Glaab": (account("a2ugd654saa2zedz44hr", "phab2000"),),
    },
    "40-ldapquery-unapproved": {
        "Zora Arndt 421": (account("e3bp5pievcgxi4qphcsh", "zoraarndt421", **UNAPPROVED),),
        "Runa Lund 210": (account("5xguz244naocm2h4fgqk", "P-runalund210", **UNAPPROVED),),
    },
    "41-ldapquery-same-cn-twice": {
        "Same Developer Name": (
            account("iotyhgdkv7qshjufunvx", "samecn1"),
            account("sdkqeci4jp3argevhbib", "samecn2"),
        )
    },
    "42-ldapquery-user-with-two-ldap": {
        "Two Second": (account("kpnhqha4tvd2yt6pk3bs", "twoldap"),)
    },
    "43-ldapquery-user-with-two-ldap-first": {
        "Two First": (account("kpnhqha4tvd2yt6pk3bs", "twoldap"),)
    },
    "44-ldapquery-orphan": {},
    "45-ldapquery-orphan-and-known": ONLY_TOOLS,
    "46-ldapquery-duplicate-names": ONLY_TOOLS,
    "118-ldapquery-as-plain-user": {"Only WMF": (account("uwn4gs2l56b5xt24lwul", "only.wmf"),)},
    "121-readonly-ldapquery": ONLY_TOOLS,
    "122-readonly-ldapquery-picture-missing": {
        "Olga Jensen 1999": (account("y5zgbqahwqoh6tib4dqz", "olgajensen1999"),)
    },
}

TRUSTED = frozenset(
    Phid(f"PHID-USER-{each}")
    for each in ("sqjdk3rqyqalctqnute4", "en7kj75etjekjeftu4a6", "dd2s5gmiffafnltkyi6x")
)
"""The recorder kept three of 600."""
PARENT = frozenset(
    Phid(f"PHID-USER-{each}") for each in ("uwn4gs2l56b5xt24lwul", "zog5z4rbur4mmkbtdggs")
)
NOT_THERE = "Phabricator project #{} is missing, archived or not visible to glaab"

MEMBERS = {
    "87-projectsearch-slug-members": TRUSTED,
    "92-projectsearch-slug-hash": TRUSTED,
    "96-projectsearch-slug-unknown": Unknown(NOT_THERE.format("nosuchproject")),
    "97-projectsearch-slugs-empty": Unknown("5 Phabricator projects bear #"),
    "98-projectsearch-archived": Unknown(NOT_THERE.format("archived_project")),
    "99-projectsearch-secret": Unknown(NOT_THERE.format("secret_project")),
    "100-projectsearch-empty-project": Unknown(
        "Phabricator shows no member of project #empty_project"
    ),
    "101-projectsearch-parent": PARENT,
    "114-projectsearch-archived-status-all": Unknown(
        "Phabricator project #archived_project is archived"
    ),
    "01-whoami": TRUSTED,
    "120-readonly-whoami": TRUSTED,
}

TROUBLE = {
    "04-token-invalid": f"{REFUSED} (ERR-INVALID-AUTH: API token … is not valid.)",
    "05-token-short": f"{REFUSED} (ERR-INVALID-AUTH: API token … has the wrong length.",
    "06-token-garbage-type": f"{REFUSED} (ERR-INVALID-AUTH: API token … has the wrong format.",
    "07-token-empty": f"{REFUSED} (ERR-INVALID-SESSION: Session key is not present.)",
    "08-token-missing": f"{REFUSED} (ERR-INVALID-SESSION: Session key is not present.)",
    "10-token-expired-cli": f"{REFUSED} (ERR-INVALID-AUTH: API token … was previously valid,",
    "11-token-expired-api": f"{REFUSED} (ERR-INVALID-AUTH: API token … was previously valid,",
    "12-token-of-disabled-user": f"{REFUSED} (ERR-INVALID-AUTH: User account is not permitted",
    "13-method-unknown": 'ERR-CONDUIT-CALL: Conduit API method "user.nosuchmethod" does not exist.',
    "14-method-empty": "its answer is not JSON",
    "15-params-not-json": "ERR-CONDUIT-CORE: Invalid parameter information was passed",
    "18-params-unknown-name-frozen": "does not define these parameters: 'nosuch'.",
    "19-host-header-wrong": "it answered HTTP 500",
    "29-ldapquery-string": "it answered HTTP 500",
    "103-projectsearch-attachment-unknown": "ERR-INVALID-ATTACHMENT: Parameter",
    "104-projectsearch-limit-101": "ERR-INVALID-PAGE-SIZE: Maximum page size",
    "119-readonly-write": "ERR-CONDUIT-CORE: Unable to establish a write-mode connection",
    "123-php-fatal": "it answered HTTP 500",
    "124-ratelimited": "it asks for fewer requests (HTTP 429)",
    "125-fpm-down": "it answered HTTP 502",
    "126-database-down": "it answered HTTP 500",
}

WITHOUT_MEMBERS = (
    "93-projectsearch-slug-upper",
    "94-projectsearch-slug-second",
    "95-projectsearch-slug-space",
)
"""Asked for without the attachment that glaab always asks for."""

OWNER, PROJECT = "01-whoami", "87-projectsearch-slug-members"
BEYOND = "50-ldapquery-250-offset-300"


@attrs.frozen
class Capture:
    """What was asked and what was answered."""

    content: dict[str, Any]

    @property
    def is_about_the_owner(self) -> bool:
        return self.content["request"]["method"] == "user.whoami"

    @property
    def asked(self) -> dict[str, Any]:
        """The parameters; none if they were no JSON."""
        text = self.content["request"]["form"]["params"]
        return json.loads(text) if text.endswith("}}") else {}

    @property
    def answer(self) -> Response:
        response, headers = self.content["response"], self.content["headers"]
        if "_not_json" in response:
            return text_response(
                response["_not_json"], self.content["status"], headers["content-type"]
            )
        return json_response(_whole(response), self.content["status"])


def _whole(answer: object) -> object:
    """*answer* without the words by which the recorder says that it left something out."""
    match answer:
        case dict():
            return {key: _whole(value) for key, value in answer.items()}
        case list():
            return [_whole(each) for each in answer if not _says_what_is_left_out(each)]
        case _:
            return answer


def _says_what_is_left_out(each: object) -> bool:
    return isinstance(each, str) and "items in all" in each


def capture(name: str) -> Capture:
    return Capture(json.loads(CAPTURES[name].read_text(encoding="utf-8")))


@attrs.frozen
class Replay:
    """Answers as recorded, and where something else is asked, as recorded on a good day."""

    of: Capture

    def handle(self, request: Request) -> Response:
        asks_for_the_owner = request.path == "/api/user.whoami"
        if asks_for_the_owner != self.of.is_about_the_owner:
            return capture(OWNER if asks_for_the_owner else PROJECT).answer
        if json.loads(request.form["params"]).get("offset"):
            return capture(BEYOND).answer
        return self.of.answer


@pytest.fixture
def replayed():
    """A function: the name of a capture -> the adapter, to which Phorge answers that."""
    running = []

    def replayed(name: str):
        carrier = served(Recorder(Replay(capture(name))))
        running.append(carrier)
        return a_phabricator(carrier.__enter__())

    yield replayed
    for carrier in running:
        carrier.__exit__(None, None, None)


def test_every_capture_is_replayed():
    replayed = [*ACCOUNTS, *MEMBERS, *TROUBLE, *WITHOUT_MEMBERS, BEYOND]

    assert sorted(CAPTURES) == sorted(replayed)


@pytest.mark.parametrize("name", ACCOUNTS)
def test_accounts_are_told_by_the_names_that_were_asked(replayed, name):
    names = [Cn(each) for each in capture(name).asked["ldapnames"]]

    assert ACCOUNTS[name] == replayed(name).accounts(names)


@pytest.mark.parametrize("name", MEMBERS)
def test_members_are_told_or_why_they_are_unknown(replayed, name):
    asked = capture(name).asked.get("constraints", {"slugs": ["trusted_contributors"]})

    assert MEMBERS[name] == replayed(name).members("".join(asked["slugs"]))


@pytest.mark.parametrize("name", WITHOUT_MEMBERS)
def test_a_project_without_its_members_is_no_empty_project(replayed, name):
    (slug,) = capture(name).asked["constraints"]["slugs"]

    with pytest.raises(SystemUnavailable, match=r"unexpected shape: data\[0\].attachments.members"):
        replayed(name).members(slug)


@pytest.mark.parametrize("name", TROUBLE)
@pytest.mark.parametrize(
    "ask",
    [lambda p: p.accounts([Cn("Only Tools")]), lambda p: p.members("trusted_contributors")],
    ids=["accounts", "members"],
)
def test_trouble_is_told_and_is_never_an_answer(replayed, name, ask):
    with pytest.raises(SystemUnavailable) as error:
        ask(replayed(name))

    assert TROUBLE[name] in error.value.reason
