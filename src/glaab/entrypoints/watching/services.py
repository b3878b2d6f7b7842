"""The services that apprise knows by their addresses; apprise itself is an extra."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from glaab.settings.core import Settings
from glaab.settings.values import SecretUrls

if TYPE_CHECKING:
    from apprise import NotifyBase

_TITLE = "glaab"
_NOT_INSTALLED = "it needs the package apprise; pip install 'glaab[notify]', or unset it"
_NOT_UNDERSTOOD = "none that apprise understands; see https://github.com/caronc/apprise"


def addresses_to_tell(settings: Settings) -> SecretUrls | None:
    """Whoever is to be told; beside a world in memory nobody is."""
    return None if settings.glaab_world else settings.glaab_notify_urls


def notify_problems(settings: Settings) -> tuple[str, ...]:
    """What is wrong with GLAAB_NOTIFY_URLS, as `VARIABLE: what; what to do`; asks nobody."""
    urls = addresses_to_tell(settings)
    addresses = urls.parts if urls else ()
    try:
        with silent_destructors():
            understood = [_service(address) is not None for address in addresses]
    except ImportError:
        return (f"GLAAB_NOTIFY_URLS: {_NOT_INSTALLED}",)
    return tuple(
        f"GLAAB_NOTIFY_URLS: address {place} of {len(understood)} is {_NOT_UNDERSTOOD}"
        for place, is_understood in enumerate(understood, 1)
        if not is_understood
    )


def is_delivered(address: str, message: str) -> bool:
    """True if the service at *address* says so; every error of apprise is a no."""
    try:
        from apprise import NotifyFormat, OverflowMode

        if (service := _service(address)) is None:
            return False
        # rather in parts than refused for its length, unless the address says otherwise
        is_default = service.overflow_mode is OverflowMode.UPSTREAM
        return bool(
            service.notify(
                title=_TITLE,
                body=message,
                body_format=NotifyFormat.TEXT,
                overflow=OverflowMode.SPLIT if is_default else None,
            )
        )
    except Exception:  # noqa: BLE001  # a hundred plugins, each with errors of its own
        return False


def _service(address: str) -> "NotifyBase | None":
    """
    The service at *address*; None if apprise does not understand it.

    It is used itself, and not through `Apprise.notify`: so it sends in this thread, and retries
    nothing. As in the command `apprise` there is a new one for each message, and no session
    outlives it.
    """
    from apprise import Apprise, AppriseAsset, PersistentStoreMode

    asset = AppriseAsset(
        app_id="glaab",  # also the User-Agent
        app_desc="GitLab Account Approval Bot",
        async_mode=False,
        http_redirects=False,
        interpret_emojis=False,
        interpret_escapes=False,
        pem_autogen=False,
        pgp_autogen=False,
        storage_mode=PersistentStoreMode.MEMORY,
    )
    return Apprise.instantiate(address, asset=asset)


@contextmanager
def silent_destructors() -> Iterator[None]:
    """Have nobody told of errors in destructors: services log out there, and errors name them."""
    before, sys.unraisablehook = sys.unraisablehook, lambda _: None
    try:
        yield
    finally:
        sys.unraisablehook = before
