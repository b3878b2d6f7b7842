"""What each thing that was found means."""

import pytest

from glaab.domain.evidence import No, Unknown, Yes
from glaab.domain.findings import (
    gerrit_inactive,
    in_directory_group,
    in_gerrit_group,
    in_phabricator_project,
    marked,
    phabricator_disabled,
    with_canary,
)
from glaab.domain.names import Cn, Dn, Phid, Uid
from tests.builders import a_dn, a_gerrit_account, a_phabricator_account, a_proof, an_account

ADA = a_proof("ada", "Ada Example")
SILENCE = Unknown("connection refused")


def test_whoever_is_in_an_ldap_group_is_a_member_by_dn():
    members = frozenset({Dn("UID=Ada, OU=people, dc=wikimedia, dc=org")})

    assert Yes("ada is a member of wmf") == in_directory_group(ADA, "wmf", members)


@pytest.mark.parametrize(
    "member", [a_dn("adam"), Dn("uid=ada,ou=groups,dc=wikimedia,dc=org"), a_dn("ａｄａ")]
)
def test_whoever_is_not_in_an_ldap_group_learns_how_to_get_there(member):
    expected = No("ada is not a member of wmf", "become a member of LDAP group wmf")

    assert expected == in_directory_group(ADA, "wmf", frozenset({member}))


def test_an_ldap_group_that_cannot_be_read_is_unknown():
    assert SILENCE == in_directory_group(ADA, "wmf", SILENCE)


VOUCHED = frozenset({Phid("PHID-USER-ada")})


@pytest.mark.parametrize(
    ("accounts", "members", "answer"),
    [
        (
            (a_phabricator_account(),),
            VOUCHED,
            Yes("Phabricator account ada is a member of #trusted"),
        ),
        (
            (a_phabricator_account("eve"),),
            VOUCHED,
            No(
                "Phabricator account eve is not a member of #trusted",
                "ask a member of Phabricator project #trusted to add you",
            ),
        ),
        (
            (),
            VOUCHED,
            No(
                'no Phabricator account is linked to "Ada Example"',
                "link your Phabricator account to your developer account",
            ),
        ),
        (
            (a_phabricator_account(), a_phabricator_account("eve")),
            VOUCHED,
            No(
                '2 Phabricator accounts are linked to "Ada Example"',
                "unlink all but one of your Phabricator accounts",
            ),
        ),
        (
            (a_phabricator_account(is_person=False),),
            VOUCHED,
            No("Phabricator account ada is not a person's"),
        ),
        (
            (a_phabricator_account(is_disabled=True),),
            VOUCHED,
            No(
                "Phabricator account ada is not activated",
                "have your Phabricator account activated",
            ),
        ),
        (
            (a_phabricator_account(is_disabled=True, is_activated=True),),
            VOUCHED,
            No(
                "Phabricator account ada is not activated",
                "have your Phabricator account activated",
            ),
        ),
        (
            (a_phabricator_account(is_activated=False),),
            VOUCHED,
            No(
                "Phabricator account ada is not activated",
                "have your Phabricator account activated",
            ),
        ),
        (SILENCE, VOUCHED, SILENCE),
        ((a_phabricator_account(),), SILENCE, SILENCE),
    ],
)
def test_phabricator_vouches_for_the_one_usable_account_that_is_a_member(accounts, members, answer):
    assert answer == in_phabricator_project(ADA, "trusted", accounts, members)


@pytest.mark.parametrize(
    ("members", "account", "answer"),
    [
        ({"ada"}, a_gerrit_account(), Yes("Gerrit account ada is a member of Trusted")),
        (
            {"eve"},
            a_gerrit_account(),
            No("ada is not a member of Trusted", "ask a member of Gerrit group Trusted to add you"),
        ),
        (
            {"ada"},
            a_gerrit_account(is_active=False),
            No("Gerrit account ada is a member of Trusted but inactive"),
        ),
        ({"ada"}, None, Unknown("Gerrit lists ada in Trusted but does not show the account")),
        ({"ada"}, SILENCE, SILENCE),
    ],
)
def test_gerrit_vouches_for_a_member_whose_account_is_active(members, account, answer):
    assert answer == in_gerrit_group(ADA, "Trusted", frozenset(members), account)


def test_a_gerrit_group_that_cannot_be_read_is_unknown():
    assert SILENCE == in_gerrit_group(ADA, "Trusted", SILENCE, a_gerrit_account())


def test_a_uid_is_compared_with_gerrits_without_case():
    ada = a_proof("Ada", "Ada Example")

    answer = in_gerrit_group(ada, "Trusted", frozenset({Uid("ada")}), a_gerrit_account())

    assert isinstance(answer, Yes)


@pytest.mark.parametrize(
    ("mark", "answer"),
    [
        (None, No("no administrator marked the account")),
        ("spam", Yes("an administrator marked the account: spam")),
        ("", Yes("an administrator marked the account: no reason given")),
    ],
)
def test_an_administrators_mark_is_a_veto_even_without_a_reason(mark, answer):
    assert answer == marked(an_account(mark=mark))


@pytest.mark.parametrize(
    ("accounts", "answer"),
    [
        ((), No('no Phabricator account is linked to "Ada Example"')),
        ((a_phabricator_account(),), No("Phabricator account ada is not disabled")),
        (
            (a_phabricator_account("a"), a_phabricator_account("b", is_activated=False)),
            No("Phabricator accounts a, b are not disabled"),
        ),
        (
            (a_phabricator_account("a"), a_phabricator_account("b", is_disabled=True)),
            Yes("Phabricator account b is disabled"),
        ),
        (
            (a_phabricator_account("bot", is_disabled=True, is_person=False),),
            Yes("Phabricator account bot is disabled"),
        ),
        (SILENCE, SILENCE),
    ],
)
def test_any_disabled_account_that_is_linked_is_a_veto(accounts, answer):
    assert answer == phabricator_disabled(Cn("Ada Example"), accounts)


@pytest.mark.parametrize(
    ("account", "answer"),
    [
        (None, No("ada has no Gerrit account")),
        (a_gerrit_account(), No("Gerrit account ada is active")),
        (a_gerrit_account(is_active=False), Yes("Gerrit account ada is inactive")),
        (SILENCE, SILENCE),
    ],
)
def test_an_inactive_gerrit_account_is_a_veto(account, answer):
    assert answer == gerrit_inactive(Uid("ada"), account)


@pytest.mark.parametrize("seen", [No("it is not locked"), Unknown("it was not found")])
def test_a_no_is_not_believed_where_the_canary_was_not_seen(seen):
    expected = Unknown(
        'the policy\'s canary "Locked Person" should have been seen as a Yes and was not'
        f" ({seen.detail}), so this No is not believed: ada is not locked"
    )

    assert expected == with_canary(No("ada is not locked"), "Locked Person", seen)


@pytest.mark.parametrize("answer", [Yes("locked"), No("not locked"), SILENCE])
def test_every_answer_is_believed_where_the_canary_was_seen(answer):
    assert answer is with_canary(answer, "Locked Person", Yes("locked"))


@pytest.mark.parametrize("answer", [Yes("locked"), SILENCE])
@pytest.mark.parametrize("seen", [No(""), Unknown("")])
def test_only_a_no_needs_a_canary(answer, seen):
    assert answer is with_canary(answer, "Locked Person", seen)
