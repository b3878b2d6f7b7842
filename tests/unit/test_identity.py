"""Who somebody is: the only proof, and every way to be taken for somebody else."""

import attrs
import pytest

from glaab.domain.accounts import AccountId, Username
from glaab.domain.evidence import Proven, Unproven
from glaab.domain.findings import claim, prove
from glaab.domain.names import Cn, NamedBy, Uid
from tests.builders import a_dn, a_person, a_policy, an_account, an_identity
from tests.unit.scenes import (
    ADA,
    PEOPLE,
    TOOLFORGE,
    Scene,
    a_directory,
    a_newcomer,
    a_phabricator,
    verdicts,
)

OIDC = frozenset({"openid_connect"})


def test_the_one_identity_of_a_trusted_provider_is_the_claim():
    """Entries of other providers neither prove nor disprove."""
    others = (an_identity("Eve", "ldapmain"), an_identity("Eve", "OPENID_CONNECT"))
    account = an_account(identities=(*others, an_identity("Ada Example")))

    assert an_identity("Ada Example") == claim(account, OIDC)


@pytest.mark.parametrize(
    ("identities", "reason"),
    [
        ((), "no sign-in through openid_connect proves who this is"),
        (
            (an_identity("Ada Example", "ldapmain"),),
            "no sign-in through openid_connect proves who this is",
        ),
        (
            (an_identity("Ada Example"), an_identity("Eve Example")),
            "it carries 2 identities of openid_connect, so who this is cannot be told",
        ),
        (
            (an_identity("Ada Example"), an_identity("Ada Example")),
            "it carries 2 identities of openid_connect, so who this is cannot be told",
        ),
        ((an_identity(""),), "its openid_connect identity names nobody"),
    ],
)
def test_anything_but_one_identity_proves_nothing(identities, reason):
    found = claim(an_account(identities=identities), OIDC)

    assert isinstance(found, Unproven)
    assert reason == found.reason


def test_identities_of_two_trusted_providers_are_two():
    account = an_account(identities=(an_identity("Ada"), an_identity("Ada", "saml")))

    found = claim(account, {"saml", "openid_connect"})

    assert (
        Unproven(
            "it carries 2 identities of openid_connect or saml, so who this is cannot be told",
            "ask an administrator to remove the identity that is not yours",
        )
        == found
    )


def test_whoever_has_an_identity_without_a_name_learns_what_to_do():
    found = claim(an_account(identities=(an_identity(""),)), OIDC)

    assert (
        Unproven(
            "its openid_connect identity names nobody",
            "ask an administrator to remove that identity, then sign in through openid_connect"
            " again",
        )
        == found
    )


def test_a_username_claims_nothing():
    found = claim(an_account(identities=()), OIDC)

    assert "a username or an e-mail proves nothing" in found.advice


@pytest.mark.parametrize(
    ("named_by", "extern_uid"),
    [
        (NamedBy.CN, "Ada Example"),
        (NamedBy.CN, "ada  EXAMPLE"),
        (NamedBy.UID, "ada"),
        (NamedBy.UID, "ADA"),
        (NamedBy.DN, "uid=ada,ou=people,dc=wikimedia,dc=org"),
        (NamedBy.DN, "UID=Ada, ou=people, dc=wikimedia, dc=org"),
    ],
)
def test_the_only_bearer_of_the_name_is_proven(named_by, extern_uid):
    """From then on only the directory's own names count."""
    identity = an_identity(extern_uid)

    proof = prove(identity, named_by, [a_person("ada", "Ada Example")])

    assert Proven(identity=identity, dn=a_dn("ada"), cn=Cn("Ada Example"), uid=Uid("ada")) == proof


@pytest.mark.parametrize(
    ("named_by", "extern_uid", "found", "reason"),
    [
        (NamedBy.CN, "Ada", (), 'the directory has no entry with cn "Ada"'),
        (
            NamedBy.CN,
            "Ada Example",
            (a_person("ada"), a_person("adb")),
            '2 entries of the directory bear cn "Ada Example"',
        ),
        (
            NamedBy.CN,
            "Ada Example",
            (a_person("ada", cns=(Cn("Ada Example"), Cn("Eve"))),),
            "the directory's entry uid=ada,ou=people,dc=wikimedia,dc=org bears 2 cn and 1 uid"
            " where one of each is needed",
        ),
        (
            NamedBy.CN,
            "Ada Example",
            (a_person("ada", uids=(Uid("ada"), Uid("eve"))),),
            "the directory's entry uid=ada,ou=people,dc=wikimedia,dc=org bears 1 cn and 2 uid"
            " where one of each is needed",
        ),
        (
            NamedBy.UID,
            "ada",
            (a_person("ada", cns=()),),
            "the directory's entry uid=ada,ou=people,dc=wikimedia,dc=org bears 0 cn and 1 uid"
            " where one of each is needed",
        ),
        (
            NamedBy.CN,
            "Ａｄａ Example",
            (a_person("ada"),),
            "the directory's entry uid=ada,ou=people,dc=wikimedia,dc=org only looks like"
            ' cn "Ａｄａ Example", which has U+FF21 where the directory has U+0041',
        ),
        (
            NamedBy.CN,
            " Ada Example",
            (a_person("ada"),),
            "the directory's entry uid=ada,ou=people,dc=wikimedia,dc=org only looks like"
            ' cn " Ada Example", which has U+0020 where the directory has U+0041',
        ),
        (
            NamedBy.UID,
            "\u212aim",
            (a_person("kim"),),
            "the directory's entry uid=kim,ou=people,dc=wikimedia,dc=org only looks like"
            ' uid "\u212aim", which has U+212A where the directory has U+006B',
        ),
        (
            NamedBy.UID,
            "Ada Example",
            (a_person("ada"),),
            "the directory's entry uid=ada,ou=people,dc=wikimedia,dc=org only looks like"
            ' uid "Ada Example", which has U+0020 where the directory has nothing',
        ),
        (
            NamedBy.CN,
            "Ada \ufb01sh",
            (a_person("ada", "ADA \ufb01sh"),),
            "the directory's entry uid=ada,ou=people,dc=wikimedia,dc=org only looks like"
            ' cn "Ada \ufb01sh"',
        ),
        (
            NamedBy.DN,
            "uid=ada,ou=people,dc=example,dc=org",
            (a_person("ada"),),
            "the directory's entry uid=ada,ou=people,dc=wikimedia,dc=org only looks like"
            ' dn "uid=ada,ou=people,dc=example,dc=org"',
        ),
    ],
)
def test_anything_but_one_bearer_of_exactly_this_name_is_unproven(
    named_by, extern_uid, found, reason
):
    """And it says why, and what to do."""
    proof = prove(an_identity(extern_uid), named_by, found)

    assert isinstance(proof, Unproven)
    assert reason == proof.reason
    assert proof.advice


TRAPS = [
    pytest.param((), "no sign-in", id="no identity"),
    pytest.param((an_identity("Ada", "ldapmain"),), "no sign-in", id="another provider's"),
    pytest.param((an_identity("Ada"), an_identity("Bob")), "2 identities", id="two identities"),
    pytest.param((an_identity("Ada"), an_identity("Ada")), "2 identities", id="one twice"),
    pytest.param((an_identity(""),), "names nobody", id="an empty name"),
    pytest.param((an_identity("Nobody"),), "no entry", id="no entry"),
    pytest.param((an_identity("ada@example.org"),), "no entry", id="an e-mail address"),
    pytest.param((an_identity("*"),), "no entry", id="a wildcard"),
    pytest.param((an_identity("Twin"),), "2 entries", id="two entries"),
    pytest.param((an_identity("First"),), "2 cn and 1 uid", id="several cn"),
    pytest.param((an_identity("Two Uids"),), "1 cn and 2 uid", id="several uid"),
    pytest.param((an_identity("Ａｄａ"),), "looks like", id="fullwidth letters"),
    pytest.param((an_identity(" Ada"),), "looks like", id="a leading space"),
    pytest.param((an_identity("Ada "),), "looks like", id="a trailing space"),
    pytest.param((an_identity("\u212aim"),), "looks like", id="a Kelvin sign"),
    pytest.param((an_identity("Zoe\u0308"),), "looks like", id="letters decomposed"),
    pytest.param((an_identity("Kim\u00a0Jo"),), "looks like", id="another space"),
]
CROWD = (
    *PEOPLE,
    a_person("twin1", "Twin"),
    a_person("twin2", "twin"),
    a_person("two", cns=(Cn("First"), Cn("Second"))),
    a_person("uids", "Two Uids", uids=(Uid("u1"), Uid("u2"))),
    a_person("kim", "Kim"),
    a_person("kimjo", "Kim Jo"),
    a_person("zoe", "Zoë"),
)


@pytest.mark.parametrize(("identities", "reason"), TRAPS)
def test_whoever_is_not_proven_is_held_however_trusted_the_name(identities, reason):
    """The username `ada` and everybody's membership prove nothing."""
    everybody = [person.dn.name[1] for person in CROWD]
    account = an_account(username=Username("ada"), identities=identities)
    scene = Scene(directory=a_directory(people=CROWD, tools=everybody))

    (case,) = scene.look(account).cases

    assert isinstance(case.proof, Unproven)
    assert reason in case.proof.reason
    assert ("hold", (), ()) == (case.judgement.verdict, case.judgement.because, case.evidence)


def test_other_providers_do_not_disprove():
    account = attrs.evolve(ADA, identities=(an_identity("Bob", "ldapmain"), an_identity("Ada")))
    scene = Scene(directory=a_directory(tools=["ada"]))

    (case,) = scene.look(account).cases

    assert ("approve", "Ada") == (case.judgement.verdict, case.proof.cn)


def test_only_the_directorys_own_names_are_asked_about():
    """Phabricator is exact in case where LDAP is not."""
    scene = Scene(phabricator=a_phabricator(trusted=["Ada"]))

    plan = scene.look(a_newcomer(1, "aDA"))

    assert {"aDA": "approve"} == verdicts(plan)
    assert frozenset({"Ada"}) in scene.phabricator.asked("accounts")


@pytest.mark.parametrize(
    ("named_by", "name"),
    [(NamedBy.UID, "ADA"), (NamedBy.DN, "UID=ada, ou=people, dc=wikimedia, dc=org")],
)
def test_a_provider_may_name_people_by_uid_or_dn(named_by, name):
    scene = Scene(directory=a_directory(tools=["ada"]))

    plan = scene.look(a_newcomer(1, name), policy=a_policy(TOOLFORGE, named_by=named_by))

    assert {name: "approve"} == verdicts(plan)


def test_two_accounts_may_prove_the_same_person():
    """Each is judged on its own: a mark on the one does not speak against the other."""
    other = a_newcomer(9, "ADA", mark="a second account")
    scene = Scene(directory=a_directory(tools=["ada"]))

    plan = scene.look(ADA, other)

    assert {"Ada": "approve", "ADA": "veto"} == verdicts(plan)


def test_two_accounts_with_one_identity_are_judged_alike():
    other = attrs.evolve(ADA, id=AccountId(9))
    scene = Scene(directory=a_directory(tools=["ada"]))

    plan = scene.look(ADA, other)

    assert ["approve", "approve"] == [case.judgement.verdict for case in plan.cases]


def test_a_proof_holds_the_directorys_own_names():
    scene = Scene(directory=a_directory(tools=["ada"]))

    (case,) = scene.look(a_newcomer(1, "ADA")).cases

    assert (
        Proven(identity=an_identity("ADA"), dn=a_dn("ada"), cn=Cn("Ada"), uid=Uid("ada"))
        == case.proof
    )
