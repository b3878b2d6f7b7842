"""The answers of MediaWiki's action API that `glaab doctor` reads."""

from typing import Any

import attrs

_RIGHT_FOR = {"autoconfirmed": "editsemiprotected", "sysop": "editprotected"}
"""The right that a level of protection asks for, where the two differ in name."""


@attrs.frozen(kw_only=True)
class User:
    """The account that the credentials belong to."""

    name: str
    anon: str | None = None
    rights: tuple[str, ...] | None = None
    blockreason: str | None = None
    blockedby: str = ""
    blockpartial: str | None = None


@attrs.frozen
class UserInfo:
    """Of `meta=userinfo`."""

    userinfo: User


@attrs.frozen
class _Protection:
    type: str
    level: str


@attrs.frozen(kw_only=True)
class Page:
    """The log page, without its text."""

    missing: str | None = None
    invalid: str | None = None
    special: str | None = None
    redirect: str | None = None
    contentmodel: str | None = None
    protection: tuple[_Protection, ...] = ()
    actions: dict[str, tuple[dict[str, Any], ...]] | None = None

    def protection_from(self, rights: tuple[str, ...] | None) -> tuple[str, ...]:
        """The protections of the page that *rights* do not overcome; none if those are unknown."""
        if rights is None:
            return ()
        action = "edit" if self.missing is None else "create"
        return tuple(
            f"it is protected: to {action} it takes the right {right}"
            for each in self.protection
            if each.type == action
            if (right := _RIGHT_FOR.get(each.level, each.level)) not in rights
        )


@attrs.frozen
class Pages:
    """Of `prop=info`."""

    pages: dict[str, Page] = attrs.field(factory=dict)


@attrs.frozen
class _General:
    readonly: str | None = None
    readonlyreason: str = ""


@attrs.frozen
class SiteInfo:
    """Of `meta=siteinfo`."""

    general: _General
