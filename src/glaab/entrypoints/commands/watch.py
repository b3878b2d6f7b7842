"""`glaab watch`: the service."""

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from socket import socket

import structlog

from glaab.domain.newcomers import WatchMemory
from glaab.entrypoints.runtime.bootstrap import App, Options, attempt, bootstrap
from glaab.entrypoints.runtime.logs import configure_logs
from glaab.entrypoints.runtime.runner import warn_of_exposed_env_file
from glaab.entrypoints.watching.announcements import Announcements
from glaab.entrypoints.watching.apps import Apps
from glaab.entrypoints.watching.health import Health
from glaab.entrypoints.watching.listener import listen
from glaab.entrypoints.watching.loop import WatchLoop
from glaab.entrypoints.watching.metrics import WatchMetrics
from glaab.entrypoints.watching.reporter import Reporter
from glaab.entrypoints.watching.schedule import Schedule
from glaab.entrypoints.watching.services import notify_problems

log = structlog.get_logger()


def watch(options: Options, duration_s: float = math.inf) -> int:
    """Look for newcomers and run fully until a signal comes or the time is over; the exit code."""
    settings, address = options.settings, options.settings.glaab_listen
    sock, not_listening = attempt(lambda: listen(address) if address else None)
    with ExitStack() as stack:
        if sock:
            stack.enter_context(sock)
        app = bootstrap(options, mode="act", besides=(*not_listening, *notify_problems(settings)))
        configure_logs(options, app.run)
        warn_of_exposed_env_file(app)
        loop = compose_loop(app, time.monotonic, time.sleep)
        if sock:
            stack.enter_context(serve_loop(sock, loop))
        log.info(
            "watch_started",
            look_every_s=settings.glaab_look_every_s,
            run_every_s=settings.glaab_run_every_s,
            **({"listen": str(address)} if sock else {}),
        )
        return loop.run(duration_s)


def serve_loop(sock: socket, loop: WatchLoop) -> AbstractContextManager[None]:
    """Serve the metrics and the health of *loop*."""
    from glaab.entrypoints.watching.pages import pages
    from glaab.entrypoints.watching.server import serving

    return serving(sock, pages(loop.reporter.metrics.registry, lambda: loop.health.problem))


def compose_loop(app: App, clock: Callable[[], float], sleep: Callable[[float], None]) -> WatchLoop:
    """The loop, which nothing has begun yet; *clock* gives seconds, and nobody sets it."""
    settings, started_at = app.settings, app.container.clock()()
    return WatchLoop(
        apps=Apps(app=app),
        schedule=Schedule(
            look_every_s=settings.glaab_look_every_s, run_every_s=settings.glaab_run_every_s
        ),
        health=Health(clock),
        reporter=Reporter(
            metrics=WatchMetrics(app.options.systems),
            announcements=Announcements(
                gitlab_url=settings.gitlab_url,
                started_at=started_at,
                holds=settings.glaab_notify_holds,
                approvals=settings.glaab_notify_approvals,
                outage_after_s=settings.glaab_run_every_s,
            ),
        ),
        memory=WatchMemory.at_start(started_at),
        clock=clock,
        sleep=sleep,
    )
