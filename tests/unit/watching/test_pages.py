"""The pages of the service, as a WSGI server asks for them."""

import gzip
from wsgiref.util import setup_testing_defaults

import attrs
import pytest
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.parser import text_string_to_metric_families

from glaab.entrypoints.watching.pages import pages


@attrs.frozen
class Answer:
    status: str
    headers: dict[str, str]
    body: bytes


@pytest.fixture
def metrics():
    registry = CollectorRegistry()
    Gauge("glaab_pending", "Accounts that waited.", registry=registry).set(7)
    return registry


def ask(application, path, method="GET", **variables) -> Answer:
    """What *application* answers; it is closed as a server would."""
    environ = {"PATH_INFO": path, "REQUEST_METHOD": method, **variables}
    setup_testing_defaults(environ)
    started = []

    body = application(environ, lambda status, headers: started.append((status, headers)))

    ((status, headers),) = started
    assert len(headers) == len(dict(headers))
    return Answer(status, dict(headers), b"".join(body))


def is_well() -> None:
    """The health of a service that is well."""


def gives_up() -> str:
    raise LookupError("/etc/glaab/made-up-secret")


class GivesUp:
    def collect(self):
        gives_up()


def test_metrics_are_prometheus_text(metrics):
    answer = ask(pages(metrics, is_well), "/metrics")

    assert "200 OK" == answer.status
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    (family,) = text_string_to_metric_families(answer.body.decode())
    assert ("glaab_pending", 7) == (family.name, family.samples[0].value)


def test_metrics_are_those_of_the_moment(metrics):
    application = pages(metrics, is_well)
    ask(application, "/metrics")

    Gauge("glaab_later", "Made after the first answer.", registry=metrics).set(1)

    assert b"glaab_later 1.0" in ask(application, "/metrics").body


def test_metrics_are_openmetrics_to_who_prefers_that(metrics):
    answer = ask(
        pages(metrics, is_well),
        "/metrics",
        HTTP_ACCEPT="application/openmetrics-text;version=1.0.0;q=0.9,text/plain;q=0.1",
    )

    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.body.endswith(b"# EOF\n")


def test_metrics_are_compressed_for_who_can_read_it(metrics):
    answer = ask(pages(metrics, is_well), "/metrics", HTTP_ACCEPT_ENCODING="gzip")

    assert "gzip" == answer.headers["Content-Encoding"]
    assert b"glaab_pending 7.0" in gzip.decompress(answer.body)


@pytest.mark.parametrize(
    "value",
    [
        "\xff",
        ";;;,,,",
        "a" * 8000,
        "application/openmetrics-text;version=x",
        "application/openmetrics-text;version=1.x;escaping=y",
        "text/plain;version=" + "9" * 5000,
        "name[]=x&name[]&%ff",
    ],
)
def test_nothing_that_a_client_asks_for_makes_metrics_fail(metrics, value, capsys):
    answer = ask(
        pages(metrics, is_well),
        "/metrics",
        HTTP_ACCEPT=value,
        HTTP_ACCEPT_ENCODING=value,
        QUERY_STRING=value,
    )

    assert "200 OK" == answer.status
    assert "" == capsys.readouterr().err


def test_a_service_that_is_well_is_ok(metrics):
    answer = ask(pages(metrics, is_well), "/healthz")

    assert ("200 OK", b"ok\n") == (answer.status, answer.body)


def test_a_service_that_is_not_well_says_why(metrics):
    answer = ask(pages(metrics, lambda: "No look ended since 10:00 – GitLab?"), "/healthz")

    assert "503 Service Unavailable" == answer.status
    assert "No look ended since 10:00 – GitLab?\n" == answer.body.decode()


@pytest.mark.parametrize(
    "path", ["", "/", "/metrics/", "/Metrics", "/healthz/x", "*", "/favicon.ico"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_there_is_no_other_page(metrics, path, method):
    answer = ask(pages(metrics, is_well), path, method)

    assert "404 Not Found" == answer.status
    assert b"There are /metrics and /healthz.\n" == answer.body


@pytest.mark.parametrize("path", ["/metrics", "/healthz"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "X"])
def test_there_is_no_other_method(metrics, path, method):
    answer = ask(pages(metrics, is_well), path, method)

    assert "405 Method Not Allowed" == answer.status
    assert ("GET", b"Use GET.\n") == (answer.headers["Allow"], answer.body)


def test_head_is_another_method_and_gets_no_body(metrics):
    answer = ask(pages(metrics, is_well), "/healthz", "HEAD")

    assert "405 Method Not Allowed" == answer.status
    assert ("9", b"") == (answer.headers["Content-Length"], answer.body)


@pytest.mark.parametrize("path", ["/metrics", "/healthz"])
def test_a_bug_is_shown_to_the_operator_and_not_to_the_client(path, capsys):
    registry = CollectorRegistry(auto_describe=False)
    registry.register(GivesUp())

    answer = ask(pages(registry, gives_up), path)

    assert "500 Internal Server Error" == answer.status
    assert b"A bug in glaab: see its messages.\n" == answer.body
    assert "LookupError: /etc/glaab/made-up-secret\n" in capsys.readouterr().err


@pytest.mark.parametrize("path", ["/metrics", "/healthz", "/other"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_page_is_to_be_kept(metrics, path, method):
    answer = ask(pages(metrics, is_well), path, method)

    assert "no-store" == answer.headers["Cache-Control"]
    assert "nosniff" == answer.headers["X-Content-Type-Options"]
