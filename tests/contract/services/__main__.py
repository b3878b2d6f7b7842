"""`python -m tests.contract.services`: the real servers, until Ctrl-C, to look at by hand."""

import signal
from contextlib import suppress

from tests.contract.services.ds389 import ds389
from tests.contract.services.gerrit import gerrit
from tests.contract.services.keycloak import keycloak
from tests.contract.services.mediawiki import mediawiki
from tests.contract.services.openldap import openldap
from tests.contract.services.rfc2307 import rfc2307
from tests.contract.services.samba import samba


def main() -> None:
    """Start each on a free port with data of its own, say where, and end them all at last."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with (
        openldap() as directory,
        rfc2307() as unix,
        ds389() as ipa,
        samba() as domain,
        mediawiki() as wiki,
        gerrit() as reviews,
        keycloak() as people,
    ):
        print(f"OpenLDAP   ldap://127.0.0.1:{directory.port}")  # noqa: T201
        print(f"RFC 2307   ldap://127.0.0.1:{unix.port}")  # noqa: T201
        print(f"389-DS     ldap://127.0.0.1:{ipa.port} as FreeIPA has it")  # noqa: T201
        print(f"Samba      ldaps://{domain.host} {domain.ca_file}")  # noqa: T201
        print(f"MediaWiki  {wiki.url}")  # noqa: T201
        print(f"Gerrit     {reviews.origin}")  # noqa: T201
        print(f"Keycloak   {people.url}", flush=True)  # noqa: T201
        signal.pause()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
