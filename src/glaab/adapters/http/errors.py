"""What goes wrong in HTTP: translated into the domain's errors, and described for people."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from glaab.adapters.http.proxies import Proxy, proxy_for
from glaab.adapters.redaction import quote
from glaab.domain.errors import System, Unreachable


class ProxyFailed(requests.exceptions.ProxyError):
    """The proxy let no request through; the text says which proxy, and why."""


@contextmanager
def normalize_requests_errors(url: str) -> Iterator[None]:
    """Turn other errors of requests (2.34) to *url* into its own, a proxy's into `ProxyFailed`."""
    try:
        yield
    except ProxyFailed:
        raise
    except requests.RequestException as error:
        if proxy_error := _proxy_error(error, url):
            raise proxy_error from error
        raise
    except TimeoutError as error:
        raise requests.ReadTimeout(str(error)) from error
    except OSError as error:  # REQUESTS_CA_BUNDLE names no file
        raise requests.ConnectionError(str(error).replace(": ", " ")) from error
    except ValueError as error:  # it parses `Location` even where redirects are not followed
        raise requests.exceptions.InvalidHeader(str(error)) from error


def refuse_answer_of_proxy(response: requests.Response, url: str) -> None:
    """Raise ProxyFailed if it was not the server at *url* that asks for credentials."""
    is_refused = response.status_code == requests.codes.proxy_authentication_required
    if is_refused and (proxy := proxy_for(url)):
        raise _refused_by(proxy)


def _proxy_error(error: requests.RequestException, url: str) -> ProxyFailed | None:
    """The same as an error of the proxy before *url*; None if it is not the proxy's."""
    proxy, cause = proxy_for(url), _innermost(error)
    if proxy is None:
        return None
    match error:
        case requests.exceptions.InvalidSchema():
            return ProxyFailed(
                f"the proxy {proxy.address} needs the Python package PySocks, which is not"
                f" installed: see {proxy.variable}"
            )
        case requests.exceptions.InvalidProxyURL():
            return ProxyFailed(f"{proxy.variable} is no address of a proxy: {proxy.address}")
        case requests.exceptions.InvalidURL() if cause is not error:  # else it is the server's
            return ProxyFailed(f"{proxy.variable} is no address of a proxy: {proxy.address}")
        case requests.exceptions.ProxyError() | requests.ConnectTimeout():
            return _not_connected(proxy, cause)
        case requests.ConnectionError() if isinstance(cause, NewConnectionError):  # through SOCKS
            return _not_connected(proxy, cause)
    return None


def _not_connected(proxy: Proxy, cause: BaseException) -> ProxyFailed:
    reason = _message(cause)
    if reason.startswith(f"{requests.codes.proxy_authentication_required} "):  # to CONNECT
        return _refused_by(proxy)
    if isinstance(cause, ConnectTimeoutError) and not isinstance(cause, NewConnectionError):
        reason = "not in time"
    return ProxyFailed(
        f"no connection through the proxy {proxy.address} ({reason}): see {proxy.variable}"
    )


def _refused_by(proxy: Proxy) -> ProxyFailed:
    return ProxyFailed(
        f"the proxy {proxy.address} asks for valid credentials (HTTP 407): see {proxy.variable}"
    )


@contextmanager
def translate_http_errors(system: System) -> Iterator[None]:
    """Raise `Unreachable` for every error of requests: it is not known that anybody answered."""
    try:
        yield
    except requests.RequestException as error:
        raise Unreachable(system, describe_transport_error(error)) from error


def describe_transport_error(error: requests.RequestException) -> str:
    """What went wrong in transit, for people: "it did not answer in time"."""
    match error:
        case ProxyFailed():
            return str(error)
        case requests.ConnectTimeout():
            return "it could not be reached in time"
        case requests.Timeout():
            return "it did not answer in time"
        case requests.exceptions.SSLError():
            return f"its certificate was not accepted ({_root_cause(error)})"
        case requests.ConnectionError():
            return f"the connection failed ({_root_cause(error)})"
        case requests.exceptions.ChunkedEncodingError():
            return "its answer was cut off"
        case _:
            return f"its answer could not be used ({type(error).__name__})"


def _root_cause(error: BaseException) -> str:
    """The message of the innermost error: those around it only say that something failed."""
    return _message(_innermost(error))


def _innermost(error: BaseException) -> BaseException:
    for inner in (getattr(error, "reason", None), *error.args):
        if isinstance(inner, BaseException):
            return _innermost(inner)
    return error


def _message(error: BaseException) -> str:
    text = quote(str(error).rpartition(": ")[2].strip(" )('"))
    return f"{text})" if text.count("(") > text.count(")") else text or type(error).__name__


def describe_http_status(status: int, message: str, credentials: str) -> str:
    """
    What an HTTP status that is not success means, with the first line of the server's *message*.

    *message* is empty where the answer is no error of the system's own form. *credentials* are the
    settings to look at if the server refused them.
    """
    line = quote(message)
    quoted = f": {line}" if line else ""
    if status == requests.codes.unauthorized:
        return f"it refused the credentials (HTTP 401{quoted}): see {credentials}"
    if status == requests.codes.too_many_requests:
        return f"it asks for fewer requests (HTTP 429{quoted})"
    if 300 <= status < 400:
        return f"it redirects elsewhere (HTTP {status}), where credentials must not follow"
    return f"it answered HTTP {status}{quoted}"
