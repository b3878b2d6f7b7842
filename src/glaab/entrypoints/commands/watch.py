"""`glaab watch`: the service."""

import math
import time

import structlog

from glaab.domain.newcomers import WatchMemory
from glaab.entrypoints.runtime.bootstrap import App, Options, bootstrap
from glaab.entrypoints.runtime.logs import configure_logs
from glaab.entrypoints.runtime.redaction import Redactor, redacted
from glaab.entrypoints.runtime.runner import warn_of_exposed_env_file
from glaab.entrypoints.watching.apps import Apps
from glaab.entrypoints.watching.health import Health
from glaab.entrypoints.watching.loop import WatchLoop
from glaab.entrypoints.watching.metrics import WatchMetrics
from glaab.entrypoints.watching.reporter import Reporter
from glaab.entrypoints.watching.schedule import Schedule

log = structlog.get_logger()


def watch(options: Options, duration_s: float = math.inf) -> int:
    """Look for newcomers and run fully until a signal comes or the time is over; the exit code."""
    app = bootstrap(options, mode="act")
    configure_logs(options, app.run)
    warn_of_exposed_env_file(app)
    settings = options.settings
    health, metrics = Health(time.monotonic), WatchMetrics(options.systems)
    log.info(
        "watch_started",
        look_every_s=settings.glaab_look_every_s,
        run_every_s=settings.glaab_run_every_s,
    )
    with redacted(settings) as redactor:
        return loop(app, redactor, health, metrics).run(duration_s)


def loop(app: App, redactor: Redactor, health: Health, metrics: WatchMetrics) -> WatchLoop:
    """The loop in real time."""
    settings = app.settings
    return WatchLoop(
        apps=Apps(app=app, redactor=redactor),
        schedule=Schedule(
            look_every_s=settings.glaab_look_every_s, run_every_s=settings.glaab_run_every_s
        ),
        health=health,
        reporter=Reporter(metrics=metrics),
        memory=WatchMemory.at_start(app.started_at),
        clock=time.monotonic,
        sleep=time.sleep,
    )
