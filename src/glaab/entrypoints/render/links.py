"""Where a person can look for themselves: the addresses of what is known about an account."""

from collections.abc import Iterator

import attrs

from glaab.adapters.integration import Integrations, segment
from glaab.domain.review import Case
from glaab.settings.core import Settings


@attrs.frozen(kw_only=True)
class Link:
    """An address, made here of parts that are all percent-encoded."""

    kind: str
    """`gitlab_admin`, `gitlab_profile`, or the system that knows the person."""
    title: str
    url: str


def account_links(case: Case, integrations: Integrations, settings: Settings) -> Iterator[Link]:
    """What there is to look at; nothing is guessed."""
    gitlab = settings.gitlab_url.rstrip("/")
    if name := segment(case.account.username):
        admin = f"{gitlab}/admin/users/{name}"
        yield Link(kind="gitlab_admin", title="GitLab admin page", url=admin)
        yield Link(kind="gitlab_profile", title="GitLab profile", url=f"{gitlab}/{name}")
    by_name = {each.name: each for each in integrations}
    for profile in case.profiles:
        integration = by_name[profile.system]
        if url := integration.profile_url(settings.of(integration.settings), profile):
            yield Link(kind=profile.system, title=profile.title, url=url)
