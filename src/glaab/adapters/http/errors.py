"""What goes wrong in HTTP: translated into the domain's errors, and described for people."""

from collections.abc import Iterator
from contextlib import contextmanager

import requests

from glaab.domain.errors import System, Unreachable


@contextmanager
def normalize_requests_errors() -> Iterator[None]:
    """Turn the other errors that requests (2.34) lets through into errors of its own."""
    try:
        yield
    except requests.RequestException:
        raise
    except TimeoutError as error:
        raise requests.ReadTimeout(str(error)) from error
    except OSError as error:  # REQUESTS_CA_BUNDLE names no file
        raise requests.ConnectionError(str(error).replace(": ", " ")) from error
    except ValueError as error:  # it parses `Location` even where redirects are not followed
        raise requests.exceptions.InvalidHeader(str(error)) from error


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
    for inner in (getattr(error, "reason", None), *error.args):
        if isinstance(inner, BaseException):
            return _root_cause(inner)
    return str(error).rpartition(": ")[2].strip(" )('") or type(error).__name__


def describe_http_status(status: int, message: str, credentials: str) -> str:
    """
    What an HTTP status that is not success means, with the server's *message* unless it is HTML.

    *credentials* are the settings to look at if the server refused them.
    """
    line = " ".join(message.split())[:200]
    quoted = f": {line}" if line and not line.startswith("<") else ""
    if status == requests.codes.unauthorized:
        return f"it refused the credentials (HTTP 401{quoted}): see {credentials}"
    if status == requests.codes.too_many_requests:
        return f"it asks for fewer requests (HTTP 429{quoted})"
    if 300 <= status < 400:
        return f"it redirects elsewhere (HTTP {status}), where credentials must not follow"
    return f"it answered HTTP {status}{quoted}"
