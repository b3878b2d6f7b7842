"""Cases, runs and reports with defaults, for what is shown of them."""

from glaab.adapters.gerrit.settings import GerritSettings
from glaab.adapters.ldap.settings import LdapServer, LdapSettings
from glaab.adapters.phabricator.settings import PhabricatorSettings
from glaab.domain.accounts import AccountId, Username
from glaab.domain.brake import Brake
from glaab.domain.errors import AUDIT_LOG, GITLAB
from glaab.domain.evidence import Evidence, Kind, No, Profile, Unknown, Yes
from glaab.domain.outcome import Outcome, Outcomes, Result
from glaab.domain.policy import Judgement, Verdict
from glaab.domain.ports import RunId
from glaab.domain.review import Case, Plan
from glaab.domain.sources.directory import DIRECTORY
from glaab.domain.sources.gerrit import GERRIT
from glaab.domain.sources.phabricator import PHABRICATOR
from glaab.entrypoints.render.report import Report
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from glaab.entrypoints.runtime.result import RunResult
from glaab.settings.core import Settings
from glaab.settings.values import Url
from tests.builders import NOON, a_dn, a_proof, an_account

SYSTEMS = (GITLAB, DIRECTORY, PHABRICATOR, GERRIT, AUDIT_LOG)

HOSTILE = {
    "terminal escape": "\x1b[2J\x1b]0;title\x07",
    "C1 escape": "\x9b2J",
    "bidi": "\u202eevil\u2066",
    "newline": "ada\nbob (1) approved",
    "carriage return": "ada\rbob",
    "line separators": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "NUL": "a\x00b",
    "tab and backspace": "a\tb\b\b",
    "zero width": "a\u200bb\ufeffc\u00ad",
    "lone surrogate": "a\ud800b\udfff",
    "rich markup": "[bold red]x[/] [link=https://evil.example]y[/link] :smile:",
    "10,000 characters": "x" * 10_000,
    "10,000 escapes": "\x1b" * 10_000,
    "a private character": "\ue000\U0010ffff",
}


def a_case(key, verdict, **changes):
    values = {
        "account": an_account(id=AccountId(key), username=Username(f"user{key}")),
        "proof": a_proof(),
        "evidence": (),
        "judgement": Judgement(verdict, (), "Such is the reason."),
    }
    return Case(**(values | changes))


def a_run(
    *cases,
    command="approve",
    kind=None,
    outages=None,
    asked=(),
    open_notes=(),
    requests=None,
    approvals=None,
    **of,
):
    results = {case.account.id: Result(Outcome.UNCHANGED) for case in cases}
    of.setdefault("brake", Brake(25, 0))
    of["results"] = results | of.get("results", {})
    return RunResult(
        command="watch" if kind else command,
        kind=kind,
        run=RunId("run-1"),
        started_at=NOON,
        finished_at=NOON,
        version="1.0.0",
        policy="sha256:0123",
        systems=of.pop("systems", SYSTEMS),
        plan=Plan(
            cases=cases,
            open_notes=open_notes,
            outages=outages or {},
            asked=frozenset(asked),
            approvals=approvals,
        ),
        outcomes=Outcomes(**of),
        requests=requests or {},
    )


# -- reports

SETTINGS = Settings(
    gitlab_url=Url("https://git.example"),
    sources={
        LdapSettings: LdapSettings(ldap_servers=(LdapServer("ldap.example", 636, tls=True),)),
        PhabricatorSettings: PhabricatorSettings(phabricator_url=Url("https://phab.example")),
        GerritSettings: GerritSettings(gerrit_url=Url("https://review.example/r")),
    },
)


def a_profile(system, name):
    """Of an account in one of the three systems, or of an LDAP entry with this DN."""
    if system == DIRECTORY:
        return Profile(DIRECTORY, name, "LDAP entry", is_account=False)
    return Profile(system, name, f"{system.title()}: {name}")


ENTRY = a_profile(DIRECTORY, a_dn().text)


def a_report(*cases, **of):
    return Report.of(a_run(*cases, command="report", **of), INTEGRATIONS, SETTINGS)


QUEUE = (
    a_case(
        1,
        Verdict.HOLD,
        evidence=(
            Evidence("Toolforge member", Kind.TRUST, DIRECTORY, No("ada is no member")),
            Evidence("Staff", Kind.TRUST, DIRECTORY, Yes("a member")),
        ),
        judgement=Judgement(Verdict.HOLD, (), "Nobody.", "this helps: more"),
        profiles=(ENTRY,),
    ),
    a_case(
        2,
        Verdict.VETO,
        judgement=Judgement(Verdict.VETO, ("Staff",), "Trusted as Staff, but it is locked."),
        evidence=(
            Evidence("Staff", Kind.TRUST, DIRECTORY, Yes("one of us")),
            Evidence("Toolforge member", Kind.TRUST, DIRECTORY, No("no member")),
            Evidence("Locked", Kind.VETO, DIRECTORY, Yes("it is locked")),
            Evidence("Inactive", Kind.VETO, DIRECTORY, Unknown("it is down")),
        ),
        profiles=(ENTRY, a_profile(GERRIT, "ada")),
    ),
    a_case(3, Verdict.APPROVE),
)
"""Somebody partly trusted, somebody with a veto, and somebody whom the next run lets in."""
