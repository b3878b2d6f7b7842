"""The servers of the contract tests are what they say, as seen by a client that is not glaab."""

import pytest
from ldap3.core.exceptions import LDAPInvalidCredentialsResult, LDAPOperationsErrorResult

from tests.contract.services import active_directory as ad
from tests.contract.services import freeipa, rfc2307
from tests.contract.services.entries import Login
from tests.contract.services.openldap import OpenLdap

# pyasn1 0.6 warns of names that ldap3 2.9.1 imports.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

BOB = freeipa.person_dn("bob")
DEVS = freeipa.group_dn("devs")
IN_CHAIN = "memberOf:1.2.840.113556.1.4.1941:"


def root_dse(login: Login, name: str) -> list[str]:
    return login.search("", "(objectClass=*)", name, scope="BASE")[""][name]


def unix_login(server: OpenLdap, user: str | None = None) -> Login:
    url = f"ldaps://127.0.0.1:{server.tls_port}"
    password = rfc2307.PASSWORD if user else None
    return Login(url=url, user=user, password=password, ca_file=server.ca_file)


def uids(found: dict) -> set[str]:
    """The names in the first RDN of each DN."""
    return {dn.split(",")[0].split("=")[1] for dn in found}


class TestFreeIpa:
    def test_it_is_389_ds(self, ipa):
        assert ["389 Project"] == root_dse(ipa.login(), "vendorName")

    @pytest.mark.parametrize(
        ("reader", "sees"),
        [
            (None, set()),
            (freeipa.BLIND, {"memberOf"}),
            (freeipa.READER, {"memberOf", "nsAccountLock"}),
            (freeipa.READ_ALL, {"memberOf", "nsAccountLock"}),
            (freeipa.PRIVILEGED, {"memberOf", "nsAccountLock"}),
        ],
    )
    def test_who_sees_locks_and_groups(self, ipa, reader, sees):
        shown = ipa.login(reader).search(BOB, "(uid=bob)", "memberOf", "nsAccountLock")

        assert sees == shown[BOB].keys()

    def test_members_show_to_the_bound_alone(self, ipa):
        assert {} == ipa.login().search(DEVS, "(cn=devs)", "member")[DEVS]
        assert 3 == len(
            ipa.login(freeipa.READER).search(DEVS, "(cn=devs)", "member")[DEVS]["member"]
        )

    def test_who_is_not_locked_is_proven_to_whoever_sees_locks(self, ipa):
        query = "(&(|(uid=alice)(uid=bob)(uid=carol))(!(nsAccountLock=TRUE)))"

        assert {"alice", "carol"} == uids(ipa.login(freeipa.READER).search(freeipa.PEOPLE, query))
        assert {} == ipa.login(freeipa.BLIND).search(freeipa.PEOPLE, query)

    def test_groups_in_groups_show_in_the_people(self, ipa):
        query = f"(memberOf={freeipa.group_dn('alldevs')})"

        found = ipa.login(freeipa.READER).search(freeipa.PEOPLE, query)

        assert {"alice", "bob", "carol", "dave"} == uids(found)

    def test_preserved_staged_and_hidden_people_show_to_the_privileged_alone(self, ipa):
        query = "(|(uid=gina)(uid=hank)(uid=hilda))"

        assert {} == ipa.login(freeipa.READER).search(freeipa.BASE, query)
        assert 3 == len(ipa.login(freeipa.PRIVILEGED).search(freeipa.BASE, query))


class TestSamba:
    def test_it_is_an_active_directory(self, samba):
        assert "1.2.840.113556.1.4.800" in root_dse(samba.login(), "supportedCapabilities")

    def test_anonymous_sees_nothing(self, samba):
        with pytest.raises(LDAPOperationsErrorResult):
            samba.login().search(ad.PEOPLE, "(sAMAccountName=bob)")

    def test_locks_are_read(self, samba):
        locks = ("userAccountControl", "accountExpires", "msDS-User-Account-Control-Computed")

        found = samba.login(ad.READER).search(ad.PEOPLE, "(objectClass=user)", *locks)

        shown = {dn: [values[name][0] for name in locks] for dn, values in found.items()}
        never = "9223372036854775807"
        assert ["512", never, "0"] == shown[ad.person_dn("Alice Anders")]
        assert ["514", never, "0"] == shown[ad.person_dn("Bob Berg")]
        assert ["512", "132223104000000000", "0"] == shown[ad.person_dn("Dave Dorn")]
        assert ["512", "0", "0"] == shown[ad.person_dn("Erin Eber")]
        assert ["512", never, "16"] == shown[ad.person_dn("Frank Falk")]

    def test_a_hardened_domain_hides_them(self, samba):
        reader, bob = samba.login(ad.READER), ad.person_dn("Bob Berg")

        with samba.hardened():
            hidden = reader.search(bob, "(cn=*)", "userAccountControl")
        shown = reader.search(bob, "(cn=*)", "userAccountControl")

        assert [{}, {"userAccountControl": ["514"]}] == [hidden[bob], shown[bob]]

    @pytest.mark.parametrize(
        ("group", "members"),
        [
            ("alldevs", {"Alice Anders", "Bob Berg", "Carol Czerny", "Dave Dorn"}),
            ("cycle1", {"Erin Eber"}),
            ("empty", set()),
            ("primary", set()),
        ],
    )
    def test_groups_in_groups_are_followed(self, samba, group, members):
        query = f"({IN_CHAIN}={ad.group_dn(group)})"

        assert members == uids(samba.login(ad.READER).search(ad.PEOPLE, query))

    def test_a_disabled_account_cannot_log_in(self, samba):
        with pytest.raises(LDAPInvalidCredentialsResult, match="data 533"):
            samba.login(f"bob@{ad.DOMAIN}").search(ad.PEOPLE, "(cn=*)")


class TestRfc2307:
    def test_it_is_openldap(self, nis):
        assert "OpenLDAProotDSE" in root_dse(unix_login(nis), "objectClass")

    def test_expirations_show_to_the_reader_alone(self, nis):
        carol = rfc2307.person_dn("carol")

        assert {} == unix_login(nis).search(carol, "(uid=carol)", "shadowExpire")[carol]
        shown = unix_login(nis, rfc2307.READER).search(carol, "(uid=carol)", "shadowExpire")
        assert {"shadowExpire": ["1"]} == shown[carol]

    def test_members_are_names_or_dns_as_they_were_written(self, nis):
        found = unix_login(nis).search(rfc2307.GROUPS, "(cn=*)", "memberUid", "uniqueMember")

        assert ["ALICE", "carol"] == found[rfc2307.group_dn("loud")]["memberUid"]
        assert (
            f"{rfc2307.person_dn('carol')}#'0101'B"
            in found[rfc2307.group_dn("unique")]["uniqueMember"]
        )
        assert {} == found[rfc2307.group_dn("staff")]
