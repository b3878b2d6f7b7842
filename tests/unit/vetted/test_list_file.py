"""The files of a policy's lists: what they say, and all that is wrong with them at once."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaab.adapters.vetted.list_file import ListFiles
from glaab.domain.accounts import Identity
from glaab.domain.errors import SettingsInvalid
from glaab.domain.sources.vetted import LISTS, VettedPerson
from glaab.entrypoints.runtime.bootstrap import attempt
from tests.policies import parse_policy, read_policy

pytestmark = pytest.mark.usefixtures("elsewhere")

JANE = '[[person]]\nextern_uid = "Jane Doe"\n'
BOB = '[[person]]\nextern_uid = "Bob"\n'


def a_policy(*lists, extern_uid="cn", providers=("openid_connect",)):
    """The text of a policy that trusts whoever stands on one of these lists."""
    rules = "".join(
        f'[[trust]]\nname = "Rule {number}"\nvetted_list = "{name}"\n'
        for number, name in enumerate(lists or ["list.toml"])
    )
    named = ", ".join(f'"{each}"' for each in providers)
    identity = f'[identity]\nproviders = [{named}]\nextern_uid = "{extern_uid}"\n'
    return f"version = 1\n{identity}{rules}"


def write(text, name="list.toml"):
    Path(name).write_text(f"version = 1\n{text}", encoding="utf-8")


def parsed(text, **options):
    """The policy that has *text* as its only list."""
    write(text)
    return parse_policy(a_policy(**options), "it")


def entries(text, **options):
    return parsed(text, **options).options[LISTS].files["list.toml"]


def problems_of(text, policy=None, **options):
    """What is wrong with a list, without the names of the policy and of the list."""
    Path("list.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsInvalid) as raised:
        parse_policy(policy or a_policy(**options), "it")
    return [problem.removeprefix("it: list list.toml: ") for problem in raised.value.problems]


# -- what it says


def test_an_entry_says_who_it_is_until_when_and_who_vouched():
    text = JANE + 'until = 2027-01-31\nvouched_by = "@admin"\nnote = "speaker"\n'

    assert (
        VettedPerson(
            identity=Identity("openid_connect", "Jane Doe"),
            until=date(2027, 1, 31),
            vouched_by="@admin",
            note="speaker",
        ),
    ) == entries(text)


def test_who_it_is_is_enough():
    """With the one provider of the policy, and without an end."""
    expected = VettedPerson(
        identity=Identity("openid_connect", "Jane Doe"), until=None, vouched_by="", note=""
    )

    assert (expected,) == entries(JANE)


def test_of_several_providers_each_entry_names_one():
    text = f'{JANE}provider = "saml"\n{JANE}provider = "openid_connect"\n'

    assert [Identity("openid_connect", "Jane Doe"), Identity("saml", "Jane Doe")] == [
        each.identity for each in entries(text, providers=("openid_connect", "saml"))
    ]


def test_a_list_may_be_empty():
    assert () == entries("")


def test_a_policy_without_lists_has_none():
    text = a_policy().replace("vetted_list", "gerrit_group").replace('"cn"', '"uid"')

    assert {} == parse_policy(text, "it").options


# -- where it lies


def test_a_list_lies_beside_its_policy(tmp_path):
    """Wherever glaab is started."""
    folder = tmp_path / "etc"
    (folder / "lists").mkdir(parents=True)
    (folder / "policy.toml").write_text(a_policy("lists/a.toml"))
    write(JANE, folder / "lists" / "a.toml")

    assert ["lists/a.toml"] == list(read_policy(folder / "policy.toml").options[LISTS].files)


def test_a_list_may_be_named_by_its_whole_path(tmp_path):
    write(JANE, tmp_path / "a.toml")
    (tmp_path / "etc").mkdir()
    policy = tmp_path / "etc" / "policy.toml"
    policy.write_text(a_policy(str(tmp_path / "a.toml")))

    assert [str(tmp_path / "a.toml")] == list(read_policy(policy).options[LISTS].files)


def test_each_rule_has_its_list():
    write(JANE, "a.toml")
    write(BOB, "b.toml")

    lists = parse_policy(a_policy("a.toml", "b.toml"), "it").options[LISTS]

    assert {"a.toml": "Jane Doe", "b.toml": "Bob"} == {
        name: person.identity.extern_uid for name, (person,) in lists.files.items()
    }


def test_a_file_that_two_rules_name_is_read_once():
    """So what is wrong in it is said once."""
    policy = a_policy("list.toml", "./list.toml", "list.toml")

    assert ["version: required field missing"] == problems_of("", policy)
    write(JANE)
    assert {"list.toml", "./list.toml"} == parse_policy(policy, "it").options[LISTS].files.keys()


# -- what is wrong


HEAD = "version = 1\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["version: required field missing"]),
        ("version = 2", ["version: this glaab reads version 1, not 2"]),
        ('version = "1"', ["version: expected int, got str"]),
        (f"{HEAD}persons = []", ["top level: unknown key persons"]),
        (f"{HEAD}person = 3", ["person: expected a list, got int"]),
        (f"{HEAD}person = [3]", ["person[0]: expected an object, got int"]),
        (
            f"{HEAD}[[person]]\nname = 'Jane'",
            ["person[0].extern_uid: required field missing", "person[0]: unknown key name"],
        ),
        (
            f"{HEAD}[[person]]\nextern_uid = ' '",
            ["person[0].extern_uid: must not be empty; write who it is, as GitLab has it"],
        ),
        (f"{HEAD}[[person]]\nextern_uid = 3", ["person[0].extern_uid: expected str, got int"]),
        (f"{HEAD}{JANE}provider = 3", ["person[0].provider: expected str, got int"]),
        (
            f"{HEAD}{JANE}provider = 'github'",
            ['person[0].provider: the policy does not name "github"; write "openid_connect"'],
        ),
        (
            f"{HEAD}{JANE}provider = ''",
            ['person[0].provider: the policy does not name ""; write "openid_connect"'],
        ),
        (f"{HEAD}{JANE}vouched_by = ['a']", ["person[0].vouched_by: expected str, got list"]),
        (f"{HEAD}{JANE}note = true", ["person[0].note: expected str, got bool"]),
        *(
            (
                f"{HEAD}{JANE}until = {until}",
                [
                    "person[0].until: expected a date like 2027-01-31, without quotes and time of"
                    f" day, got {kind}"
                ],
            )
            for until, kind in [
                ('"2027-01-31"', "str"),
                ("2027-01-31T10:00:00Z", "datetime"),
                ("2027-01-31T10:00:00", "datetime"),
                ("10:00:00", "time"),
                ("20270131", "int"),
            ]
        ),
        (
            f"{HEAD}{JANE}{BOB}{JANE}[[person]]\nextern_uid = 'jane doe'",
            [
                'person[2]: "Jane Doe" is there already, as person[0]; take one of them out',
                'person[3]: "jane doe" is there already, as person[0]; take one of them out',
            ],
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_path(text, expected):
    assert expected == problems_of(text)


def test_of_several_providers_an_entry_must_name_one():
    """Which are equal cannot be told before."""
    expected = 'provider: needed, as the policy names several; write "openid_connect" or "saml"'

    problems = problems_of(HEAD + JANE + JANE, providers=("openid_connect", "saml"))

    assert [f"person[0].{expected}", f"person[1].{expected}"] == problems


def test_a_provider_that_the_policy_names_twice_is_one():
    assert 1 == len(entries(JANE, providers=("openid_connect", "openid_connect")))


def test_what_is_no_name_of_the_policys_kind_is_wrong():
    """Each is, and none for being another's."""
    assert [
        f'person[{number}].extern_uid: "{name}" cannot be anybody\'s dn; write it as GitLab has it'
        for number, name in enumerate(["Jane Doe", "Bob"])
    ] == problems_of(HEAD + JANE + BOB, extern_uid="dn")


@pytest.mark.parametrize(
    ("extern_uid", "one", "other", "is_one"),
    [
        ("cn", "Jane Doe", "jane doe", True),
        ("cn", "Jane Doe", "Jane  Doe", False),
        ("cn", "Kim", "\u212aim", False),
        ("dn", "uid=jane,ou=people", "UID=jane, ou=People", True),
        ("dn", "uid=jane,ou=people", "uid=jane,ou=robots", False),
        ("itself", "Jane Doe", "jane doe", False),
    ],
)
def test_equality_is_that_of_whoever_proves_people(extern_uid, one, other, is_one):
    text = f"{HEAD}[[person]]\nextern_uid = '{one}'\n[[person]]\nextern_uid = '{other}'\n"

    if is_one:
        assert ["person[1]"] == [
            each.partition(":")[0] for each in problems_of(text, extern_uid=extern_uid)
        ]
    else:
        assert 2 == len(entries(text.removeprefix(HEAD), extern_uid=extern_uid))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gone.toml", "it: list gone.toml cannot be read: No such file or directory"),
        (".", "it: list . cannot be read: Is a directory"),
        ("a\\u0000b", "it: list a\0b cannot be read: no file has such a name"),
    ],
)
def test_a_list_that_cannot_be_read_is_a_problem(name, expected):
    with pytest.raises(SettingsInvalid) as raised:
        parse_policy(a_policy(name), "it")

    assert (expected,) == raised.value.problems


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\xff", "it: list list.toml cannot be read: it is not UTF-8 text"),
        (b"hello", "it: list list.toml is not TOML: Expected '=' after a key"),
        (b"a = " + b"[" * 100_000, "it: list list.toml has a value that is too large or too deep"),
    ],
)
def test_a_file_that_holds_no_list_is_a_problem(content, expected):
    Path("list.toml").write_bytes(content)

    with pytest.raises(SettingsInvalid) as raised:
        parse_policy(a_policy(), "it")

    (problem,) = raised.value.problems
    assert problem.startswith(expected)


def test_all_problems_come_at_once():
    """Those of each list, and those of the policy."""
    write("colour = 'red'\n", "a.toml")
    write(f"{JANE}{JANE}", "b.toml")
    policy = a_policy("a.toml", "gone.toml", "b.toml").replace("Rule 1", "Rule 0")

    with pytest.raises(SettingsInvalid) as raised:
        parse_policy(policy, "it")

    assert (
        'it: trust: 2 rules are called "Rule 0"; each needs a name of its own',
        "it: list a.toml: top level: unknown key colour",
        "it: list gone.toml cannot be read: No such file or directory",
        'it: list b.toml: person[1]: "Jane Doe" is there already, as person[0]; take one of them'
        " out",
    ) == raised.value.problems


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ('["openid_connect"]', "3", "identity.providers: expected a list, got int"),
        ('["openid_connect"]', "[3]", "identity.providers[0]: expected str, got int"),
        ('providers = ["openid_connect"]', "", "identity.providers: required field missing"),
        ('"list.toml"', "3", "trust[0].vetted_list: expected str, got int"),
        ('"list.toml"', '" "', "trust[0].vetted_list: must not be empty"),
    ],
)
def test_a_mistake_of_the_policy_is_one_problem(right, wrong, problem):
    """Nothing is said of the list because of it."""
    policy = a_policy().replace(right, wrong)

    assert [f"it: {problem}"] == problems_of(HEAD + JANE, policy)


def test_where_nobody_proves_people_entries_are_equal_by_the_letter():
    (wrong, *problems) = problems_of(f"{HEAD}{JANE}{BOB}{JANE}", extern_uid="mail")

    assert wrong.startswith("it: identity.extern_uid: ")
    assert [
        'person[2]: "Jane Doe" is there already, as person[0]; take one of them out'
    ] == problems


VALUES = ["1", "true", '""', '"cn"', "[]", '["x"]', "{}", "[{}]", "2026-11-22", "[[1]]", "1.5"]
KEYS = ["extern_uid", "provider", "until", "vouched_by", "note"]


@given(
    st.sampled_from(["", "version = 1\n", "person = 3\n", "x = 3\n"]),
    st.lists(st.dictionaries(st.sampled_from(KEYS), st.sampled_from(VALUES))),
)
def test_whatever_a_file_holds_it_is_a_list_or_has_problems(head, people):
    """No other error leaves."""
    tables = ["[[person]]\n" + "".join(f"{key} = {each[key]}\n" for key in each) for each in people]
    Path("list.toml").write_text(head + "".join(tables))

    policy, problems = attempt(lambda: parse_policy(a_policy(), "it"))

    assert problems or isinstance(policy.options[LISTS], ListFiles)


# -- the digest


def digest(text, **options):
    return parsed(text, **options).digest


FULL = f'{JANE}until = 2027-01-31\nvouched_by = "@admin"\nnote = "speaker"\n'


@pytest.mark.parametrize(
    "text",
    [
        "",
        JANE,
        FULL.replace("Jane Doe", "jane doe"),
        FULL.replace("2027", "2028"),
        FULL.replace("@admin", "@root"),
        FULL.replace("speaker", "guest"),
        FULL + BOB,
    ],
)
def test_the_digest_changes_with_the_content_of_a_list(text):
    assert digest(FULL) != digest(text)


@pytest.mark.parametrize(
    "text",
    [
        f"# a comment\n{FULL}",
        FULL.replace("until = 2027-01-31\n", "") + "until   =  2027-01-31  # the end\n",
        FULL + 'provider = "openid_connect"\n',
    ],
)
def test_the_digest_does_not_change_with_how_a_list_is_written(text):
    assert digest(FULL) == digest(text)


def test_the_digest_does_not_depend_on_the_order_of_people():
    assert digest(JANE + BOB) == digest(BOB + JANE)


def test_the_digest_is_the_one_that_old_records_have():
    digits = "05013bca76e414ae69286d6d70e2541aeacf69a6bc2fbee0a3af9b0fb688b072"

    assert f"sha256:{digits}" == digest(FULL)
