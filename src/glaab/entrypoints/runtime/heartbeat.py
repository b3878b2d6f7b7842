"""The heartbeat: a GET that lets a monitoring service know how `approve` ended."""

from collections.abc import Callable

import requests
import structlog

from glaab.adapters.http.errors import (
    describe_transport_error,
    normalize_requests_errors,
    refuse_answer_of_proxy,
)
from glaab.adapters.http.session import no_netrc
from glaab.adapters.http.timeouts import TimeoutPolicy
from glaab.entrypoints.runtime.connect import user_agent
from glaab.entrypoints.runtime.shutdown import enforce_deadlines
from glaab.settings.core import Settings

log = structlog.get_logger()

_LONGEST_S = 10
"""It is not worth that newcomers wait for it."""


def with_heartbeat(settings: Settings, run: Callable[[], int]) -> int:
    """The exit code of *run*, sent to GLAAB_HEARTBEAT_URL; an error of *run* counts as 1."""
    code = 1
    try:
        code = run()
        return code
    finally:
        if settings.glaab_heartbeat_url and not settings.glaab_world:
            _send(settings.glaab_heartbeat_url.reveal(), settings, code)


def _send(url: str, settings: Settings, code: int) -> None:
    """GET *url* if *code* is 0, else *url* with `/fail` after its path."""
    if code != 0:
        path, mark, query = url.partition("?")
        url = f"{path.rstrip('/')}/fail{mark}{query}"
    timeouts = TimeoutPolicy(timeout_s=min(settings.glaab_timeout_s, _LONGEST_S))
    if code >= 128:  # a signal ended it
        timeouts.shorten()
    deadline = timeouts.deadline(timeouts.timeout_s)
    try:
        with enforce_deadlines(timeouts), normalize_requests_errors(url), deadline:
            # no `HttpSession`: that logs addresses, and this one is a secret in each of its forms
            response = requests.get(
                url,
                headers={"User-Agent": user_agent(settings)},
                timeout=timeouts.timeout_s,
                allow_redirects=False,
                auth=no_netrc,
                stream=True,  # the body is not read: it may never end
            )
            response.close()
            refuse_answer_of_proxy(response, url)
    except requests.RequestException as error:
        log.warning("heartbeat_not_sent", reason=describe_transport_error(error))
    else:
        if not 200 <= response.status_code < 300:
            log.warning("heartbeat_not_sent", reason=f"it answered HTTP {response.status_code}")
