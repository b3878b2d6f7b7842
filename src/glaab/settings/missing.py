"""What a run needs that is not set, and what is set and cannot be used."""

import re
from collections.abc import Collection, Iterator

from glaab.settings.core import OAUTH, Fields, Settings, fields_by_variable
from glaab.settings.values import SourceSettings

_TOKEN = re.compile("[!-~]+")
"""What a header of HTTP takes and keeps; of spaces at an end it does neither."""


def missing_settings(
    settings: Settings, used: Collection[type[SourceSettings]], *, acting: bool
) -> tuple[str, ...]:
    """What a run lacks (*acting*: an audit log, too), and settings that do not go together."""
    return (
        *_credentials(settings, used),
        *(_audit_logs(settings) if acting else ()),
        *_left_to_wikimedia(settings, used, acting=acting),
        *(text for source in used for text in settings.of(source).problems()),
    )


def _credentials(settings: Settings, used: Collection[type[SourceSettings]]) -> Iterator[str]:
    if not settings.gitlab_access_token:
        yield (
            "GITLAB_ACCESS_TOKEN: needed; create an administrator's token with scope api"
            " (and admin_mode where Admin Mode is on)"
        )
    elif not _TOKEN.fullmatch(settings.gitlab_access_token.reveal()):
        yield "GITLAB_ACCESS_TOKEN: it contains a letter that no token has; copy it again"
    for source in map(settings.of, used):
        for name, field in fields_by_variable(type(source)).items():
            if (required := field.metadata["required"]) and getattr(source, field.name) is None:
                yield f"{name}: needed by the policy; {required}"


def _audit_logs(settings: Settings) -> Iterator[str]:
    missing = [name for name in OAUTH if not settings.values[name]]
    if not settings.mediawiki_log_page:
        if not settings.glaab_audit_file:
            yield (
                "MEDIAWIKI_LOG_PAGE, GLAAB_AUDIT_FILE: approvals must be logged somewhere;"
                " set at least one"
            )
    elif settings.mediawiki_user or settings.mediawiki_password:
        if len(missing) < len(OAUTH):
            yield "MEDIAWIKI_USER: set the OAuth consumer or the bot password, not both"
        if not (settings.mediawiki_user and settings.mediawiki_password):
            yield "MEDIAWIKI_USER, MEDIAWIKI_PASSWORD: a bot password needs both"
    elif missing:
        yield (
            f"{', '.join(missing)}: needed for the wiki log; set them, or MEDIAWIKI_USER"
            " and MEDIAWIKI_PASSWORD, or an empty MEDIAWIKI_LOG_PAGE to go without a wiki log"
        )


def _left_to_wikimedia(
    settings: Settings, used: Collection[type[SourceSettings]], *, acting: bool
) -> Iterator[str]:
    """The addresses that would still be Wikimedia's beside one that is not."""
    needed = {"GITLAB_URL", *addresses(used)}
    if acting and settings.mediawiki_log_page:
        needed.add("MEDIAWIKI_URL")
    values = settings.values
    moved = [
        name
        for name, field in addresses((Settings, *settings.sources)).items()
        if field.metadata["is_moved"](values[name], field.default)
    ]
    why = "its default is Wikimedia's, and nothing of yours should be sent there"
    for name in sorted(needed - settings.are_set) if moved else ():
        yield f"{name}: needed because {min(moved)} is set: {why}"


def addresses(groups: Collection[type]) -> Fields:
    """The fields that say whom to ask, by variable."""
    fields = fields_by_variable(*groups).items()
    return {name: field for name, field in fields if field.metadata.get("is_moved")}
