"""The LDAP directory: it proves who people are, and is a source of trust."""
