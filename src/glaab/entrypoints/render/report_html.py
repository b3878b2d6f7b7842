"""The report as one page that stands alone: nothing is fetched, and it works without scripts."""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
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

VERDICTS = {
    Verdict.APPROVE: "trusted, and held back by the safety brake alone",
    Verdict.VETO: "trusted, but something speaks against it, so a person decides",
    Verdict.HOLD: "nobody vouches for this person yet, or who it is has not been proven",
    Verdict.WAIT: "a system gave no answer, or none that can be used; the next run looks again",
}
RECHECK_VERDICTS = {
    Verdict.VETO: "still trusted, but something speaks against it",
    Verdict.HOLD: "no rule trusts this person any more, or the identity is another, or not proven",
    Verdict.WAIT: "a system gave no answer, or none that can be used, so this is not known",
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
_NO_AGE = "not known"
_MAX_WIDTH = 150


def as_html(report: Report) -> str:
    """The whole page."""
    result = report.result
    present = {row.case.judgement.verdict for row in report.rows}
    style, script = map(_shipped, ("report.css", "report.js"))
    words = RECHECK_VERDICTS if report.is_recheck else VERDICTS
    verdicts = {verdict: text for verdict, text in words.items() if verdict in present}
    return _template("recheck.html" if report.is_recheck else "report.html").render(
        result=result,
        rows=report.rows,
        causes=report.causes,
        counts=result.counts,
        verdicts=verdicts,
        host=urlsplit(report.gitlab_url).netloc,
        ages=_bars(_AGES, map(_age_group, (row.age_days for row in report.rows))),
        decisions=_bars(verdicts, (row.case.judgement.verdict for row in report.rows)),
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
    environment.filters |= {"age_group": _age_group, "number": "{:,}".format}
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


def _age_group(days: int | None) -> str:
    return _NO_AGE if days is None else next(age for age, end in _AGES.items() if days < end)


def _bars(labels: Iterable[str], members: Iterable[str]) -> list[tuple[str, int, int]]:
    """Each label, its count, and its bar's width in the picture; what is there can be seen."""
    counts = Counter(dict.fromkeys(labels, 0))
    counts.update(members)  # also what has no label among those
    most = max(counts.values(), default=0) or 1
    return [
        (label, count, max(2, round(count * _MAX_WIDTH / most)) if count else 0)
        for label, count in counts.items()
    ]
