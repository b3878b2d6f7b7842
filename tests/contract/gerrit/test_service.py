"""GerritRest against a real Gerrit 3.10.2, and the simulator beside it."""

from base64 import b64encode
from contextlib import ExitStack
from urllib.parse import parse_qsl, unquote

import pytest

from glaab.adapters.gerrit.client import GerritApi, GerritRest
from glaab.adapters.gerrit.diagnostics import GerritHealthCheck
from glaab.domain.errors import SystemUnavailable
from glaab.domain.evidence import Unknown
from glaab.domain.names import Uid
from glaab.domain.sources.gerrit import GERRIT
from tests.contract.gerrit.contract import TRUSTED, GerritContract, an_account
from tests.contract.gerrit.simulator import GerritGroup, GerritSimulator, GerritUser
from tests.contract.services.gerrit import (
    EVERYBODY,
    PASSWORD,
    ROOT,
    USER,
    content,
    gerrit,
)
from tests.contract.sessions import http_session
from tests.contract.told import told
from tests.contract.wire import Request

ADA = Uid("ada")
BOB = Uid("bob")
GLAAB = (USER, PASSWORD)
EITHER_STATE = "%20(is:active%20OR%20is:inactive)"


@pytest.fixture(scope="module")
def running():
    with gerrit() as service:
        yield service


@pytest.fixture
def service(running):
    """A Gerrit with nobody in it but an administrator and glaab."""
    running.clear()
    return running


@pytest.fixture
def asked_by(running):
    """A function: a user, a password -> the adapter under test."""
    with ExitStack() as stack:

        def asked_by(user=USER, password=PASSWORD):
            session = http_session(GERRIT, running.origin)
            url = f"{running.origin}{ROOT}"
            session = stack.enter_context(session)
            api = GerritApi(url=url, user=user, password=password, session=session)
            return GerritRest(api=api)

        yield asked_by


@pytest.fixture
def asked(asked_by):
    """The adapter under test, as glaab."""
    return asked_by()


class TestGerritRestOnGerrit(GerritContract):
    """The contract, kept by a real Gerrit."""

    rung = "service"

    @pytest.fixture
    def given(self, running, asked):
        def given(accounts, groups):
            running.hold(accounts, groups)
            return asked

        return given

    # Gerrit 3.10.2 gives no new account a slash, nor a last letter that is none (or a digit).
    @pytest.mark.parametrize(
        "username",
        [
            "a.b-c_d",
            "a+b&c%20d",
            "a#b?c@d",
            "a{b}~c",
            "0",
            "x*y",
            "a!b$c’d^e=f`g|h",
            "x" * 250,
            "and",
            "or",
            "not",
            "and.or",
        ],
    )
    def test_usernames_with_difficult_letters_are_found(self, given, username):
        super().test_usernames_with_difficult_letters_are_found(given, username)


class TestGroups:
    def test_members_of_included_groups_are_members(self, service, asked):
        """Each once, whatever includes what, and inactive ones too."""
        ada, bob = service.account("ada"), service.account("bob")
        inner = service.group("inner", [ada, bob])
        middle = service.group("middle", includes=[inner])
        service.include(inner, service.group(TRUSTED, [ada], includes=[middle]))
        service.deactivate(bob)

        assert frozenset({"ada", "bob"}) == asked.members(TRUSTED)

    def test_members_of_included_groups_that_glaab_may_not_see_are_left_out(self, service, asked):
        """And so are those of a visible group that only a hidden one includes."""
        ada, bob, cy = map(service.account, ("ada", "bob", "cy"))
        seen = service.group("seen", [cy])
        hidden = service.group("hidden", [bob], includes=[seen], is_visible=False)
        service.group(TRUSTED, [ada], includes=[hidden])

        assert frozenset({"ada"}) == asked.members(TRUSTED)

    def test_a_hidden_group_that_glaab_is_in_is_seen(self, service, asked):
        glaab = service.administer("GET", f"accounts/{USER}")["_account_id"]
        service.group(TRUSTED, [service.account("ada"), glaab], is_visible=False)

        assert frozenset({"ada", "glaab"}) == asked.members(TRUSTED)

    def test_members_of_included_groups_elsewhere_are_left_out(self, service, asked):
        service.account("bob")
        service.group(TRUSTED, [service.account("ada")], includes=[EVERYBODY])

        assert frozenset({"ada"}) == asked.members(TRUSTED)

    def test_a_group_of_nobody_but_groups_elsewhere_is_unknown(self, service, asked):
        service.account("bob")
        service.group(TRUSTED, includes=[EVERYBODY])

        assert Unknown(f"Gerrit shows no member of group {TRUSTED}") == asked.members(TRUSTED)

    @pytest.mark.parametrize("group", ["Registered Users", EVERYBODY, "Anonymous Users"])
    def test_a_group_elsewhere_is_unknown(self, service, asked, group):
        reason = "is kept outside Gerrit, which cannot list it"

        assert Unknown(f"Gerrit group {group} {reason}") == asked.members(group)

    @pytest.mark.parametrize(
        "group", ["hidden", "nowhere", "ldap:cn=wmf", "ldap/wmf", "Project Owners"]
    )
    def test_a_group_that_glaab_cannot_see_is_unknown(self, service, asked, group):
        service.group("hidden", [service.account("ada")], is_visible=False)

        reason = "is missing or not visible to glaab"
        assert Unknown(f"Gerrit group {group} {reason}") == asked.members(group)

    def test_members_without_a_username_are_left_out(self, service, asked):
        ada, bob = service.account("ada"), service.account("bob")
        service.group(TRUSTED, [ada, bob])
        service.take_username(bob)

        assert frozenset({"ada"}) == asked.members(TRUSTED)

    def test_a_group_goes_by_its_uuid_too(self, service, asked):
        group = service.group(TRUSTED, [service.account("ada")])

        assert frozenset({"ada"}) == asked.members(group)

    def test_a_number_is_a_groups_number_before_it_is_a_name(self, service, asked):
        ada, bob = service.account("ada"), service.account("bob")
        number = service.administer("GET", f"groups/{service.group(TRUSTED, [ada])}")["group_id"]
        service.rename(service.group("numbered", [bob]), str(number))

        assert frozenset({"ada"}) == asked.members(str(number))


class TestGroupsThatAreNamedAlike:
    """Gerrit 3.10.2 asks for unique names with regard to case, but finds them without."""

    def test_case_does_not_count(self, service, asked):
        service.group(TRUSTED, [service.account("ada")])

        assert frozenset({"ada"}) == asked.members(TRUSTED.lower())

    @pytest.mark.parametrize(
        ("name", "found"), [(TRUSTED.upper(), "bob"), (TRUSTED.lower(), "ada")]
    )
    def test_the_first_in_order_is_found(self, service, asked, name, found):
        """Even if the other's name is the very one asked for."""
        ada, bob = service.account("ada"), service.account("bob")
        service.group(TRUSTED, [ada])
        service.rename(service.group("other", [bob]), name)

        assert frozenset({found}) == asked.members(TRUSTED)

    def test_those_that_glaab_cannot_see_do_not_count(self, service, asked):
        ada, bob = service.account("ada"), service.account("bob")
        service.group(TRUSTED, [ada])
        service.rename(service.group("other", [bob], is_visible=False), TRUSTED.upper())

        assert frozenset({"ada"}) == asked.members(TRUSTED)

    def test_an_uuid_is_one_groups_own(self, service, asked):
        ada, bob = service.account("ada"), service.account("bob")
        group = service.group(TRUSTED, [ada])
        service.rename(service.group("other", [bob]), TRUSTED.upper())

        assert frozenset({"ada"}) == asked.members(group)


class TestAccounts:
    def test_ten_long_names_fit_into_one_question(self, service, asked):
        names = [Uid(f"{'a&' * 124}{n}") for n in range(10)]
        for name in names:
            service.account(name)

        assert set(names) == set(asked.accounts(names))

    @pytest.mark.parametrize("inactive", ["ada", "ADA"])
    def test_of_two_usernames_that_differ_in_case_the_inactive_counts(
        self, service, asked, inactive
    ):
        numbers = {"ada": service.account("ada"), "ADA": service.another_account("ADA")}
        service.deactivate(numbers[inactive])

        assert {ADA: an_account(inactive, is_active=False)} == asked.accounts([ADA])

    def test_a_list_that_is_cut_off_is_no_answer(self, service, asked):
        service.account("ada")
        service.another_account("ADA")
        service.another_account("Ada")

        with pytest.raises(SystemUnavailable, match="its list of accounts is cut off"):
            asked.accounts([ADA])

    def test_a_lower_limit_of_gerrits_own_cuts_off_too(self, service, asked):
        """The global capability `queryLimit`, which counts what is found."""
        service.account("ada")
        service.account("bob")
        service.allow("queryLimit", min=0, max=1)

        try:
            assert {ADA: an_account()} == asked.accounts([ADA, Uid("nobody")])
            with pytest.raises(SystemUnavailable, match="its list of accounts is cut off"):
                asked.accounts([ADA, BOB])
        finally:
            service.forbid("queryLimit")

    def test_an_account_that_glaab_may_not_see_has_no_key(self, service, asked):
        """As `accounts.visibility` may have it; in a list of members it is all the same."""
        service.group(TRUSTED, [service.account("ada")])
        service.forbid("viewAllAccounts")

        try:
            assert {} == asked.accounts([ADA])
            assert frozenset({"ada"}) == asked.members(TRUSTED)
        finally:
            service.allow("viewAllAccounts")

    def test_a_name_is_not_searched_in_other_fields(self, service, asked):
        number = service.account("somebody")
        service.administer("PUT", f"accounts/{number}/name", {"name": "lovelace"})
        service.administer("PUT", f"accounts/{number}/status", {"status": "lovelace"})

        assert {} == asked.accounts([Uid("lovelace"), Uid(str(number))])


class TestCredentials:
    @pytest.mark.parametrize(
        "credentials",
        [(USER, "wrong"), (USER, ""), ("nobody", PASSWORD), (USER.upper(), PASSWORD)],
    )
    def test_wrong_ones_are_no_answer(self, service, asked_by, credentials):
        asked = asked_by(*credentials)

        for ask in (lambda: asked.accounts([ADA]), lambda: asked.members(TRUSTED)):
            with pytest.raises(SystemUnavailable, match=r"refused the credentials .*Unauthorized"):
                ask()

    def test_those_of_an_inactive_account_are_wrong(self, service, asked_by):
        number = service.account("bot")
        service.administer("PUT", f"accounts/{number}/password.http", {"http_password": "made up"})
        before = asked_by("bot", "made up").accounts([Uid("bot")])
        service.deactivate(number)

        assert {Uid("bot"): an_account("bot")} == before
        with pytest.raises(SystemUnavailable, match="refused the credentials"):
            asked_by("bot", "made up").accounts([ADA])

    def test_they_travel_as_utf8(self, service, asked_by):
        number = service.account("b’t")
        service.administer("PUT", f"accounts/{number}/password.http", {"http_password": "пароль"})

        assert {} == asked_by("b’t", "пароль").accounts([ADA])


@pytest.fixture(scope="class")
def simulator(running):
    """The same world in both."""
    running.clear()
    users = {
        running.account(username): username
        for username in ("ada", "bob", "Cy.D", "and", "a&b", "a*b", "nameless")
    }
    ada, bob, cy, *_, nameless = users
    seen = running.group("seen", [bob, ada])
    hidden = running.group("hidden", [cy], is_visible=False)
    members, includes = [cy, nameless, ada], [seen, hidden, EVERYBODY]
    running.include(seen, running.group(TRUSTED, members, includes=includes))
    running.group("empty")
    running.group("tools/X Y", [ada])
    running.rename(running.group("other", [bob]), "TOOLS/x y")
    running.administer("PUT", f"accounts/{nameless}/name", {"name": "Somebody"})
    running.take_username(nameless)
    running.deactivate(bob)
    return GerritSimulator(
        users={
            **{
                number: GerritUser(
                    id=number, username=username, name=username, is_active=number != bob
                )
                for number, username in users.items()
            },
            nameless: GerritUser(id=nameless, username=None),
        },
        groups={
            TRUSTED: GerritGroup(
                members=tuple(members), includes=("seen", "hidden", "Registered Users")
            ),
            "seen": GerritGroup(members=(bob, ada), includes=(TRUSTED,)),
            "hidden": GerritGroup(members=(cy,), is_visible=False),
            "Registered Users": GerritGroup(is_external=True),
            "empty": GerritGroup(),
            "TOOLS/x y": GerritGroup(members=(bob,)),
            "tools/X Y": GerritGroup(members=(ada,)),
        },
    )


class TestTheSimulator:
    """It answers as Gerrit does."""

    @pytest.mark.parametrize(
        "group",
        [
            TRUSTED,
            TRUSTED.upper(),
            "seen",
            "hidden",
            "nowhere",
            "Registered%20Users",
            "empty",
            "tools%2Fx%20y",
            "tools%2FX%20Y",
        ],
    )
    def test_of_members(self, running, simulator, group):
        path = f"{ROOT}/a/groups/{group}/members/"

        assert really(running, path, "recursive") == simulated(simulator, path, "recursive")

    @pytest.mark.parametrize(
        "query",
        [
            "username:ada",
            f"username:ada{EITHER_STATE}",
            f"username:ADA{EITHER_STATE}&o=DETAILS&n=2",
            "username:bob&o=DETAILS",
            f"username:bob{EITHER_STATE}&o=DETAILS&n=2",
            f"username:cy.d{EITHER_STATE}&o=DETAILS&n=2",
            f"username:nobody{EITHER_STATE}&o=DETAILS&n=2",
            f'username:"and"{EITHER_STATE}&o=DETAILS&n=2',
            f'username:"a%26b"{EITHER_STATE}&o=DETAILS&n=2',
            f"username:a*b{EITHER_STATE}&o=DETAILS&n=2",
            f"(username:ada%20OR%20username:bob){EITHER_STATE}&o=DETAILS&n=4",
            "(username:ada%20OR%20username:bob)&o=DETAILS&n=4",
            f"(username:bob%20OR%20username:ada){EITHER_STATE}&o=DETAILS&n=1",
            f"(username:ada%20OR%20username:bob){EITHER_STATE}&n=1",
        ],
    )
    def test_of_accounts(self, running, simulator, query):
        query = f"q={query}"
        path = f"{ROOT}/a/accounts/"

        assert really(running, path, query) == simulated(simulator, path, query)

    @pytest.mark.parametrize("query", ["and", "or", "not", "a%26b", "a$b", "a?b", "a}b", "-a"])
    def test_of_names_that_need_quotes(self, running, simulator, query):
        """It does not answer at all, as it holds them for a mistake of glaab's."""
        query = f"q=username:{query}{EITHER_STATE}"
        path = f"{ROOT}/a/accounts/"

        status, words = really(running, path, query)

        assert (400, True) == (status, "no viable alternative" in words)
        with pytest.raises(AssertionError):
            simulated(simulator, path, query)

    def test_of_wrong_passwords(self, running, simulator):
        path, wrong = f"{ROOT}/a/accounts/", (USER, "wrong")

        assert really(running, path, "q=x", wrong) == simulated(simulator, path, "q=x", wrong)


def really(running, path, query, who=GLAAB):
    response = running.send("GET", f"{path}?{query}", who)
    return response.status_code, content(response.content)


def simulated(simulator, path, query, who=GLAAB):
    basic = b64encode(":".join(who).encode()).decode()
    request = Request(
        method="GET",
        path=unquote(path),
        raw_path=path,
        query=tuple(parse_qsl(query, keep_blank_values=True)),
        headers={"authorization": f"Basic {basic}"},
    )
    response = simulator.handle(request)
    return response.status, content(response.body)


class TestGerritCheckup:
    """What `glaab doctor` finds at a real Gerrit."""

    @pytest.fixture
    def health_check(self, running):
        """A function: what differs -> the checkup of the trusted group, and what was asked."""
        with ExitStack() as stack:

            def made(password=PASSWORD):
                session = stack.enter_context(http_session(GERRIT, running.origin))
                url = f"{running.origin}{ROOT}"
                api = GerritApi(url=url, user=USER, password=password, session=session)
                return GerritHealthCheck(api=api, groups=[TRUSTED])

            yield made

    def test_all_is_well(self, service, health_check):
        service.group(TRUSTED, includes=[service.group("inner")])

        assert {
            "credentials": ["ok: the credentials of glaab are good"],
            "rights": ["ok: glaab has no rights of an administrator"],
            f"groups in {TRUSTED}": [
                "ok: Gerrit lists the members of every group that it includes"
            ],
        } == told(health_check())

    def test_a_wrong_password_is_refused(self, service, health_check):
        refused = "it refused the credentials (HTTP 401: Unauthorized)"
        refused += ": see GERRIT_USER and GERRIT_PASSWORD"
        ask = "-> ask an administrator of Gerrit about it"

        assert {
            "credentials": [f"unavailable: {refused}"],
            "rights": [f"warning: it cannot be told what glaab may do: {refused} {ask}"],
            f"groups in {TRUSTED}": [
                f"warning: it cannot be told which groups it includes: {refused} {ask}"
            ],
        } == told(health_check("wrong"))

    def test_a_group_of_gerrits_own_system_whose_members_it_does_not_list_is_named(
        self, service, health_check
    ):
        inner = service.group("inner", includes=[EVERYBODY])
        service.group(TRUSTED, includes=[inner])

        assert [
            "warning: it includes Registered Users, whose members Gerrit does not"
            f" list: glaab does not trust them by {TRUSTED} -> let a rule of the"
            " policy name their group in the system that keeps it"
        ] == told(health_check())[f"groups in {TRUSTED}"]

    def test_an_administrators_rights_are_too_many(self, service, health_check):
        service.allow("administrateServer")
        try:
            found = told(health_check())["rights"]
        finally:
            service.forbid("administrateServer")

        assert "problem: glaab has rights that glaab has no use for: administrateServer" in found[0]
