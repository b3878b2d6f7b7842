"""The report as one page that stands alone: nothing is fetched, and it works without scripts."""

from base64 import b64encode
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from glaab.adapters.record_json import moment
from glaab.domain.errors import GITLAB
from glaab.domain.policy import Verdict
from glaab.entrypoints.render.charts import charts
from glaab.entrypoints.render.escaping import escape_control
from glaab.entrypoints.render.report import Mark, Report

VERDICTS = {
    Verdict.APPROVE: "trusted, and held back by the safety brake alone",
    Verdict.WAIT: "a system gave no usable answer; the next run looks again",
    Verdict.VETO: "trusted, but something speaks against it, so a person decides",
    Verdict.HOLD: "nobody vouches for this person yet, or who it is has not been proven",
}
_SIGNS = {
    Mark.FOR: ("✓", "Speaks for it"),
    Mark.AGAINST: ("✕", "Speaks against it"),
    Mark.UNKNOWN: ("?", "Not known"),
    Mark.MISSING: ("–", "Not found"),
}
_SCHEMES = frozenset({"http", "https", "ldap", "ldaps"})


def as_html(report: Report) -> str:
    """The whole page."""
    result = report.result
    present = {row.case.judgement.verdict for row in report.rows}
    style, script = map(_shipped, ("report.css", "report.js"))
    return _template().render(
        result=result,
        rows=report.rows,
        counts=result.counts,
        verdicts={verdict: text for verdict, text in VERDICTS.items() if verdict in present},
        is_read=GITLAB not in result.plan.outages,
        host=report.gitlab_host,
        charts=charts(result),
        signs=_SIGNS,
        style=style,
        script=script,
        allowed=f"style-src {_digest(style)}; script-src {_digest(script)}",
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("glaab.entrypoints.render", ""),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"address": _address, "moment": moment, "day": _day, "age": _age}
    return environment.get_template("report.html")


def _visible(value: object) -> object:
    """What a template puts out: text so that nothing in it is invisible or moves the rest."""
    is_foreign = isinstance(value, str) and not isinstance(value, Markup)
    return escape_control(str(value)) if is_foreign else value


def _address(url: str) -> Markup:
    """An address that was made here, whole however long it is; it leads to no script."""
    return escape(url if urlsplit(url).scheme in _SCHEMES else "")


def _day(at: datetime) -> str:
    return f"{at.astimezone(UTC):%-d %B %Y}"


def _age(days: int) -> str:
    return {0: "today", 1: "1 day"}.get(days, f"{days:,} days")


def _shipped(name: str) -> Markup:
    """A file of our own, as it is."""
    return Markup(files(__package__).joinpath(name).read_text(encoding="utf-8"))  # noqa: S704


def _digest(text: str) -> Markup:
    """How a browser knows that a style or script is ours."""
    return Markup(f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'")  # noqa: S704
