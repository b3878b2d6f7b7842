"""Where the HTTP server of the service listens."""

import errno
import os
import socket

from glaab.domain.errors import SettingsInvalid
from glaab.settings.values import ListenAddress

_PROBLEMS = {
    errno.EADDRINUSE: "is in use; choose another port",
    errno.EACCES: "cannot be listened on: Permission denied; choose a port from 1024 on",
}


def listen(address: ListenAddress) -> socket.socket:
    """
    A socket that listens at *address*: of a name with several addresses at the first.

    Raises:
        SettingsInvalid: it cannot.
    """
    try:
        family, _, _, _, where = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM
        )[0]
        return socket.create_server(where, family=family)
    except socket.gaierror as error:
        problem = _cannot(error.strerror)
    except ValueError:
        problem = _cannot("no host can have such a name")
    except OSError as error:
        number = error.errno or 0
        problem = _PROBLEMS.get(number) or _cannot(os.strerror(number))
    raise SettingsInvalid((f"GLAAB_LISTEN: {address} {problem}",))


def _cannot(reason: str | None) -> str:
    return f"cannot be listened on: {reason}; use an address of this machine"
