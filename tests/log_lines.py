"""Lines of the wiki's log page, for tests that are not about their wording."""

import html
import re

from glaab.adapters.mediawiki.log_line import format_line
from glaab.domain.accounts import Username
from tests.builders import GITLAB_URL, a_record

_NAME = re.compile(r"^\* [0-9]{2}:[0-9]{2} \[[^\n]*?[| ]@([^\]\n]*)\]", re.MULTILINE)


def a_log_line(
    username: str, *rules: str, when: str = "HH:MM", gitlab_url: str = GITLAB_URL, **changes: object
) -> str:
    """What an approval at *when* is logged as, by default of a Toolforge member."""
    because = rules or ("Toolforge member",)
    record = a_record(username=Username(username), because=because, **changes)
    _, _, line = format_line(record, gitlab_url).split(" ", 2)
    return f"* {when} {line}"


def usernames_on(page: str) -> tuple[str, ...]:
    """Who is approved on a log page, as its readers see it, sorted."""
    return tuple(sorted(map(html.unescape, _NAME.findall(page))))
