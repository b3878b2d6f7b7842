"""glaab as a process where people are in 389-DS, in an Active Directory, or in Unix's OpenLDAP."""

from collections.abc import Iterator
from math import ceil
from uuid import NAMESPACE_DNS, UUID, uuid5

import pytest

from tests.contract.services import active_directory as ad
from tests.contract.services import freeipa, rfc2307
from tests.contract.services.ds389 import DirectoryServer389
from tests.contract.services.entries import Login
from tests.contract.services.openldap import OpenLdap, openldap
from tests.contract.services.samba import SambaDomainController
from tests.e2e.installation import Run
from tests.e2e.site import Policy, Reader, Site

# pyasn1 0.6 warns of names that ldap3 2.9.1 imports.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

CROWD = 500
FREEIPA = 'layout = "freeipa"'
ACTIVE_DIRECTORY = 'layout = "active-directory"'
LOCKS = """
locked = [
  {attribute = "loginShell", in = ["/bin/false", "/sbin/nologin", "/usr/sbin/nologin"]},
  {attribute = "shadowExpire", before_now = "days"},
  {attribute = "employeeType", equals = "inactive"},
]"""
RFC2307 = f'layout = "rfc2307"{LOCKS}'
PASSWORD = "² Passw0rd\u00a0½"
"""Letters that a client must not normalise, as SASLprep would."""

LOOK_ALIKES = {
    "nul": "alice\0and more",
    "nothing": "alice\ufeff",
    "no-break": "alice\u00a0",
    "fullwidth": "ａlice",
    "accent": "álice",
    "spaces": " alice",
    "star": "a*",
    "filter": "x)(uid=alice",
}
IN_IPA = ("alice", "bob", "carol", "dave", "erin", "hilda", "mia", "nora", "max", "gina", "hank")
IN_SAMBA = ("alice", "bob", "carol", "dave", "erin", "frank", "nora", "paul")
IN_UNIX = ("alice", "bob", "carol", "dave", "erin", "frank", "gina", "holly", "paul")


@pytest.fixture(scope="module")
def ipa(ipa: DirectoryServer389) -> DirectoryServer389:
    """With a crowd, and a group of those whose DNs are unusual."""
    odd = ("mail=mia@example.org", r"cn=Nolan\, Nora", "uid=max+employeeNumber=42")
    people = [freeipa.person(f"crowd{number}", **_lock(number)) for number in range(CROWD)]
    ipa.manager.add(
        [
            *people,
            freeipa.group("crowd", *(dn for dn, _ in people)),
            freeipa.group("crowds", freeipa.group_dn("crowd")),
            freeipa.group("odd", *(f"{rdn},{freeipa.PEOPLE}" for rdn in odd)),
        ]
    )
    return ipa


def _lock(number: int) -> dict[str, str]:
    """Every kind that is no lock, and one of fifty that is."""
    if number % 50 == 0:
        return {"nsAccountLock": "TRUE"}
    future = {"krbPrincipalExpiration": "20991231235959Z"}
    return [{}, {"nsAccountLock": "FALSE"}, future, future | {"nsAccountLock": "FALSE"}][number % 4]


@pytest.fixture(scope="module")
def samba(samba: SambaDomainController) -> SambaDomainController:
    """With a crowd, a group of visitors, and a reader whose password is unusual."""
    people = [ad.person(f"crowd{number}", password=None) for number in range(CROWD)]
    visitors = ("Frank Falk", r"Nolan\, Nora", "Bob Berg")
    samba.administrator.add(
        [
            *people,
            ad.group("crowd", *(dn for dn, _ in people)),
            ad.group("crowds", ad.group_dn("crowd")),
            ad.group("visitors", *map(ad.person_dn, visitors)),
            ad.person("stefan", "Ștefan Țepeș", password=None),
            ad.group("romania", ad.person_dn("Ștefan Țepeș")),
            ad.person("strange", parent=f"OU=Service,{ad.BASE}", password=PASSWORD),
        ]
    )
    return samba


@pytest.fixture(scope="module")
def unix() -> Iterator[OpenLdap]:
    """With a crowd."""
    people = [rfc2307.person(f"crowd{number}", shadowExpire="99999") for number in range(CROWD)]
    dns = [dn for dn, _ in people]
    crowds = (
        rfc2307.unix_group("crowd", 700, *(f"crowd{number}" for number in range(CROWD))),
        rfc2307.unix_group("everybody", 701, *IN_UNIX),
        rfc2307.group("crowd-names", *dns),
        rfc2307.group("crowds", rfc2307.group_dn("crowd-names")),
    )
    tree = rfc2307.Entries((*rfc2307.tree().entries, *people, *crowds))
    with openldap(
        tree, tls=True, acl=rfc2307.RULES, memberof=False, ppolicy=False, suffix=rfc2307.BASE
    ) as server:
        yield server


# -- who looks


def at_ipa(server: DirectoryServer389, user: str | None = freeipa.READER) -> Reader:
    return Reader(server.login(user), freeipa.BASE)


def at_samba(
    server: SambaDomainController, user: str | None = ad.READER, password: str | None = None
) -> Reader:
    return Reader(server.login(user, password), ad.BASE)


def at_unix(server: OpenLdap, user: str | None = rfc2307.READER) -> Reader:
    url = f"ldaps://127.0.0.1:{server.tls_port}"
    password = rfc2307.PASSWORD if user else None
    return Reader(
        Login(url=url, user=user, password=password, ca_file=server.ca_file), rfc2307.BASE
    )


# -- what it says


def by_verdict(run: Run) -> dict[str, set[str]]:
    verdicts: dict[str, set[str]] = {}
    for name, verdict in run.verdicts.items():
        verdicts.setdefault(verdict, set()).add(name)
    return verdicts


def reasons(run: Run) -> dict[str, str]:
    return {each["username"]: each["explanation"] for each in run.document["accounts"]}


def examined(site: Site, policy: Policy, reader: Reader) -> Run:
    return site.run(policy, reader, "doctor", "--format", "json")


def of_directory(run: Run, health: str) -> list[str]:
    """What `doctor` says of the directory in this state of health, with what to do."""
    return [
        f"{each['said']} -> {each['remedy']}"
        for each in run.document["checks"]
        if each["area"] == "directory" and each["health"] == health
    ]


class TestFreeIpa:
    """389-DS with FreeIPA's tree and access rules."""

    def test_exactly_the_trusted_are_approved(self, site, ipa):
        """Members of the group and of groups in it, if they are neither disabled nor expired."""
        policy = Policy(FREEIPA, ("alldevs", "cycle1"))

        run = site.approve(policy, at_ipa(ipa), IN_IPA)

        assert (0, ["alice", "carol", "erin"]) == (run.code, site.approved()), run.err
        assert {
            "approve": {"alice", "carol", "erin"},  # nsAccountLock FALSE, a future expiration
            "veto": {"bob", "dave"},
            "hold": {"hilda", "mia", "nora", "max", "gina", "hank"},
        } == by_verdict(run)
        assert "(nsAccountLock)" in reasons(run)["bob"]
        assert "(krbPrincipalExpiration)" in reasons(run)["dave"]
        assert ["alice", "carol", "erin"] == site.logged()

    def test_whoever_sees_more_lets_in_nobody_else(self, site, ipa):
        """Neither hidden, staged nor preserved people, who are in no group that they see."""
        policy = Policy(FREEIPA, ("alldevs", "cycle1"))

        site.approve(policy, at_ipa(ipa, freeipa.PRIVILEGED), IN_IPA)

        assert ["alice", "carol", "erin"] == site.approved()

    def test_without_nesting_only_the_group_itself_counts(self, site, ipa):
        site.approve(Policy(f"{FREEIPA}\nnested = false", ("alldevs",)), at_ipa(ipa), IN_IPA)

        assert ["carol"] == site.approved()

    def test_a_dry_run_changes_nothing_and_says_the_same(self, site, ipa):
        policy = Policy(FREEIPA, ("alldevs",))
        site.wait(policy, IN_IPA)

        looked = site.run(policy, at_ipa(ipa), "dry-run", "--format", "json")
        unchanged = site.approved()
        acted = site.run(policy, at_ipa(ipa), "approve", "--format", "json")

        assert [] == unchanged
        assert ["alice", "carol"] == site.approved()
        assert (looked.code, looked.verdicts) == (acted.code, acted.verdicts)
        assert reasons(looked) == reasons(acted)

    def test_one_person_is_explained(self, site, ipa):
        policy = Policy(FREEIPA, ("alldevs",))
        site.wait(policy, IN_IPA)

        run = site.run(policy, at_ipa(ipa), "explain", "dave")

        assert 0 == run.code
        assert "is Dave Dorn (uid dave, dn uid=dave,cn=users,cn=accounts," in run.out
        assert "trust     yes       In alldevs [directory]: dave is a member of alldevs" in run.out
        assert "is locked (krbPrincipalExpiration)" in run.out

    def test_people_are_found_by_the_dn_as_gitlab_stores_it(self, site, ipa):
        """In lower case; by mail, with a comma, of several parts; deleted people are elsewhere."""
        dns = {
            "alice": f"uid=alice,{freeipa.PEOPLE}",
            "bob": f"uid=bob,{freeipa.PEOPLE}",
            "mia": f"mail=mia@example.org,{freeipa.PEOPLE}",
            "nora": rf"cn=nolan\, nora,{freeipa.PEOPLE}",
            "max": f"uid=max+employeeNumber=42,{freeipa.PEOPLE}",
            "gina": f"uid=gina,{freeipa.PRESERVED}",
            "no-dn": "carol",
            "part": f"uid=max,{freeipa.PEOPLE}",
        }

        run = site.approve(Policy(FREEIPA, ("devs", "odd"), "dn"), at_ipa(ipa), dns)

        assert ["alice", "max", "mia", "nora"] == site.approved()
        assert {"hold": {"gina", "no-dn", "part"}, "veto": {"bob"}}.items() <= by_verdict(
            run
        ).items()
        assert "cannot be" in reasons(run)["no-dn"]

    def test_people_are_found_by_their_principals(self, site, ipa):
        """Which differ in letter case, and are then somebody else's."""
        names = {
            "alice": f"alice@{freeipa.REALM}",
            "carol": f"carol@{freeipa.REALM.lower()}",
            "bob": f"bob@{freeipa.REALM}",
            "shouting": f"ALICE@{freeipa.REALM}",
            "realmless": "alice",
        }

        run = site.approve(Policy(FREEIPA, ("alldevs",), "krbPrincipalName"), at_ipa(ipa), names)

        assert ["alice"] == site.approved()
        assert {"approve": {"alice"}, "veto": {"bob"}} | {
            "hold": {"carol", "shouting", "realmless"}
        } == by_verdict(run)

    def test_people_are_found_by_their_unique_identifiers(self, site, ipa):
        """In either case."""
        alice, carol = (str(uuid5(NAMESPACE_DNS, f"{n}.example.org")) for n in ("alice", "carol"))
        names = {"alice": alice, "carol": carol.upper(), "nobody": str(UUID(int=0))}

        run = site.approve(Policy(FREEIPA, ("alldevs",), "ipaUniqueID"), at_ipa(ipa), names)

        assert ["alice", "carol"] == site.approved()
        assert {"nobody"} == by_verdict(run)["hold"]

    def test_whoever_only_looks_like_somebody_is_held(self, site, ipa):
        """To 389-DS a value ends at a NUL, and U+FEFF is nothing."""
        names = {"alice": "alice", **LOOK_ALIKES}

        run = site.approve(Policy(FREEIPA, ("alldevs",)), at_ipa(ipa), names)

        assert (0, ["alice"]) == (run.code, site.approved())
        assert {"hold": names.keys() - {"alice"}, "approve": {"alice"}} == by_verdict(run)

    def test_to_whom_locks_are_hidden_all_the_trusted_wait(self, site, ipa):
        policy = Policy(FREEIPA, ("alldevs", "cycle1"))

        run, doctor = site.approve_and_examine(policy, at_ipa(ipa, freeipa.BLIND), IN_IPA)

        assert (3, []) == (run.code, site.approved())
        assert {"alice", "bob", "carol", "dave", "erin"} == by_verdict(run)["wait"]
        assert 3 == doctor.code
        assert any(
            "nsAccountLock and krbPrincipalExpiration of people cannot be read" in said
            and "LDAP_BIND_DN" in said
            and "directory.locked" in said
            for said in of_directory(doctor, "problem")
        )

    def test_anonymous_approves_nobody(self, site, ipa):
        """Groups hide their members from it: everybody who is found has to wait."""
        policy = Policy(FREEIPA, ("alldevs", "cycle1"))

        run, doctor = site.approve_and_examine(policy, at_ipa(ipa, None), IN_IPA)

        assert (3, []) == (run.code, site.approved())
        assert {"wait", "hold"} == by_verdict(run).keys()
        assert {"hilda", "gina", "hank"} == by_verdict(run)["hold"]
        assert 3 == doctor.code
        assert any("LDAP_BIND_DN" in said for said in of_directory(doctor, "problem"))

    def test_a_key_that_is_hidden_makes_people_wait(self, site, ipa):
        """Anonymous cannot search for them: nobody is found, and nobody is held for it."""
        policy = Policy(FREEIPA, ("alldevs",), "krbPrincipalName")

        run, doctor = site.approve_and_examine(
            policy, at_ipa(ipa, None), {"alice": f"alice@{freeipa.REALM}"}
        )

        assert (3, [], {"wait": {"alice"}}) == (run.code, site.approved(), by_verdict(run))
        assert any("krbPrincipalName" in said for said in of_directory(doctor, "problem"))

    def test_doctor_finds_all_well(self, site, ipa):
        policy = Policy(FREEIPA, ("alldevs", "cycle1"))
        site.wait(policy, IN_IPA)

        run = examined(site, policy, at_ipa(ipa))

        assert (0, []) == (run.code, of_directory(run, "problem") + of_directory(run, "warning"))
        assert "nsAccountLock and krbPrincipalExpiration of people can be read -> " in of_directory(
            run, "ok"
        )


class TestActiveDirectory:
    """Samba as a domain controller."""

    def test_exactly_the_trusted_are_approved(self, site, samba):
        """By sAMAccountName; whom wrong passwords locked out is not disabled."""
        policy = Policy(ACTIVE_DIRECTORY, ("alldevs", "cycle1", "visitors"))

        run = site.approve(policy, at_samba(samba), IN_SAMBA)

        trusted = {"alice", "carol", "erin", "frank", "nora"}
        assert (0, sorted(trusted)) == (run.code, site.approved()), run.err
        assert {
            "approve": trusted,
            "veto": {"bob", "dave"},
            "hold": {"paul"},
        } == by_verdict(run)
        assert "(userAccountControl)" in reasons(run)["bob"]
        assert "(accountExpires)" in reasons(run)["dave"]
        assert sorted(trusted) == site.logged()

    def test_whom_wrong_passwords_locked_out_is_a_matter_of_the_policy(self, site, samba):
        locked = """
        locked = [
          {attribute = "userAccountControl", bit = 2},
          {attribute = "accountExpires", before_now = "filetime"},
          {attribute = "msDS-User-Account-Control-Computed", bit = 16},
        ]"""

        run = site.approve(
            Policy(f"{ACTIVE_DIRECTORY}{locked}", ("visitors", "alldevs")),
            at_samba(samba),
            IN_SAMBA,
        )

        assert ["alice", "carol", "nora"] == site.approved()
        assert {"bob", "dave", "frank"} == by_verdict(run)["veto"]

    def test_without_nesting_only_the_group_itself_counts(self, site, samba):
        policy = Policy(f"{ACTIVE_DIRECTORY}\nnested = false", ("alldevs",))

        site.approve(policy, at_samba(samba), IN_SAMBA)

        assert ["carol"] == site.approved()

    def test_members_by_their_primary_group_do_not_count(self, site, samba):
        """Nobody shows there, so nobody is refused for it, either."""
        run = site.approve(Policy(ACTIVE_DIRECTORY, ("primary",)), at_samba(samba), ["paul"])

        assert (3, {"wait": {"paul"}}) == (run.code, by_verdict(run))

    def test_people_are_found_by_the_dn_as_gitlab_stores_it(self, site, samba):
        """In lower case, a comma escaped; a DN of the container next door is somebody else's."""
        staff = ad.PEOPLE.lower()
        dns = {
            "alice": f"cn=alice anders,{staff}",
            "nora": rf"cn=nolan\, nora,{staff}",
            "bob": f"cn=bob berg,{staff}",
            "elsewhere": f"cn=alice anders,ou=service,{ad.BASE.lower()}",
        }

        run = site.approve(
            Policy(ACTIVE_DIRECTORY, ("alldevs", "visitors"), "dn"), at_samba(samba), dns
        )

        assert ["alice", "nora"] == site.approved()
        assert ({"bob"}, {"elsewhere"}) == (by_verdict(run)["veto"], by_verdict(run)["hold"])

    def test_people_who_are_one_to_gitlab_and_two_to_samba_are_held(self, site, samba):
        """It takes Ș and ș for two letters; in GitLab's DNs they are one."""
        policy = Policy(ACTIVE_DIRECTORY, ("romania",), "dn")
        romania, twin = ad.group_dn("romania"), ad.person("twin", "ștefan țepeș", password=None)
        names = {"stefan": ad.person_dn("ștefan țepeș").lower()}

        alone = site.approve(policy, at_samba(samba), names)
        samba.administrator.add([twin])
        samba.administrator.change(romania, {"member": [twin[0]]})
        beside = site.approve(policy, at_samba(samba), names)
        samba.administrator.delete(twin[0])

        assert {"approve": {"stefan"}} == by_verdict(alone)
        assert {"hold": {"stefan"}} == by_verdict(beside)
        assert "2 entries of the directory have dn" in reasons(beside)["stefan"]

    def test_people_are_found_by_their_principals(self, site, samba):
        """Whose letter case does not count."""
        names = {
            "alice": f"alice@{ad.DOMAIN}",
            "carol": f"Carol@{ad.DOMAIN.upper()}",
            "bob": f"bob@{ad.DOMAIN}",
            "stranger": "erin@example.org",
        }

        run = site.approve(
            Policy(ACTIVE_DIRECTORY, ("alldevs",), "userPrincipalName"), at_samba(samba), names
        )

        assert ["alice", "carol"] == site.approved()
        assert ({"bob"}, {"stranger"}) == (by_verdict(run)["veto"], by_verdict(run)["hold"])

    def test_people_are_found_by_their_guids(self, site, samba):
        """Hyphenated, in either case; anything else cannot be one."""
        guids = {name: _guid(samba, name) for name in ("alice", "carol", "bob", "erin")}
        names = guids | {
            "carol": guids["carol"].upper(),
            "erin": guids["erin"].replace("-", ""),
            "swapped": str(UUID(bytes=UUID(guids["erin"]).bytes_le)),
        }

        run = site.approve(
            Policy(ACTIVE_DIRECTORY, ("alldevs", "cycle1"), "objectGUID"), at_samba(samba), names
        )

        assert ["alice", "carol"] == site.approved()
        assert {"erin", "swapped"} == by_verdict(run)["hold"]
        assert {"bob"} == by_verdict(run)["veto"]
        assert "cannot be" in reasons(run)["erin"]

    def test_whoever_only_looks_like_somebody_is_held(self, site, samba):
        """Groups and computers have names of the same kind, and are nobody."""
        names = {"alice": "alice", **LOOK_ALIKES, "group": "devs", "computer": "DC1$"}

        run = site.approve(Policy(ACTIVE_DIRECTORY, ("alldevs",)), at_samba(samba), names)

        assert (0, ["alice"]) == (run.code, site.approved())
        assert {"hold": names.keys() - {"alice"}, "approve": {"alice"}} == by_verdict(run)

    @pytest.mark.parametrize(
        ("user", "password"),
        [
            (f"CN=glaab,OU=Service,{ad.BASE}", None),
            (r"EXAMPLE\strange", PASSWORD),
        ],
    )
    def test_whoever_binds_may_be_named_in_each_way(self, site, samba, user, password):
        """And have a password with letters that a client could normalise."""
        reader = at_samba(samba, user, password)

        run = site.approve(Policy(ACTIVE_DIRECTORY, ("alldevs",)), reader, ["alice", "bob"])

        assert (0, ["alice"]) == (run.code, site.approved()), run.out

    def test_a_hardened_domain_makes_everybody_wait(self, site, samba):
        policy = Policy(ACTIVE_DIRECTORY, ("alldevs", "cycle1"))

        with samba.hardened():
            run = site.approve(policy, at_samba(samba), IN_SAMBA)

        assert (3, []) == (run.code, site.approved())
        assert {"wait": set(IN_SAMBA)} == by_verdict(run)

    def test_a_hardened_domain_makes_the_trusted_wait_without_nesting(self, site, samba):
        """A group's list shows there, locks do not."""
        policy = Policy(f"{ACTIVE_DIRECTORY}\nnested = false", ("devs",))

        with samba.hardened():
            run = site.approve(policy, at_samba(samba), IN_SAMBA)

        assert (3, []) == (run.code, site.approved())
        assert {"alice", "bob", "dave"} == by_verdict(run)["wait"]

    def test_doctor_tells_of_a_hardened_domain(self, site, samba):
        policy = Policy(ACTIVE_DIRECTORY, ("alldevs", "cycle1"))
        site.wait(policy, IN_SAMBA)

        with samba.hardened():
            run = examined(site, policy, at_samba(samba))

        assert 3 == run.code
        assert any("userAccountControl" in said for said in of_directory(run, "problem"))

    def test_a_reader_who_sees_itself_alone_proves_nothing_of_others(self, site, samba):
        """In a hardened domain: it is in the group, whether others are cannot be seen."""
        own = f"CN=glaab,OU=Service,{ad.BASE}"
        members = {"member": [own, ad.group_dn("devs"), ad.person_dn("Carol Czerny")]}
        samba.administrator.change(ad.group_dn("alldevs"), members)

        with samba.hardened():
            run = site.approve(Policy(ACTIVE_DIRECTORY, ("alldevs",)), at_samba(samba), ["alice"])
        samba.administrator.change(ad.group_dn("alldevs"), {"member": members["member"][1:]})

        assert (3, {"wait": {"alice"}}) == (run.code, by_verdict(run))

    def test_anonymous_is_told_to_bind(self, site, samba):
        policy = Policy(ACTIVE_DIRECTORY, ("alldevs",))

        run, doctor = site.approve_and_examine(policy, at_samba(samba, None), IN_SAMBA)

        assert (3, [], {"wait": set(IN_SAMBA)}) == (run.code, site.approved(), by_verdict(run))
        assert 3 == doctor.code
        assert any("set LDAP_BIND_DN" in said for said in of_directory(doctor, "problem"))

    def test_doctor_finds_all_well(self, site, samba):
        policy = Policy(ACTIVE_DIRECTORY, ("alldevs", "cycle1"))
        site.wait(policy, IN_SAMBA)

        run = examined(site, policy, at_samba(samba))

        assert (0, []) == (run.code, of_directory(run, "problem") + of_directory(run, "warning"))
        assert "userAccountControl and accountExpires of people can be read -> " in of_directory(
            run, "ok"
        )


def _guid(server: SambaDomainController, name: str) -> str:
    with server.login(ad.READER).connection() as connection:
        connection.search(ad.PEOPLE, f"(sAMAccountName={name})", attributes=["objectGUID"])
        (found,) = connection.response
    return str(UUID(bytes_le=found["raw_attributes"]["objectGUID"][0]))


class TestRfc2307:
    """OpenLDAP with people and groups as Unix knows them."""

    def test_exactly_the_trusted_are_approved(self, site, unix):
        """Members by their uid to the letter: of `loud`, which has ALICE, alice is none."""
        run = site.approve(Policy(RFC2307, ("devs", "loud")), at_unix(unix), IN_UNIX)

        assert (0, ["alice"]) == (run.code, site.approved()), run.err
        assert {"bob", "carol"} == by_verdict(run)["veto"]
        assert "(loginShell)" in reasons(run)["bob"]
        assert "(shadowExpire)" in reasons(run)["carol"]
        assert ["alice"] == site.logged()

    def test_a_member_in_other_letters_is_somebody_else(self, site, unix):
        run = site.approve(Policy(RFC2307, ("loud",)), at_unix(unix), ["alice", "ghost"])

        assert (0, {"hold": {"alice", "ghost"}}) == (run.code, by_verdict(run))

    def test_a_unique_member_of_another_identifier_is_somebody_else(self, site, unix):
        policy = Policy(f'{RFC2307}\nmember = "uniqueMember"', ("unique",))

        run = site.approve(policy, at_unix(unix), ["alice", "carol"])

        assert (0, ["alice"], {"carol"}) == (run.code, site.approved(), by_verdict(run)["hold"])

    def test_groups_in_groups_are_read_one_after_the_other(self, site, unix):
        """In a circle, too."""
        policy = Policy(f'{RFC2307}\nmember = "member"\nnested = true', ("allnames", "cycle1"))

        run = site.approve(policy, at_unix(unix), IN_UNIX)

        assert (0, ["alice", "erin"]) == (run.code, site.approved())
        assert {"bob", "carol"} == by_verdict(run)["veto"]

    def test_each_lock_is_seen(self, site, unix):
        """Days that are never, or to come, lock nobody; one of several values is enough."""
        run = site.approve(Policy(RFC2307, ("everybody",)), at_unix(unix), IN_UNIX)

        locked = {
            "bob": "loginShell",
            "gina": "loginShell",
            "carol": "shadowExpire",
            "frank": "employeeType",
            "holly": "loginShell",
        }
        told = reasons(run)
        assert ["alice", "dave", "erin", "paul"] == site.approved()
        assert locked.keys() == by_verdict(run)["veto"]
        assert all(f"is locked ({name})" in told[uid] for uid, name in locked.items())

    def test_whom_a_hidden_expiration_could_lock_waits(self, site, unix):
        """Only the reader may read it; what can be seen to be a lock is one all the same."""
        policy = Policy(RFC2307, ("devs", "loud"))

        run, doctor = site.approve_and_examine(policy, at_unix(unix, None), IN_UNIX)

        assert (3, []) == (run.code, site.approved())
        assert ({"alice", "carol"}, {"bob"}) == (by_verdict(run)["wait"], by_verdict(run)["veto"])
        assert 3 == doctor.code
        assert any("shadowExpire" in said for said in of_directory(doctor, "problem"))

    def test_people_are_found_by_the_dn_as_gitlab_stores_it(self, site, unix):
        dns = {"alice": rfc2307.person_dn("alice"), "bob": rfc2307.person_dn("bob")}

        site.approve(Policy(RFC2307, ("devs",), "dn"), at_unix(unix), dns)

        assert ["alice"] == site.approved()

    def test_doctor_finds_all_well(self, site, unix):
        policy = Policy(RFC2307, ("devs", "loud"))
        site.wait(policy, IN_UNIX)

        run = examined(site, policy, at_unix(unix))

        assert (0, []) == (run.code, of_directory(run, "problem") + of_directory(run, "warning"))


# -- the wrong preset

IPA_BRANCHES = 'people = "cn=users,cn=accounts"\ngroups = "cn=groups,cn=accounts"'
SAMBA_BRANCHES = 'people = "OU=Staff"\ngroups = "OU=Roles"\nuid = "sAMAccountName"'
WRONG_ON_IPA = {
    "wikimedia's locks": f'layout = "wikimedia"\n{IPA_BRANCHES}',
    "Unix's locks": f'layout = "rfc2307"\nmember = "member"\n{IPA_BRANCHES}{LOCKS}',
    "active-directory": ACTIVE_DIRECTORY,
    "active-directory with uid": f'{ACTIVE_DIRECTORY}\n{IPA_BRANCHES}\nuid = "uid"'
    '\ngroup_name = "cn"\npeople_filter = ""\ngroup_filter = ""\nkeys = []',
    "locks that it has never heard of": f"{FREEIPA}"
    '\nlocked = [{attribute = "pwdPolicySubentry", present = true},'
    ' {attribute = "pwdAccountLockedTime", present = true}]',
}
WRONG_ON_SAMBA = {
    "wikimedia's locks": f'layout = "wikimedia"\n{SAMBA_BRANCHES}',
    "freeipa": FREEIPA,
    "FreeIPA's locks": f'{FREEIPA}\n{SAMBA_BRANCHES}\ngroup_filter = "(objectClass=group)"',
}
WRONG_ON_UNIX = {
    "FreeIPA's locks": f'{FREEIPA}\npeople = "ou=people"\ngroups = "ou=groups"\nmember = "member"',
    "active-directory": ACTIVE_DIRECTORY,
}


def expect_nobody(site: Site, reader: Reader, directory: str, group: str) -> None:
    """Nobody is approved, and doctor says which key or setting to change, not that it is well."""
    policy = Policy(directory, (group,))

    run, doctor = site.approve_and_examine(
        policy, reader, ["alice", "bob", "carol", "dave", "frank"]
    )

    assert ([], 3) == (site.approved(), run.code), run.out
    assert 3 == doctor.code
    problems = of_directory(doctor, "problem")
    assert any("directory." in said or "LDAP_" in said for said in problems)
    assert [] == [said for said in of_directory(doctor, "ok") if "of people can be read" in said]


@pytest.mark.parametrize("directory", WRONG_ON_IPA.values(), ids=WRONG_ON_IPA)
def test_another_layout_approves_nobody_of_freeipa(site, ipa, directory):
    """Not even to whoever may read every attribute, those that are not there included."""
    expect_nobody(site, at_ipa(ipa, freeipa.READ_ALL), directory, "devs")


@pytest.mark.parametrize("directory", WRONG_ON_SAMBA.values(), ids=WRONG_ON_SAMBA)
def test_another_layout_approves_nobody_of_active_directory(site, samba, directory):
    expect_nobody(site, at_samba(samba), directory, "devs")


@pytest.mark.parametrize("directory", WRONG_ON_UNIX.values(), ids=WRONG_ON_UNIX)
def test_another_layout_approves_nobody_of_unix(site, unix, directory):
    expect_nobody(site, at_unix(unix), directory, "names")


# -- how often the directory is asked

FLAT = {
    "freeipa": Policy(f"{FREEIPA}\nnested = false", ("crowd", "devs")),
    "active-directory": Policy(f"{ACTIVE_DIRECTORY}\nnested = false", ("crowd", "devs")),
    "rfc2307": Policy(RFC2307, ("crowd", "devs")),
}
NESTED = {
    "freeipa": Policy(FREEIPA, ("crowds", "devs")),
    "active-directory": Policy(ACTIVE_DIRECTORY, ("crowds", "devs")),
    "rfc2307": Policy(f'{RFC2307}\nmember = "member"\nnested = true', ("crowds", "names")),
}


@pytest.fixture
def reader(request, layout: str) -> Reader:
    """Who looks at the directory of this layout."""
    match layout:
        case "freeipa":
            return at_ipa(request.getfixturevalue("ipa"))
        case "active-directory":
            return at_samba(request.getfixturevalue("samba"))
    return at_unix(request.getfixturevalue("unix"))


def searches(site: Site, policy: Policy, reader: Reader, pending: int) -> int:
    """How many it takes to look at so many, all of whom are trusted; the bind beside."""
    site.wait(policy, [f"crowd{number}" for number in range(pending)])
    run = site.run(policy, reader, "dry-run", "--format", "json")
    assert 0 == run.code, run.err
    assert pending == sum(
        "crowd" in because for each in run.document["accounts"] for because in each["because"]
    )
    return run.document["systems"]["directory"]["requests"] - 1


@pytest.mark.parametrize("layout", FLAT)
def test_searches_follow_batches_and_groups(site, reader, layout):
    policy = FLAT[layout]

    asked = searches(site, policy, reader, CROWD)

    assert asked <= 4 + len(policy.groups) + 4 * ceil(CROWD / 200)


@pytest.mark.parametrize("layout", NESTED)
def test_groups_in_groups_cost_batches_too(site, reader, layout):
    policy = NESTED[layout]

    asked = searches(site, policy, reader, CROWD)

    batches = ceil(CROWD / 200)
    assert asked <= 4 + len(policy.groups) * (2 + batches) + 4 * batches
