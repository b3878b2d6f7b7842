"""The report as one page that stands alone: nothing is fetched, and it works without scripts."""

from base64 import b64encode
from collections import Counter
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from glaab.adapters.record_json import moment
from glaab.domain.policy import Verdict
from glaab.entrypoints.render.escaping import escape_control
from glaab.entrypoints.render.report import Report
from glaab.entrypoints.render.report_row import Mark
from glaab.entrypoints.runtime.result import RunResult

VERDICTS = {
    Verdict.APPROVE: "trusted, and held back by the safety brake alone",
    Verdict.WAIT: "a system gave no answer, or none that can be used; the next run looks again",
    Verdict.VETO: "trusted, but something speaks against it, so a person decides",
    Verdict.HOLD: "nobody vouches for this person yet, or who it is has not been proven",
}
RECHECK_VERDICTS = {
    Verdict.WAIT: "a system gave no answer, or none that can be used, so this is not known",
    Verdict.VETO: "still trusted, but something speaks against it",
    Verdict.HOLD: "no rule trusts this person any more, or who it is, is not proven or another now",
}
_SIGNS = {
    Mark.FOR: ("✓", "Speaks for it"),
    Mark.AGAINST: ("✕", "Speaks against it"),
    Mark.UNKNOWN: ("?", "Not known"),
    Mark.MISSING: ("–", "Not found"),
}
_AGES = {
    "today": 1,
    "1 to 6 days": 7,
    "1 to 4 weeks": 30,
    "1 to 3 months": 91,
    "3 to 12 months": 365,
    "over a year": float("inf"),
}
"""Each with the first day that is too old for it."""
_MAX_WIDTH = 150


def as_html(report: Report) -> str:
    """The whole page."""
    result = report.result
    present = {row.case.judgement.verdict for row in report.rows}
    style, script = map(_shipped, ("report.css", "report.js"))
    words = RECHECK_VERDICTS if report.is_recheck else VERDICTS
    return _template("recheck.html" if report.is_recheck else "report.html").render(
        result=result,
        rows=report.rows,
        causes=report.causes,
        counts=result.counts,
        verdicts={verdict: text for verdict, text in words.items() if verdict in present},
        host=urlsplit(report.gitlab_url).netloc,
        ages=_bars(_ages(result)),
        decisions=_bars({verdict: result.counts[verdict] for verdict in VERDICTS}),
        signs=_SIGNS,
        style=style,
        script=script,
        allowed=f"style-src {_digest(style)}; script-src {_digest(script)}",
    )


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("glaab.entrypoints.render", ""),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    day = "{:%-d %B %Y}".format
    environment.filters |= {"address": _address, "moment": moment, "day": day, "age": _age}
    return environment.get_template(name)


def _visible(value: object) -> object:
    """What a template puts out: text so that nothing in it is invisible or moves the rest."""
    is_foreign = isinstance(value, str) and not isinstance(value, Markup)
    return escape_control(str(value)) if is_foreign else value


def _address(url: str) -> Markup:
    """An address that was made here, whole however long it is; it leads to no script."""
    return escape(url if urlsplit(url).scheme in {"http", "https", "ldap", "ldaps"} else "")


def _age(days: int | None) -> str:
    if days is None:
        return "nobody knows"
    return {0: "today", 1: "1 day"}.get(days, f"{days:,} days")


def _shipped(name: str) -> Markup:
    """A file of our own, as it is."""
    return Markup(files(__package__).joinpath(name).read_text(encoding="utf-8"))  # noqa: S704


def _digest(text: str) -> str:
    """How a browser knows that a style or script is ours."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _ages(result: RunResult) -> dict[str, int]:
    """How long everybody has waited who is pending, also those whom the next run lets in."""
    made = [case.account.created_at for case in result.plan.cases]
    waits = [(result.started_at - each).days for each in made if each]
    ages = Counter(next(age for age, end in _AGES.items() if days < end) for days in waits)
    return {age: ages[age] for age in _AGES}


def _bars(counts: Mapping[str, int]) -> list[tuple[str, int, int]]:
    """Each label, its count, and its bar's width in the picture; what is there can be seen."""
    most = max(counts.values()) or 1
    return [
        (label, count, max(2, round(count * _MAX_WIDTH / most)) if count else 0)
        for label, count in counts.items()
    ]
