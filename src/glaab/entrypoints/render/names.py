"""The names of a person in words."""

from glaab.domain.identity import Proven
from glaab.domain.names import DN


def names_in_words(person: Proven, most: int = 9) -> str:
    """One name, and the others with their kinds: `Jane Doe (uid jdoe, dn uid=jdoe,…)`."""
    dn_last = sorted(person.names, key=lambda name: name[0] == DN)
    (_, first), *others = dn_last[:most]
    kinds = ", ".join(f"{kind} {name}" for kind, name in others)
    return f"{first} ({kinds})" if kinds else first
