"""The sources that exist: the one place where a new one is entered."""

from glaab.adapters import gerrit, keycloak, ldap, phabricator, vetted
from glaab.adapters.integration import Integrations

INTEGRATIONS: Integrations = (
    ldap.INTEGRATION,
    phabricator.INTEGRATION,
    gerrit.INTEGRATION,
    keycloak.INTEGRATION,
    vetted.INTEGRATION,
)
"""In the order in which they are asked and shown."""
