"""Which proxy a request goes through, as requests (2.34) finds it in the environment."""

import os
import re
from urllib.parse import urlsplit

import attrs
from requests.utils import get_environ_proxies


@attrs.frozen(kw_only=True)
class Proxy:
    """What stands between glaab and a server."""

    address: str
    """Without its credentials."""
    variable: str
    """Where it comes from."""


def proxy_for(url: str) -> Proxy | None:
    """The proxy that a request to *url* goes through; None if it goes to the server itself."""
    proxies = get_environ_proxies(url)
    for name in (urlsplit(url).scheme, "all"):
        if address := proxies.get(name):
            return Proxy(address=_without_credentials(address), variable=_variable(name))
    return None


def _without_credentials(address: str) -> str:
    return re.sub(r"^(\w+://)?.*@", r"\1", address, flags=re.DOTALL).rstrip("/")


def _variable(name: str) -> str:
    """As it is spelled: small letters win, as they do for requests."""
    variable = f"{name}_proxy"
    return variable if os.environ.get(variable) else variable.upper()
