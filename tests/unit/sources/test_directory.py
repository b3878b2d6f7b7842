"""The directory: who is proven by it, who is in its groups, and whose entry is locked."""

import pytest

from glaab.domain.evidence import No, Profile, Unknown, Yes
from glaab.domain.identity import Proven, Unchecked, Unproven
from glaab.domain.names import CN, DN, UID, Cn, Dn, NameKind, Uid
from glaab.domain.policy import MARKED
from glaab.domain.source import CircuitBreaker
from glaab.domain.sources.directory import (
    DIRECTORY,
    LOCKED,
    DirectoryPeople,
    DirectorySource,
    InDirectoryGroup,
    Member,
)
from tests.builders import a_dn, a_person, a_policy, a_proof, an_identity
from tests.unit.doubles import (
    REFUSED,
    AttentiveDirectory,
    DirectoryThatHidesLocks,
    DirectoryThatTires,
    MuteDirectory,
    UnreachableDirectory,
)
from tests.unit.scenes import ADA, PEOPLE, TOOLFORGE, Scene, a_directory, verdicts

ADA_EXAMPLE, BOB_EXAMPLE = a_proof("ada", "Ada Example"), a_proof("bob", "Bob Example")
WMF, WMDE = InDirectoryGroup("wmf"), InDirectoryGroup("wmde")
DOWN = Unknown(f"directory gave no usable answer: {REFUSED}")


def prove(identity, kind, people, needs_cn=True):
    """Who is meant, where the directory finds some people whatever it is asked for."""

    class Finding(MuteDirectory):
        def people(self, names, kind):
            return {name: tuple(people) for name in names}

    (proof,) = DirectoryPeople(Finding((), {}), kind, needs_cn=needs_cn).prove([identity]).values()
    return proof


def look_up(directory):
    return DirectorySource(directory).start(CircuitBreaker(DIRECTORY))


SILENCE = Unknown("no answer about ada and group wmf")


def with_members(*members, kind=AttentiveDirectory):
    return kind((), {"wmf": frozenset(members)})


# -- who is proven


@pytest.mark.parametrize(
    ("kind", "extern_uid"),
    [
        (CN, "Ada Example"),
        (CN, "ada EXAMPLE"),
        (UID, "ada"),
        (UID, "ADA"),
        (DN, "uid=ada,ou=people,dc=wikimedia,dc=org"),
        (DN, "UID=Ada, ou=people, dc=wikimedia, dc=org"),
    ],
)
def test_whoever_alone_has_the_name_is_proven(kind, extern_uid):
    """From then on only the directory's own names count."""
    identity = an_identity(extern_uid)

    proof = prove(identity, kind, [a_person("ada", "Ada Example")])

    assert (
        Proven(
            identity=identity,
            names=(
                (DN, "uid=ada,ou=people,dc=wikimedia,dc=org"),
                (CN, "Ada Example"),
                (UID, "ada"),
            ),
        )
        == proof
    )


THE_ENTRY = "the directory's entry uid=ada,ou=people,dc=wikimedia,dc=org"
LOOK_ALIKE = "ask an administrator to look at this account: two names look alike"
NOT_ONE_NAME = "ask an administrator of the directory to leave one name"


@pytest.mark.parametrize(
    ("kind", "extern_uid", "people", "reason", "advice"),
    [
        (
            CN,
            "Ada",
            (),
            'the directory has no entry with cn "Ada"',
            "check that your developer account still exists under this name",
        ),
        (
            CN,
            "Ada Example",
            (a_person("ada"), a_person("adb")),
            '2 entries of the directory have cn "Ada Example"',
            "ask an administrator of the directory to make the name unique",
        ),
        (
            CN,
            "Ada Example",
            (a_person("ada", cns=(Cn("Ada Example"), Cn("Eve"))),),
            f"{THE_ENTRY} has 2 values of cn and 1 of uid, where exactly one of each is needed",
            NOT_ONE_NAME,
        ),
        (
            CN,
            "Ada Example",
            (a_person("ada", uids=(Uid("ada"), Uid("eve"))),),
            f"{THE_ENTRY} has 1 values of cn and 2 of uid, where exactly one of each is needed",
            NOT_ONE_NAME,
        ),
        (
            UID,
            "ada",
            (a_person("ada", cns=()),),
            f"{THE_ENTRY} has 0 values of cn and 1 of uid, where exactly one of each is needed",
            NOT_ONE_NAME,
        ),
        (
            CN,
            "Ａｄａ Example",
            (a_person("ada"),),
            f'{THE_ENTRY} only looks like cn "Ａｄａ Example", which has U+FF21 where the directory'
            " has U+0041",
            LOOK_ALIKE,
        ),
        (
            CN,
            " Ada Example",
            (a_person("ada"),),
            f'{THE_ENTRY} only looks like cn " Ada Example": their spaces differ',
            LOOK_ALIKE,
        ),
        (
            CN,
            "ada  example",
            (a_person("ada"),),
            f'{THE_ENTRY} only looks like cn "ada  example": their spaces differ',
            LOOK_ALIKE,
        ),
        (
            CN,
            "Ada Example",
            (a_person("ada", "Ada  Example"),),
            f'{THE_ENTRY} only looks like cn "Ada Example": their spaces differ',
            LOOK_ALIKE,
        ),
        (
            CN,
            "ada  \u212aim",
            (a_person("ada", "Ada Kim"),),
            f'{THE_ENTRY} only looks like cn "ada  \u212aim", which has U+0020 where the directory'
            " has U+004B",
            LOOK_ALIKE,
        ),
        (
            UID,
            "\u212aim",
            (a_person("ada", uids=(Uid("kim"),)),),
            f'{THE_ENTRY} only looks like uid "\u212aim", which has U+212A where the directory has'
            " U+006B",
            LOOK_ALIKE,
        ),
        (
            UID,
            "Ada Example",
            (a_person("ada"),),
            f'{THE_ENTRY} only looks like uid "Ada Example", which has U+0020 where the directory'
            " has nothing",
            LOOK_ALIKE,
        ),
        (
            CN,
            "Ada \ufb01sh",
            (a_person("ada", "ADA \ufb01sh"),),
            f'{THE_ENTRY} only looks like cn "Ada \ufb01sh"',
            LOOK_ALIKE,
        ),
        (
            DN,
            "uid=ada,ou=people,dc=example,dc=org",
            (a_person("ada"),),
            f'{THE_ENTRY} only looks like dn "uid=ada,ou=people,dc=example,dc=org"',
            LOOK_ALIKE,
        ),
    ],
)
def test_anything_but_one_entry_of_exactly_this_name_is_unproven(
    kind, extern_uid, people, reason, advice
):
    """And it says why, and what to do."""
    proof = prove(an_identity(extern_uid), kind, people)

    assert Unproven(reason, advice) == proof


GUID = "f99d08e5-f778-4969-8816-95c70d2fa90c"
NAMESAKE = "ada@EXAMPLE.ORG"


@pytest.mark.parametrize(
    ("kind", "extern_uid", "keys"),
    [
        ("userPrincipalName", "ADA@example.org", ("ada@example.org",)),
        ("ipaUniqueID", GUID.upper(), (GUID,)),
        ("objectGUID", GUID.upper(), (GUID,)),
        ("krbPrincipalName", NAMESAKE, (NAMESAKE,)),
        ("krbPrincipalName", NAMESAKE, ("alias@EXAMPLE.ORG", NAMESAKE)),
        ("employeeNumber", "42", ("42",)),
    ],
)
def test_whoever_has_a_key_of_the_layout_is_proven_by_it(kind, extern_uid, keys):
    """By its own names from then on."""
    identity = an_identity(extern_uid)

    proof = prove(identity, NameKind(kind), [a_person(keys=keys)])

    assert a_proof(identity=identity) == proof


@pytest.mark.parametrize(
    ("kind", "extern_uid", "key", "difference"),
    [
        ("krbPrincipalName", "ADA@EXAMPLE.ORG", NAMESAKE, ": small and capital letters count"),
        ("krbPrincipalName", "ada@example.org", NAMESAKE, ": small and capital letters count"),
        (
            "userPrincipalName",
            "ådå@example.org",
            "ada@example.org",
            ", which has U+00E5 where the directory has U+0061",
        ),
        ("objectGUID", GUID, GUID.replace("f", "e"), None),
    ],
)
def test_whoever_has_another_key_is_not_proven(kind, extern_uid, key, difference):
    """Principals count letter by letter, as Kerberos takes them."""
    proof = prove(an_identity(extern_uid), NameKind(kind), [a_person(keys=(key,))])

    assert isinstance(proof, Unproven)
    assert f'{THE_ENTRY} only looks like {kind} "{extern_uid}"' in proof.reason
    assert difference is None or proof.reason.endswith(f'"{difference}')


@pytest.mark.parametrize(
    ("kind", "extern_uid"),
    [
        ("dn", "ada"),
        ("dn", ""),
        ("dn", "uid=ada,people"),
        ("objectGUID", "ada"),
        ("objectGUID", GUID.replace("-", "")),
        ("objectGUID", f"{{{GUID}}}"),
    ],
)
def test_what_cannot_be_a_name_of_its_kind_is_held_and_not_asked_about(kind, extern_uid):
    """GitLab falls back to `sub` in silence where the configured field is missing."""
    directory = AttentiveDirectory(PEOPLE, {})
    people = look_up(directory).people(NameKind(kind), ())

    (proof,) = people.prove([an_identity(extern_uid)]).values()

    assert (
        Unproven(
            f'its identity "{extern_uid}" cannot be anybody\'s {kind}',
            "ask an administrator of GitLab what its sign-in provider hands on for you",
        )
        == proof
    )
    assert [] == directory.questions


def test_whoever_may_be_hidden_was_not_looked_up():
    class Hiding(MuteDirectory):
        def people(self, names, kind):
            return {name: Unknown("nobody can be seen with a uid") for name in names}

    people = look_up(Hiding((), {})).people(UID, ())

    (proof,) = people.prove([an_identity("ada")]).values()

    assert Unchecked("nobody can be seen with a uid") == proof


TWO_CNS = a_person("ada", cns=(Cn("Ada"), Cn("Ada Example")))


@pytest.mark.parametrize(
    ("kind", "needed", "is_proven"),
    [(UID, (DN,), True), (UID, (DN, CN), False), (DN, (UID,), True), (CN, (), False)],
)
def test_several_cns_matter_only_where_people_are_asked_for_by_cn(kind, needed, is_proven):
    """By the policy's `extern_uid`, or by one of its sources."""
    directory = AttentiveDirectory([TWO_CNS], {})
    (extern_uid, *_) = TWO_CNS.names(kind)

    proofs = look_up(directory).people(kind, needed).prove([an_identity(extern_uid)])

    (proof,) = proofs.values()
    assert is_proven == isinstance(proof, Proven)
    if is_proven:
        assert ((DN, a_dn().text), (UID, "ada")) == proof.names


def test_whoever_has_no_uid_is_not_proven():
    proof = prove(an_identity("Ada Example"), CN, [a_person(uids=())], needs_cn=False)

    assert f"{THE_ENTRY} has 0 values of uid, where exactly one is needed" == proof.reason


def test_people_are_looked_up_together_by_the_kind_of_name_that_the_provider_hands_on():
    directory = AttentiveDirectory(PEOPLE, {})
    identities = [an_identity("ADA"), an_identity("ada", "saml"), an_identity("eve")]

    proofs = look_up(directory).people(UID, ()).prove(identities)

    assert identities == list(proofs)
    assert [Proven, Proven, Unproven] == [type(proof) for proof in proofs.values()]
    assert [{"ADA", "ada", "eve"}] == directory.asked("people")


def test_without_an_identity_the_directory_is_not_asked():
    directory = UnreachableDirectory()

    assert {} == look_up(directory).people(CN, ()).prove(())
    assert 0 == directory.attempts


@pytest.mark.parametrize(
    ("kind", "name"), [(UID, "ADA"), (DN, "UID=ada, ou=people, dc=wikimedia, dc=org")]
)
def test_a_provider_may_name_people_by_uid_or_dn(kind, name):
    people = look_up(a_directory()).people(kind, ())

    (proof,) = people.prove([an_identity(name)]).values()

    assert a_proof("ada", "Ada", identity=an_identity(name)) == proof


# -- groups


@pytest.mark.parametrize(
    "member", [a_dn("ada"), Dn("UID=Ada, OU=People, dc=wikimedia, dc=org")], ids=str
)
def test_whoever_is_in_an_ldap_group_is_a_member_by_dn(member):
    answers = look_up(with_members(member)).trust([ADA_EXAMPLE], [WMF])

    assert {(ADA_EXAMPLE, WMF): Yes("ada is a member of wmf")} == answers


@pytest.mark.parametrize(
    "member",
    [a_dn("adam"), Dn("uid=ada,ou=groups,dc=wikimedia,dc=org"), a_dn("ａｄａ")],
    ids=str,
)
def test_whoever_is_not_in_an_ldap_group_learns_how_to_get_there(member):
    answers = look_up(with_members(member)).trust([ADA_EXAMPLE], [WMF])

    expected = No("ada is not a member of wmf", "become a member of LDAP group wmf")
    assert {(ADA_EXAMPLE, WMF): expected} == answers


def test_a_group_that_cannot_be_read_is_unknown_alone():
    lookup = look_up(with_members(a_dn("ada")))

    answers = lookup.trust([ADA_EXAMPLE, BOB_EXAMPLE], [WMF, WMDE])

    silence = Unknown("group wmde is missing, empty or unreadable")
    assert {
        (ADA_EXAMPLE, WMF): Yes("ada is a member of wmf"),
        (ADA_EXAMPLE, WMDE): silence,
        (BOB_EXAMPLE, WMF): No("bob is not a member of wmf", "become a member of LDAP group wmf"),
        (BOB_EXAMPLE, WMDE): silence,
    } == answers


@pytest.mark.parametrize(
    ("directory", "answer"),
    [
        (with_members(a_dn("ada"), kind=MuteDirectory), SILENCE),
        (UnreachableDirectory(), DOWN),
    ],
    ids=["mute", "down"],
)
def test_a_directory_that_says_nothing_of_a_group_told_of_no_membership(directory, answer):
    lookup = look_up(directory)

    assert {(ADA_EXAMPLE, WMF): answer} == lookup.trust([ADA_EXAMPLE], [WMF])


def test_all_groups_are_asked_for_together_and_once():
    directory = with_members(a_dn("ada"))
    lookup = look_up(directory)

    lookup.trust([ADA_EXAMPLE], [WMF, WMDE])
    lookup.trust([ADA_EXAMPLE, BOB_EXAMPLE], [WMDE])

    ada, bob = Member(a_dn("ada"), Uid("ada")), Member(a_dn("bob"), Uid("bob"))
    assert [{("wmf", ada), ("wmde", ada)}, {("wmde", bob)}] == directory.asked("memberships")


def test_members_are_counted():
    directory = with_members(a_dn("ada"), a_dn("bob"))
    lookup = look_up(directory)

    assert 2 == lookup.members(WMF)
    assert DOWN == look_up(UnreachableDirectory()).members(WMF)


def test_a_group_is_named_as_in_the_policy():
    assert ("directory_group", "wmf", "LDAP group wmf") == (WMF.key, WMF.value, WMF.title)


# -- locks


def test_a_lock_is_a_veto_and_one_that_is_hidden_is_unknown():
    lookup = look_up(a_directory(locked=["ada"], hidden=["cyd"]))
    people = [a_proof(uid, uid.title()) for uid in ("ada", "bob", "cyd")]

    answers = lookup.vetoes(people, [LOCKED])

    rest = "ou=people,dc=wikimedia,dc=org"
    assert {
        (people[0], LOCKED): Yes(f"uid=ada,{rest} is locked"),
        (people[1], LOCKED): No(f"uid=bob,{rest} is not locked"),
        (people[2], LOCKED): Unknown("the lock attributes of the entry cannot be read"),
    } == answers


@pytest.mark.parametrize(
    ("directory", "answer"),
    [
        (a_directory(kind=MuteDirectory), Unknown(f"no answer about {a_dn('ada')}")),
        (UnreachableDirectory(), DOWN),
    ],
    ids=["mute", "down"],
)
def test_a_directory_that_says_nothing_of_a_lock_did_not_say_that_there_is_none(directory, answer):
    assert {(ADA_EXAMPLE, LOCKED): answer} == look_up(directory).vetoes([ADA_EXAMPLE], [LOCKED])


def test_locks_are_asked_for_together_and_once():
    directory = a_directory()
    lookup = look_up(directory)

    lookup.vetoes([ADA_EXAMPLE], [LOCKED])
    lookup.vetoes([ADA_EXAMPLE, BOB_EXAMPLE], [LOCKED])

    assert [{a_dn("ada")}, {a_dn("bob")}] == directory.asked("locked")


def test_without_groups_and_vetoes_nothing_is_asked():
    lookup = look_up(directory := a_directory())

    assert {} == lookup.trust([ADA_EXAMPLE], []) == lookup.vetoes([ADA_EXAMPLE], [])
    assert [] == directory.questions


def test_a_lock_is_a_veto_in_the_policys_words():
    assert ("directory", "directory_locked", "Directory entry locked") == (
        LOCKED.source,
        LOCKED.key,
        LOCKED.title,
    )


def test_everybody_whom_the_directory_proved_has_an_entry_to_look_at():
    lookup = look_up(UnreachableDirectory())

    assert (
        Profile(DIRECTORY, str(a_dn("ada")), "LDAP entry", is_account=False),
    ) == lookup.profiles(ADA_EXAMPLE)


# -- the canary


def test_a_canary_is_named_as_the_provider_names_people():
    lookup = look_up(a_directory(locked=["dan"]))

    assert isinstance(lookup.canary(LOCKED, "dan", UID), Yes)
    assert isinstance(lookup.canary(LOCKED, a_dn("dan").text, DN), Yes)
    assert Unknown("it cannot be anybody's dn") == lookup.canary(LOCKED, "dan", DN)


def test_a_canary_is_found_by_its_cn_and_asked_about_alone():
    directory = a_directory(locked=["dan"])
    lookup = look_up(directory)

    lookup.vetoes([ADA_EXAMPLE], [LOCKED])
    answer = lookup.canary(LOCKED, "Dan", CN)

    assert Yes(f"{a_dn('dan')} is locked") == answer
    assert [{"Dan"}] == directory.asked("people")
    assert [{a_dn("ada")}, {a_dn("dan")}] == directory.asked("locked")


@pytest.mark.parametrize(
    ("directory", "answer"),
    [
        (
            a_directory(locked=["dan"], people=PEOPLE[:3]),
            Unknown("0 entries of the directory have this cn"),
        ),
        (
            a_directory(locked=["dan"], people=(*PEOPLE, a_person("dan2", "dan"))),
            Unknown("2 entries of the directory have this cn"),
        ),
        (a_directory(locked=["dan"], kind=DirectoryThatHidesLocks), DOWN),
        (UnreachableDirectory(), DOWN),
        (a_directory(), No(f"{a_dn('dan')} is not locked")),
    ],
    ids=["nobody", "two", "hides locks", "down", "not locked"],
)
def test_why_a_canary_was_not_seen_is_told(directory, answer):
    assert answer == look_up(directory).canary(LOCKED, "Dan", CN)


WITH_CANARY = a_policy(TOOLFORGE, vetoes=(MARKED, LOCKED), canaries={LOCKED: "Dan"})


@pytest.mark.parametrize(
    "directory",
    [
        pytest.param({"people": PEOPLE[:3]}, id="not found"),
        pytest.param({"hidden": ["dan"]}, id="unknown"),
        pytest.param({"people": (*PEOPLE, a_person("dan2", "dan"))}, id="two of them"),
        pytest.param({"people": (*PEOPLE[:3], a_person("dan", "Ｄａｎｎｙ"))}, id="renamed"),
        pytest.param({"kind": DirectoryThatTires}, id="the directory tires"),
        pytest.param({"kind": DirectoryThatHidesLocks}, id="the directory hides locks"),
    ],
)
def test_a_canary_that_cannot_be_looked_up_was_not_seen(directory):
    scene = Scene(directory=a_directory(**({"tools": ["ada"], "locked": ["dan"]} | directory)))

    assert {"Ada": "wait"} == verdicts(scene.look(ADA, policy=WITH_CANARY))


def test_a_directory_that_fails_at_the_canary_is_out():
    scene = Scene(directory=a_directory(tools=["ada"], locked=["dan"], kind=DirectoryThatTires))

    assert {DIRECTORY: REFUSED} == scene.look(ADA, policy=WITH_CANARY).outages
