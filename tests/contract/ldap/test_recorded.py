"""What OpenLDAP was recorded to do and no contract says: what the adapter makes of it."""

import pytest

from glaab.domain.evidence import Yes
from glaab.domain.names import CN, Dn, Uid
from tests.builders import a_person
from tests.contract.ldap.contract import ADA, BOB, members
from tests.contract.services.openldap import BASE, Tree, openldap
from tests.contract.sessions import an_ldap_directory, ldap_sessions

PEOPLE = f"ou=people,{BASE}"
WRITTEN = {
    "comma,name": (r"uid=comma\,name", r"uid=comma\2Cname"),
    "back\\slash": (r"uid=back\\slash", r"uid=back\5Cslash"),
    "#hash": (r"uid=\#hash", r"uid=\23hash"),
    " lead": (r"uid=\ lead", r"uid=\20lead"),
}
"""By uid: as it was written, and as OpenLDAP 2.5.13 shows it."""
ODD = [
    a_person(uid, f"Person {uid}", dn=Dn(f"{written},{PEOPLE}"), uids=(Uid(uid),))
    for uid, (written, _) in WRITTEN.items()
]
ELSEWHERE = Dn(f"uid=Ada,{PEOPLE}")
"""Ada, as somebody else spelt her."""


@pytest.fixture(scope="module")
def directory():
    tree = Tree(
        people=[ADA, BOB, *ODD],
        groups={"wmf": [ELSEWHERE, BOB.dn, *(person.dn for person in ODD)]},
        disabled=[BOB.dn],
    )
    with openldap(tree) as server:
        yield an_ldap_directory(ldap_sessions(server.port))


def test_whoever_is_locked_stays_a_member(directory):
    """So membership alone lets nobody in: the lock has to be looked up."""
    assert {BOB.dn} == members(directory, ["wmf"], [BOB.dn])["wmf"]
    assert isinstance(directory.locked([BOB.dn])[BOB.dn], Yes)


def test_a_dn_comes_back_in_another_spelling_and_is_the_same(directory):
    names = [person.cns[0] for person in ODD]

    found = directory.people(names, CN)

    assert {person.cns[0]: (person,) for person in ODD} == found
    assert [f"{shown},{PEOPLE}" for _, shown in WRITTEN.values()] == [
        found[name][0].dn.text for name in names
    ]


def test_members_are_the_same_however_their_dn_is_spelt(directory):
    """`member` keeps the case in which it was written; the entry has its own."""
    dns = [ADA.dn, ELSEWHERE, BOB.dn, *(person.dn for person in ODD)]

    assert {*dns} == members(directory, ["wmf"], dns)["wmf"]
