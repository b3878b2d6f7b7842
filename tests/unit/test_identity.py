"""Who somebody is: the only proof, and every way to be taken for somebody else."""

import attrs
import pytest

from glaab.domain.accounts import AccountId, Username
from glaab.domain.identity import Unchecked, Unproven, claim, hold_accounts_of_one_person
from glaab.domain.names import CN, DN, UID, Cn, Uid
from tests.builders import a_person, a_policy, a_proof, an_account, an_identity
from tests.unit.scenes import (
    ADA,
    BOB,
    CYD,
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
    pytest.param((an_identity("First"),), "2 values of cn and 1 of uid", id="several cn"),
    pytest.param((an_identity("Two Uids"),), "1 values of cn and 2 of uid", id="several uid"),
    pytest.param((an_identity("Ａｄａ"),), "looks like", id="fullwidth letters"),
    pytest.param((an_identity(" Ada"),), "looks like", id="a leading space"),
    pytest.param((an_identity("Ada "),), "looks like", id="a trailing space"),
    pytest.param((an_identity("\u212aim"),), "looks like", id="a Kelvin sign"),
    pytest.param((an_identity("Zoe\u0308"),), "looks like", id="letters decomposed"),
    pytest.param((an_identity("Kim\u00a0Jo"),), "looks like", id="another space"),
    pytest.param((an_identity("kim  jo"),), "looks like", id="a second space"),
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

    assert ("approve", "Ada") == (case.judgement.verdict, case.proof.name(CN))


def test_only_the_directorys_own_names_are_asked_about():
    """Phabricator is exact in case where LDAP is not."""
    scene = Scene(phabricator=a_phabricator(trusted=["Ada"]))

    plan = scene.look(a_newcomer(1, "aDA"))

    assert {"aDA": "approve"} == verdicts(plan)
    assert frozenset({"Ada"}) in scene.phabricator.asked("accounts")


@pytest.mark.parametrize(
    ("kind", "name"),
    [(UID, "ADA"), (DN, "UID=ada, ou=people, dc=wikimedia, dc=org")],
)
def test_a_provider_may_name_people_by_uid_or_dn(kind, name):
    scene = Scene(directory=a_directory(tools=["ada"]))

    plan = scene.look(a_newcomer(1, name), policy=a_policy(TOOLFORGE, extern_uid=kind))

    assert {name: "approve"} == verdicts(plan)


def test_a_proof_holds_the_directorys_own_names():
    scene = Scene(directory=a_directory(tools=["ada"]))

    (case,) = scene.look(a_newcomer(1, "ADA")).cases

    assert a_proof("ada", "Ada", identity=an_identity("ADA")) == case.proof


def test_a_person_has_one_name_of_each_kind():
    ada = a_proof("ada", "Ada Example")

    assert ["Ada Example", "ada"] == [ada.name(CN), ada.name(UID)]
    with pytest.raises(KeyError, match="keycloak_id"):
        ada.name("keycloak_id")


# -- GitLab's own LDAP sign-in


LDAP = frozenset({"ldapmain"})


@pytest.mark.parametrize("provider", ["ldapmain", "ldapsecondary", "ldap"])
@pytest.mark.parametrize(
    "other",
    [
        an_identity("Ada", "openid_connect"),
        an_identity("Eve", "github"),
        an_identity("", "saml"),
        an_identity("Ada", "ldapother"),
    ],
)
def test_an_ldap_identity_beside_any_other_proves_nothing(provider, other):
    """GitLab attaches one to an account that has the e-mail address of an entry."""
    account = an_account(identities=(other, an_identity("Ada", provider)))

    assert Unproven(
        f"it carries other identities besides that of {provider}, which GitLab may have attached"
        " by an e-mail address alone",
        "ask an administrator to look at this account's identities",
    ) == claim(account, {provider})


def test_an_ldap_identity_that_is_the_only_one_is_the_claim():
    account = an_account(identities=(an_identity("Ada", "ldapmain"),))

    assert an_identity("Ada", "ldapmain") == claim(account, LDAP)


def test_of_two_ldap_identities_or_an_empty_one_the_usual_is_said():
    """That GitLab may have attached it is not the first thing that is wrong."""
    two = an_account(identities=(an_identity("Ada", "ldapmain"),) * 2)
    empty = an_account(identities=(an_identity("", "ldapmain"), an_identity("Ada")))

    assert "it carries 2 identities of ldapmain" in claim(two, LDAP).reason
    assert "its ldapmain identity names nobody" == claim(empty, LDAP).reason


@pytest.mark.parametrize(
    ("provider", "verdict"), [("ldapmain", "hold"), ("openid_connect", "approve")]
)
def test_only_beside_an_ldap_identity_another_one_holds_the_account(provider, verdict):
    account = attrs.evolve(ADA, identities=(an_identity("Ada", provider), an_identity("x", "saml")))
    scene = Scene(directory=a_directory(tools=["ada"]))

    plan = scene.look(account, policy=a_policy(TOOLFORGE, providers=frozenset({provider})))

    assert {"Ada": verdict} == verdicts(plan)


# -- spaces


@pytest.mark.parametrize(
    ("extern_uid", "verdict"),
    [("jane doe", "approve"), ("jane  doe", "hold"), ("Jane Doe ", "hold"), (" Jane Doe", "hold")],
)
def test_spaces_count(extern_uid, verdict):
    """The directory finds Jane Doe by all of them, and each is another account to GitLab."""
    directory = a_directory(people=(a_person("jane", "Jane Doe"),), tools=["jane"])

    plan = Scene(directory=directory).look(a_newcomer(1, extern_uid))

    assert {extern_uid: verdict} == verdicts(plan)


# -- several accounts of one person


def test_accounts_that_prove_the_same_person_are_all_held_and_named():
    """However they spell it, and whatever speaks for that person; others are judged as ever."""
    other = a_newcomer(9, "ADA", mark="a second account")
    scene = Scene(directory=a_directory(tools=["ada", "bob"]))

    plan = scene.look(ADA, BOB, other)

    assert {"Ada": "hold", "Bob": "approve", "ADA": "hold"} == verdicts(plan)
    same = "2 accounts that wait prove to be the same person: @user1, @user9."
    assert [
        f"{same} Ask an administrator which of them to keep.",
        f"{same} An administrator marked the account: a second account; while that stands, nothing"
        " else helps.",
    ] == [plan.cases[n].judgement.explanation for n in (0, 2)]
    assert ((), ()) == (plan.cases[0].evidence, plan.cases[2].evidence)


def test_accounts_with_one_identity_are_held_as_well():
    other = attrs.evolve(ADA, id=AccountId(9))
    scene = Scene(directory=a_directory(tools=["ada"]))

    plan = scene.look(ADA, other)

    assert ["hold", "hold"] == [case.judgement.verdict for case in plan.cases]


def test_whoever_waits_alone_under_a_name_is_not_held():
    """In the next run, after an administrator has decided."""
    scene = Scene(directory=a_directory(tools=["ada"]))

    assert {"ADA": "approve"} == verdicts(scene.look(a_newcomer(9, "ADA")))


def test_of_many_accounts_of_one_person_five_are_named():
    six = [a_newcomer(number, "Ada") for number in range(1, 7)]
    ada = a_proof("ada", "Ada")

    found = [
        hold_accounts_of_one_person(
            six[:many], dict.fromkeys([each.id for each in six[:many]], ada)
        )[six[0].id]
        for many in (5, 6)
    ]

    five = "@user1, @user2, @user3, @user4, @user5"
    assert [
        f"5 accounts that wait prove to be the same person: {five}",
        f"6 accounts that wait prove to be the same person: {five}, …",
    ] == [proof.reason for proof in found]


def test_only_what_was_proven_can_be_shared():
    """Two who could not be looked up are not one person."""
    proofs = {
        ADA.id: Unchecked("down"),
        BOB.id: Unchecked("down"),
        CYD.id: Unproven("nobody"),
    }

    assert proofs == hold_accounts_of_one_person([ADA, BOB, CYD], proofs)


def test_a_person_is_told_by_the_names_of_the_directory():
    """Two entries of one cn are two people; one entry claimed in two spellings is one."""
    ada, same = a_proof("ada", "Ada"), a_proof("ada", "Ada", identity=an_identity("ADA", "saml"))
    twin = a_proof("twin", "Ada")

    found = hold_accounts_of_one_person([ADA, BOB, CYD], {ADA.id: ada, BOB.id: same, CYD.id: twin})

    assert [Unproven, Unproven] == [type(found[key]) for key in (ADA.id, BOB.id)]
    assert twin == found[CYD.id]
