"""A real proxy that refuses, as each system behind it tells of it; nothing leaves the loopback."""

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SETTINGS = {
    "GITLAB_URL": "https://gitlab.example",
    "GITLAB_ACCESS_TOKEN": "glpat-0123456789",
    "LDAP_SERVERS": "ldap://127.0.0.1:1",
    "LDAP_BASE_DN": "dc=example,dc=org",
    "PHABRICATOR_URL": "https://phabricator.example",
    "PHABRICATOR_TOKEN": "api-0123456789",
    "GERRIT_URL": "https://gerrit.example",
    "GERRIT_PASSWORD": "gerrit-0123456789",
    "MEDIAWIKI_URL": "https://wiki.example/w/",
    "MEDIAWIKI_USER": "bot@glaab",
    "MEDIAWIKI_PASSWORD": "wiki-0123456789",
    "GLAAB_TIMEOUT_S": "5",
}
KEYCLOAK = {
    "GLAAB_POLICY": str(EXAMPLES / "policy-keycloak.toml"),
    "KEYCLOAK_URL": "https://keycloak.example",
    "KEYCLOAK_REALM": "example",
    "KEYCLOAK_CLIENT_ID": "glaab",
    "KEYCLOAK_CLIENT_SECRET": "keycloak-0123456789",
}
PROGRAM = "from glaab.entrypoints.cli import main; main()"
WITHOUT_PYSOCKS = f"import sys; sys.modules['socks'] = None; {PROGRAM}"


def outages(folder, program=PROGRAM, **variables):
    """What `glaab doctor` says of each system that it could not reach, and all of its output."""
    inherited = {
        name: text
        for name, text in os.environ.items()
        if name == "PATH" or name.startswith(("COVERAGE_", "PYTHON"))
    }
    done = subprocess.run(
        [sys.executable, "-c", program, "doctor", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=inherited | SETTINGS | variables,
    )
    assert 3 == done.returncode, done.stderr
    systems = json.loads(done.stdout)["systems"]
    assert "s3cret" not in done.stdout + done.stderr
    return {name: system["reason"] for name, system in systems.items() if "reason" in system}


@contextmanager
def refusing_port():
    """An address where nobody listens: it is bound, so that nobody else takes it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@contextmanager
def proxy_that_wants_credentials():
    """Answers everything with 407."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:  # it is closed
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(
                        b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                        b"Proxy-Authenticate: Basic realm=proxy\r\nContent-Length: 0\r\n\r\n"
                    )

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("policy", "systems"),
    [
        ({}, ("gitlab", "phabricator", "gerrit", "audit_log")),
        (KEYCLOAK, ("gitlab", "keycloak", "audit_log")),
    ],
    ids=["built-in", "keycloak"],
)
class TestOfEachSystem:
    def test_a_proxy_that_wants_credentials(self, tmp_path, policy, systems):
        with proxy_that_wants_credentials() as address:
            found = outages(tmp_path, **policy, HTTPS_PROXY=f"http://user:s3cret@{address}")

        why = f"the proxy http://{address} asks for valid credentials (HTTP 407): see HTTPS_PROXY"
        assert dict.fromkeys(systems, why) == {name: found[name] for name in systems}

    def test_a_proxy_that_cannot_be_reached(self, tmp_path, policy, systems):
        with refusing_port() as address:
            found = outages(tmp_path, **policy, all_proxy=f"http://user:s3cret@{address}")

        why = "([Errno 111] Connection refused): see all_proxy"
        why = f"no connection through the proxy http://{address} {why}"
        assert dict.fromkeys(systems, why) == {name: found[name] for name in systems}


def test_socks_without_pysocks(tmp_path):
    """It is an extra of requests, which glaab does not need."""
    found = outages(tmp_path, WITHOUT_PYSOCKS, ALL_PROXY="socks5h://user:s3cret@127.0.0.1:1")

    why = "the proxy socks5h://127.0.0.1:1 needs the Python package PySocks, which is not installed"
    assert f"{why}: see ALL_PROXY" == found["gitlab"]


def test_a_proxy_before_a_server_without_tls(tmp_path):
    """There the proxy answers in the place of the server."""
    with proxy_that_wants_credentials() as address:
        proxy = {"http_proxy": f"http://{address}"}
        found = outages(tmp_path, GITLAB_URL="http://127.0.0.1:1", **proxy)

    why = f"the proxy http://{address} asks for valid credentials (HTTP 407): see http_proxy"
    assert why == found["gitlab"]
