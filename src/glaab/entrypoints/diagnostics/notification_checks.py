"""Whether those who are to be told can be told: one test message, sent only if that is asked."""

from collections.abc import Iterator

from glaab.domain.diagnostics import Finding, ok, problem
from glaab.entrypoints.diagnostics.settings_checks import Titled
from glaab.entrypoints.runtime.bootstrap import App
from glaab.entrypoints.watching.notifier import Delivery, Notifier
from glaab.entrypoints.watching.services import notify_problems

_TEST_MESSAGE = (
    "This is a test message of glaab doctor. Nothing has happened, and nothing is to do."
)


def check_notifications(app: App) -> Iterator[Titled]:
    """Send the test message to each address of GLAAB_NOTIFY_URLS, and say what became of it."""
    for finding in _deliveries(app):
        yield "GLAAB_NOTIFY_URLS", finding


def _deliveries(app: App) -> Iterator[Finding]:
    settings = app.settings
    if settings.glaab_world:
        remedy = "ask without --notify, or without --world and GLAAB_WORLD"
        yield problem("no test message was sent, because a world contacts nobody", remedy)
    elif not settings.glaab_notify_urls:
        remedy = "set it as docs/settings.md says, or ask without --notify"
        yield problem("no test message was sent, because nobody is named", remedy)
    elif notify_problems(settings):
        yield problem("no test message was sent, because an address is wrong", "mend that first")
    else:
        notifier = Notifier.of(settings, app.container.timeouts())
        yield from map(_finding, notifier.send([_TEST_MESSAGE]))


def _finding(delivery: Delivery) -> Finding:
    if not delivery.trouble:
        return ok(f"a test message was delivered to {delivery.address}")
    return problem(
        f"no test message was delivered to {delivery.address}: {delivery.trouble}",
        "see that the address is right, and that what it names can be reached; the command apprise"
        " with this address and -vv says more",
    )
