"""What `doctor` says of a policy: rules that repeat, groups that are missing, canaries unseen."""

from pathlib import Path

import attrs
import pytest

from glaab.adapters.gitlab.memory import InMemoryGitLab
from glaab.adapters.keycloak.memory import InMemoryKeycloak
from glaab.domain.accounts import AccountId
from glaab.domain.diagnostics import ok, problem, warning
from glaab.domain.errors import AUDIT_LOG, GITLAB, SystemUnavailable
from glaab.domain.evidence import Unknown
from glaab.domain.policy import MARKED, Rule
from glaab.domain.sources.directory import DIRECTORY, LOCKED, DirectorySource, InDirectoryGroup
from glaab.domain.sources.gerrit import GERRIT, INACTIVE, InGerritGroup
from glaab.domain.sources.keycloak import (
    KEYCLOAK,
    KEYCLOAK_ID,
    InKeycloakGroup,
    KeycloakId,
    KeycloakSource,
    KeycloakUser,
)
from glaab.domain.sources.phabricator import DISABLED, PHABRICATOR, InPhabricatorProject
from glaab.entrypoints.diagnostics.policy_checks import PolicyChecks, check_policy
from glaab.entrypoints.runtime.bootstrap import Options, compose
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.builders import a_policy, an_account, an_identity, sources
from tests.policies import CONDITIONS
from tests.unit.doubles import (
    DirectoryThatChangesServers,
    MuteDirectory,
    UnreachableDirectory,
    UnreachableGitLab,
)
from tests.unit.scenes import ANY_OF_THREE, CANARIES, PEOPLE, a_directory, a_gerrit, a_phabricator

pytestmark = pytest.mark.usefixtures("elsewhere")

LOOK_AT_THE_GROUP = "see that its name is right, that it has members, and that glaab may see them"
WOLVES = Rule("Wolves", (InDirectoryGroup("wolves"),))
FOXES = Rule("Foxes", (InGerritGroup("foxes"),))
BOTH = Rule("Both", (InDirectoryGroup("wolves"), InGerritGroup("foxes")))
GROUPS = a_policy(
    WOLVES,
    BOTH,
    Rule("Owls", (InPhabricatorProject("owls"),)),
    Rule("Tools", (InDirectoryGroup("project-tools"),)),
)
"""Of which none but project-tools is there."""
WITH_CANARIES = attrs.evolve(ANY_OF_THREE, canaries=CANARIES)


def findings_of(system, policy=ANY_OF_THREE, *, gitlab=None, **ports):
    """What the checks that ask this system find, by title."""
    healthy = {
        "directory": a_directory(tools=("ada",)),
        "phabricator": a_phabricator(trusted=("Ada", "Bob")),
        "gerrit": a_gerrit(trusted=("ada", "bob", "cyd")),
    }
    checks = PolicyChecks(
        policy=policy, gitlab=gitlab or InMemoryGitLab(()), sources=sources(**(healthy | ports))
    )
    return {title: list(check()) for title, check in checks.of(system).items()}


# -- the file


def checked(text: str = ""):
    """What is found about a policy file; about the built-in policy if it is empty."""
    Path("policy.toml").write_text(text)
    overrides = {"GLAAB_POLICY": "policy.toml"} if text else {}
    options = Options.read(overrides, None, INTEGRATIONS)
    return list(check_policy(compose(options, mode="look", acting=True)))


def a_file(*rules: str) -> str:
    head = 'version = 1\n[identity]\nproviders = ["openid_connect"]\nextern_uid = "cn"\n'
    return head + "".join(f"[[trust]]\n{rule}\n" for rule in rules)


def test_the_built_in_policy_is_well():
    assert [("file", ok("the built-in policy is valid, with 5 rules and 4 vetoes"))] == checked()


def test_each_thing_that_is_wrong_with_the_file_is_a_problem():
    assert [
        (
            "policy policy.toml",
            problem(
                "trust[1]: it has no condition",
                f"add {CONDITIONS}",
            ),
        )
    ] == checked(a_file('name = "A"\ndirectory_group = "a"', 'name = "B"'))


A, AND_B, AGAIN = (
    'name = "A"\ndirectory_group = "a"',
    'name = "A and B"\ndirectory_group = "a"\ngerrit_group = "b"',
    'name = "A again"\ndirectory_group = "a"',
)


@pytest.mark.parametrize(
    ("rules", "pairs"),
    [
        ((A, AND_B), [("A and B", "A")]),
        ((AND_B, A), [("A and B", "A")]),
        ((A, AGAIN), [("A again", "A")]),
        ((A, AGAIN, AND_B), [("A again", "A"), ("A and B", "A")]),
        ((A, 'name = "B"\ngerrit_group = "b"'), []),
    ],
)
def test_a_rule_that_adds_nobody_is_a_warning(rules, pairs):
    """Somebody else's rule asks for less, or one before it for the same."""
    assert [
        (
            f'rule "{rule}"',
            warning(
                f'it trusts nobody whom "{other}" does not trust already',
                "take it out, unless its name is wanted in the log besides",
            ),
        )
        for rule, other in pairs
    ] == checked(a_file(*rules))[1:]


# -- groups and projects


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (DIRECTORY, {"LDAP group project-tools": [ok("it has 1 member")]}),
        (PHABRICATOR, {"Phabricator project #trusted": [ok("it has 2 members")]}),
        (GERRIT, {"Gerrit group Trusted": [ok("it has 3 members")]}),
        (AUDIT_LOG, {}),
    ],
)
def test_a_group_that_has_members_is_well(system, expected):
    assert expected == findings_of(system)


@pytest.mark.parametrize(
    ("system", "expected"),
    [
        (
            DIRECTORY,
            {
                "LDAP group wolves": [
                    problem(
                        "group wolves is missing, empty or unreadable:"
                        " nobody can be trusted as Wolves, Both",
                        DirectorySource.unseen,
                    )
                ],
                "LDAP group project-tools": [ok("it has 1 member")],
            },
        ),
        (
            PHABRICATOR,
            {
                "Phabricator project #owls": [
                    problem(
                        "project #owls is missing, not visible or empty:"
                        " nobody can be trusted as Owls",
                        LOOK_AT_THE_GROUP,
                    )
                ]
            },
        ),
        (
            GERRIT,
            {
                "Gerrit group foxes": [
                    problem(
                        "group foxes is missing, not visible or empty:"
                        " nobody can be trusted as Both",
                        LOOK_AT_THE_GROUP,
                    )
                ]
            },
        ),
    ],
)
def test_a_rule_that_can_never_match_is_a_problem(system, expected):
    """It names every rule that needs the group, and asks about the group once."""
    assert expected == findings_of(system, GROUPS)


def test_what_cannot_be_asked_is_raised():
    with pytest.raises(SystemUnavailable):
        findings_of(DIRECTORY, directory=UnreachableDirectory())


def test_when_the_directory_changes_servers_it_is_asked_again():
    servers = DirectoryThatChangesServers(UnreachableDirectory(), a_directory(tools=("ada",)), 1)

    found = findings_of(DIRECTORY, directory=servers)

    assert {"LDAP group project-tools": [ok("it has 1 member")]} == found


# -- providers


def waiting(*providers: tuple[str, ...]):
    return [
        an_account(
            id=AccountId(number), identities=tuple(an_identity("Ada", each) for each in carried)
        )
        for number, carried in enumerate(providers, start=1)
    ]


@pytest.mark.parametrize(
    ("providers", "expected"),
    [
        ((), ok("0 of 0 waiting accounts signed in through openid_connect")),
        (
            (("openid_connect",), ("github",), ()),
            ok("1 of 3 waiting accounts signed in through openid_connect"),
        ),
        (
            (("github", "cas3"), ()),
            warning(
                "none of 2 waiting accounts signed in through openid_connect; what they carry:"
                " cas3, github",
                "see that identity.providers of the policy names the provider as GitLab does",
            ),
        ),
        (
            ((),),
            warning(
                "none of 1 waiting accounts signed in through openid_connect; what they carry:"
                " no identities",
                "see that identity.providers of the policy names the provider as GitLab does",
            ),
        ),
    ],
)
def test_a_provider_that_nobody_carries_is_a_warning(providers, expected):
    """Unless nobody waits at all."""
    found = findings_of(GITLAB, gitlab=InMemoryGitLab(waiting(*providers)))

    assert {"identity providers": [expected]} == found


def test_a_queue_that_cannot_be_read_is_raised():
    with pytest.raises(SystemUnavailable):
        findings_of(GITLAB, gitlab=UnreachableGitLab())


# -- canaries


CANARY = {
    DIRECTORY: (LOCKED, "Dan"),
    PHABRICATOR: (DISABLED, "Dan"),
    GERRIT: (INACTIVE, "dan"),
}
SEEN = {
    "directory": a_directory(locked=("dan",)),
    "phabricator": a_phabricator(linked=("Dan",), disabled=("Dan",)),
    "gerrit": a_gerrit(accounts=("dan",), inactive=("dan",)),
}
DAN = "uid=dan,ou=people,dc=wikimedia,dc=org"


@pytest.mark.parametrize(
    ("system", "detail"),
    [
        (DIRECTORY, f"{DAN} is locked"),
        (PHABRICATOR, "Phabricator account dan is disabled"),
        (GERRIT, "Gerrit account dan is inactive"),
    ],
)
def test_a_canary_that_is_seen_is_well(system, detail):
    veto, name = CANARY[system]

    found = findings_of(system, WITH_CANARIES, **SEEN)

    assert [ok(f'it is seen that the veto "{veto.title}" works: {detail}')] == found[
        f'canary "{name}"'
    ]


UNSEEN = {
    "not locked": (DIRECTORY, {}, f"{DAN} is not locked"),
    "not there": (
        DIRECTORY,
        {"directory": a_directory(people=PEOPLE[:1])},
        "0 entries of the directory have this cn",
    ),
    "not told": (
        DIRECTORY,
        {"directory": MuteDirectory(PEOPLE, {})},
        f"no answer about {DAN}",
    ),
    "not disabled": (
        PHABRICATOR,
        {"phabricator": a_phabricator(linked=("Dan",))},
        "Phabricator account dan is not disabled",
    ),
    "not linked": (PHABRICATOR, {}, 'no Phabricator account is linked to "Dan"'),
    "not inactive": (
        GERRIT,
        {"gerrit": a_gerrit(accounts=("dan",))},
        "Gerrit account dan is active",
    ),
    "no account": (GERRIT, {}, "dan has no Gerrit account"),
}


@pytest.mark.parametrize("name", UNSEEN)
def test_a_canary_that_is_not_seen_is_a_problem(name):
    """No veto's No is believed then."""
    system, ports, detail = UNSEEN[name]
    veto, canary = CANARY[system]

    found = findings_of(system, WITH_CANARIES, **ports)

    assert [
        problem(
            f'the veto "{veto.title}" should be seen on it and is not ({detail}): whoever is'
            " trusted waits",
            f"see whether the veto can be looked up; else let canary.{veto.key} name somebody"
            " who has it",
        )
    ] == found[f'canary "{canary}"']


# -- identities


BY_KEYCLOAK = a_policy(
    Rule("Staff", (InKeycloakGroup("/staff"),)),
    extern_uid=KEYCLOAK_ID,
    proved_by=KEYCLOAK,
    vetoes=(MARKED,),
)


def identities_of(*names, gitlab=None, kind=InMemoryKeycloak):
    """What is found where Keycloak knows the ids a and b, called ann and ben, and these wait."""
    accounts = [
        an_account(id=AccountId(number), identities=(an_identity(name),))
        for number, name in enumerate(names)
    ]
    users = [
        KeycloakUser(id=KeycloakId(user_id), username=name, is_enabled=True)
        for user_id, name in (("a", "ann"), ("b", "ben"))
    ]
    checks = PolicyChecks(
        policy=BY_KEYCLOAK,
        gitlab=gitlab or InMemoryGitLab([*accounts, an_account(id=AccountId(99), identities=())]),
        sources={KEYCLOAK: KeycloakSource(kind(users, ()))},
    )
    return list(checks.of(KEYCLOAK)["identities"]())


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "0 of 0 in the queue are proven by keycloak_id"),
        (("a", "b"), "2 of 2 in the queue are proven by keycloak_id"),
        (
            ("a", "x/y", "jdoe", "z1", "z2"),
            '1 of 5 in the queue are proven by keycloak_id, 4 are nobody\'s ("jdoe", "x/y", "z1")',
        ),
    ],
)
def test_who_of_the_queue_is_proven_is_told_with_those_who_are_not(names, message):
    """Whatever form GitLab has of their names is seen there."""
    assert [ok(message)] == identities_of(*names)


def test_a_queue_of_which_nobody_is_proven_is_a_warning():
    """As where Keycloak tells GitLab a pairwise subject identifier."""
    assert [
        warning(
            '0 of 1 in the queue are proven by keycloak_id, 1 are nobody\'s ("e221")',
            KeycloakSource.unproven,
        )
    ] == identities_of("e221")


def test_names_of_another_kind_are_a_warning():
    """Whoever may choose a username could choose another's id."""
    assert [
        ok('1 of 3 in the queue are proven by keycloak_id, 2 are nobody\'s ("ben", "eve")'),
        warning(
            '1 of them go by their keycloak_username ("ben"): GitLab holds two kinds of names, so'
            " that one person's can be equal to another's of the other kind",
            "have the identities of these accounts removed or corrected in GitLab",
        ),
    ] == identities_of("a", "ben", "eve")


class KeycloakThatHidesEverybody(InMemoryKeycloak):
    def users(self, names, kind):
        return dict.fromkeys(names, Unknown("HTTP 403"))


def test_whoever_could_not_be_looked_up_is_nobody_to_blame_for():
    assert [ok("0 of 1 in the queue are proven by keycloak_id")] == identities_of(
        "a", kind=KeycloakThatHidesEverybody
    )


def test_without_the_queue_it_is_not_told_who_is_proven():
    assert [
        warning("the queue cannot be read: connection refused", "see the checks of gitlab")
    ] == identities_of(gitlab=UnreachableGitLab())


def test_of_a_source_whose_own_checks_tell_it_nothing_more_is_asked():
    assert "identities" not in findings_of(DIRECTORY)
