"""What the docs show is what the program does."""

import re
import runpy
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from glaab.adapters.ldap.layout import PRESETS
from glaab.adapters.ldap.layout_table import LayoutTable
from glaab.adapters.ldap.lock_tests import TIME_UNITS, LockTestKind
from glaab.adapters.ldap.settings import LdapServer
from glaab.domain.accounts import TRANSITIONS
from glaab.entrypoints.cli import glaab
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from glaab.settings.core import Settings, fields_by_variable
from tests.offline_site import fetched_from_elsewhere
from tests.policies import parse_policy, read_policy
from tests.unit.exposed_metrics import exposed_metrics, told_names
from tests.variables import FIELDS, GROUPS, SECRETS, WIKIMEDIAS, missing_settings, read_settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def section(text, title):
    """What stands below a heading of second order, up to the next."""
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(text):
    """The cells of every row of the tables in *text*, heads left out."""
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    return [row for row in cells if row and not row[0].startswith("---")]


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


# -- settings


SETTINGS = {row[0].strip("`"): row[1:] for row in rows((ROOT / "docs/settings.md").read_text())[1:]}


def shown(value):
    """A default as the table shows it."""
    match value:
        case None:
            return "none"
        case bool():
            return f"`{value}`".lower()
        case (LdapServer(), *_):
            return f"`{' '.join(f'ldaps://{each.host}' for each in value)}`"
        case _:
            return f"`{value}`"


def test_the_settings_table_lists_every_variable():
    assert set(FIELDS) == set(SETTINGS)


@pytest.mark.parametrize("group", [Settings, *GROUPS])
def test_the_settings_table_lists_those_of_one_owner_in_order(group):
    """Who owns none of them may have some in between."""
    own = fields_by_variable(group)

    assert list(own) == [variable for variable in SETTINGS if variable in own]


@pytest.mark.parametrize("variable", FIELDS)
def test_the_settings_table_has_the_default(variable):
    """Where something is required instead, there is no default."""
    default = FIELDS[variable].default

    told, _ = SETTINGS[variable]

    if told.startswith("required"):
        assert default is None
    else:
        assert shown(default) == told


def test_the_settings_table_tells_what_is_secret():
    assert set(SECRETS) == {
        name for name, (_, told) in SETTINGS.items() if told.startswith("secret")
    }


def test_your_own_systems_need_no_more_than_is_shown(tmp_path, monkeypatch):
    page = (ROOT / "docs/settings.md").read_text()
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(blocks(page, "sh")[0].replace("…", "glpat-1"))
    Path("policy.toml").write_text(blocks(page, "toml")[0])

    settings, problems = read_settings({}, None)

    assert () == problems
    systems = read_policy(Path("policy.toml")).systems
    assert () == missing_settings(settings, systems, acting=True)


# -- states


def test_the_state_diagram_is_generated_from_the_table(capsys):
    runpy.run_path(str(ROOT / "docs/state_diagram.py"), run_name="__main__")

    page = capsys.readouterr().out
    assert (ROOT / "docs/states.md").read_text() == page
    (diagram,) = blocks(page, "mermaid")
    assert diagram.startswith("stateDiagram-v2\n")
    assert [diagram] == blocks(README, "mermaid")


def test_the_picture_for_the_site_shows_every_state_and_event():
    picture = runpy.run_path(str(ROOT / "docs/state_picture.py"))["picture"]()

    words = set(re.findall(r"[a-z_]+", " ".join(re.findall(r">([^<>]+)</text>", picture))))
    ends = {state.value for (start, _), end in TRANSITIONS.items() for state in (start, end)}
    assert ends | {event.value for _, event in TRANSITIONS} == words


# -- the policy file


POLICY = (ROOT / "docs/policy.md").read_text()
BAD = """
version = 2
[identity]
providers = []
extern_uid = "mail"
[[trust]]
name = "Staff"
directory_groups = "wmf"
[[trust]]
name = "Staff"
gerrit_group = ""
[veto]
directory_locked = "yes"
[canary]
gerrit_inactive = "former"
"""


def test_every_key_of_a_policy_is_told():
    """The conditions and vetoes are those of the sources that exist."""
    told = {row[0].strip("`") for row in rows(section(POLICY, "Keys"))[1:]}

    conditions = {each.key for source in INTEGRATIONS for each in source.kind.conditions}
    vetoes = {veto.key for source in INTEGRATIONS for veto in source.kind.vetoes}
    assert told == {
        *("version", "identity.providers", "identity.extern_uid", "trust", "trust.name"),
        *(f"trust.{key}" for key in conditions),
        *(f"veto.{key}" for key in vetoes),
        *(f"canary.{key}" for key in vetoes),
    }


def test_the_policy_that_is_shown_is_one():
    example, layout, _ = blocks(POLICY, "toml")

    assert parse_policy(example, "the example")
    assert parse_policy(example + layout, "the example with a layout")


def test_the_world_that_is_shown_is_judged_as_expected(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    example, _, world = blocks(POLICY, "toml")
    rules, _, canary = example.partition("[canary]")
    Path("policy.toml").write_text(rules)
    Path("world.toml").write_text(world)

    told = CliRunner().invoke(glaab, ["--policy", "policy.toml", "policy", "test", "world.toml"])

    assert canary
    assert "2 accounts of 1 file tested, all as expected.\n" == told.stdout


def test_every_field_of_a_layout_is_told():
    told = [
        name
        for key, _ in rows(section(POLICY, "The layout of the directory"))[1:]
        for name in re.findall(r"`(\w+)`", key)
    ]

    assert sorted(told) == sorted(field.name for field in attrs.fields(LayoutTable))


def test_what_is_refused_is_told_in_these_words(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.toml").write_text(BAD)

    refused = CliRunner().invoke(glaab, ["policy", "check", "bad.toml"])

    assert blocks(POLICY, "text") == [refused.stderr]
    assert 2 == refused.exit_code


# -- directories


DIRECTORY = (ROOT / "docs/sources/directory.md").read_text()
LAYOUTS = {
    "FreeIPA": "freeipa",
    "Active Directory and Samba": "active-directory",
    "389 Directory Server without FreeIPA": "rfc2307",
    "OpenLDAP with RFC 2307": "rfc2307",
}


def defaults(layout, name):
    """Those of a field as the table shows them."""
    match getattr(layout, name):
        case bool(value):
            return f"`{value}`".lower()
        case tuple(values):
            shown = ", ".join(f"`{getattr(each, 'attribute', each)}`" for each in values)
        case value:
            shown = value and f"`{value}`"
    return shown or "empty"


@pytest.mark.parametrize("title", LAYOUTS)
def test_what_is_to_be_copied_for_a_directory_is_all_that_is_needed(title, tmp_path, monkeypatch):
    part = section(DIRECTORY, title)
    monkeypatch.chdir(tmp_path)
    Path("ca.pem").touch()
    environment = blocks(part, "sh")[0].replace("…", "glpat-1")
    Path(".env").write_text(re.sub("(LDAP_CA_FILE)=.*", r"\1=ca.pem", environment))
    Path("policy.toml").write_text(blocks(part, "toml")[0])

    settings, problems = read_settings({}, None)

    assert () == problems
    policy = read_policy(Path("policy.toml"))
    assert () == missing_settings(settings, policy.systems, acting=True)
    assert f'layout = "{LAYOUTS[title]}"' in Path("policy.toml").read_text()


def test_what_is_to_be_copied_for_wikimedias_is_all_that_is_needed(tmp_path, monkeypatch):
    part = section(DIRECTORY, "Wikimedia's directory")
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text(blocks(part, "sh")[0].replace("…", "glpat-1"))

    settings, problems = read_settings({}, None)

    assert () == problems
    policy = parse_policy(blocks(POLICY, "toml")[0] + blocks(part, "toml")[0], "the policy")
    assert () == missing_settings(settings, policy.systems, acting=True)


@pytest.mark.parametrize("title", ["FreeIPA", "Active Directory and Samba"])
def test_an_example_is_the_policy_of_the_page(title):
    example = ROOT / f"examples/policy-{LAYOUTS[title]}.toml"

    checked = CliRunner().invoke(glaab, ["policy", "check", str(example)])

    assert 0 == checked.exit_code
    shown = parse_policy(blocks(section(DIRECTORY, title), "toml")[0], "the page")
    assert read_policy(example).digest == shown.digest


def test_the_other_tests_of_locks_can_be_copied():
    policy, locked = blocks(section(DIRECTORY, "Active Directory and Samba"), "toml")
    preset = 'layout = "active-directory"\n'

    assert parse_policy(policy.replace(preset, preset + locked), "with a third test")


@pytest.mark.parametrize("field", [field.name for field in attrs.fields(LayoutTable)][1:])
def test_the_defaults_of_each_preset_are_told(field):
    table = section(DIRECTORY, "What it holds").partition("### Fields of")[2]
    head, *fields = rows(table.partition("\n###")[0])
    told = {row[0].strip("`"): row[2:] for row in fields}

    assert [f"`{name}`" for name in PRESETS] == head[2:]
    assert told[field] == [defaults(layout, field) for layout in PRESETS.values()]


def test_every_test_of_a_lock_is_told():
    table = section(DIRECTORY, "What it holds").partition("### What locks an entry")[2]
    told = [row[0].strip("`") for row in rows(table.partition("\n###")[0])[1:]]

    assert {each.partition(" ")[0] for each in told} == {*LockTestKind}
    units = {each.split('"')[1] for each in told if each.startswith("before_now")}
    assert units == {*TIME_UNITS}


# -- operations


OPERATIONS = (ROOT / "docs/operations.md").read_text()
SOURCES = "".join(path.read_text() for path in sorted((ROOT / "src/glaab").rglob("*.py")))


def names_in(table):
    """The names that stand in the first column."""
    return {name for row in rows(table)[1:] for name in re.findall(r"`(\w+)", row[0])}


def test_every_message_is_told():
    table, _, _ = section(OPERATIONS, "What a message asks of you").partition("\nLines that begin")

    events = set(re.findall(r"\blog\.\w+\(\s*(?:logging\.\w+[^\"]*)?\"(\w+)\"", SOURCES))

    assert events == names_in(table)


def test_every_metric_is_told():
    told = names_in(section(OPERATIONS, "Read the metrics"))

    assert told == told_names(exposed_metrics())


def test_every_secret_can_be_rotated():
    table = section(OPERATIONS, "Rotate a token")

    assert SECRETS == names_in(table)


def test_on_toolforge_everything_that_is_required_is_created():
    """By the built-in policy, which is in force there."""
    page = (ROOT / "docs/deployment/toolforge.md").read_text()

    created = re.findall(r"^toolforge envvars create (\w+)", page, re.MULTILINE)

    others = fields_by_variable(*(each for each in GROUPS if each.system not in WIKIMEDIAS))
    required = [name for name, (told, _) in SETTINGS.items() if told.startswith("required")]
    assert created == [name for name in required if name not in others]


# -- pages for newcomers


NEWCOMERS = ("docs/architecture.md", "docs/adding-a-source.md")


@pytest.mark.parametrize("page", NEWCOMERS)
def test_every_file_that_is_named_is_there(page):
    """But those of Rota, which is made up."""
    named = set(
        re.findall(r"`([\w./]+\.(?:py|md|toml|json|yaml))(?:::[^`]*)?`", (ROOT / page).read_text())
    )
    folders = (ROOT, ROOT / "src/glaab", ROOT / "tests/unit", ROOT / "tests/faults")
    folders += (ROOT / "tests/contract", ROOT / "src/glaab/entrypoints/render")

    missing = {name for name in named if not any((folder / name).exists() for folder in folders)}

    assert {name for name in missing if "rota" not in name} == set()


@pytest.mark.parametrize("page", NEWCOMERS)
def test_every_test_that_is_named_is_there(page):
    for path, test in re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", (ROOT / page).read_text()):
        source = (ROOT / path).read_text()

        *classes, function = test.split("::")

        assert f"def {function}(" in source
        assert all(f"class {name}" in source for name in classes)


# -- the files of a source


GUIDE = (ROOT / "docs/adding-a-source.md").read_text()
NEEDED, ALLOWED = (
    {row[0].strip("`"): row[1:] for row in rows(table)[1:]}
    for table in section(GUIDE, "2. The files of a source").split("\nAnd these ")
)
FOLDERS = ("adapters/rota", "tests/unit/rota", "tests/contract/rota")


def of_source(path, integration):
    """A path of the guide for a real source; its adapter's folder has the technology's name."""
    module = integration.kind.__module__.rpartition(".")[2]
    folder = integration.settings.__module__.split(".")[-2]
    name = folder if path.startswith(FOLDERS) else module
    base = "" if path.startswith(("docs/", "tests/")) else "src/glaab/"
    return base + path.replace("rota", name)


@pytest.mark.parametrize("integration", INTEGRATIONS, ids=lambda each: each.name)
@pytest.mark.parametrize("path", NEEDED)
def test_every_source_has_each_file_of_the_guide(path, integration):
    """One that asks no server has none of those that are for a server."""
    _, without_a_server = NEEDED[path]

    is_needed = bool(integration.world) or without_a_server != "none"

    assert is_needed == (ROOT / of_source(path, integration)).is_file()


@pytest.mark.parametrize("integration", INTEGRATIONS, ids=lambda each: each.name)
def test_no_source_has_a_file_that_the_guide_does_not_allow(integration):
    allowed = [of_source(path, integration) for path in (*NEEDED, *ALLOWED)]

    files = [
        path.relative_to(ROOT)
        for folder in FOLDERS
        for path in (ROOT / of_source(folder, integration)).glob("*")
        if path.name != "__pycache__"
    ]

    assert [] == [path for path in files if not any(map(path.match, allowed))]


# -- the site


def test_what_a_page_would_fetch_from_elsewhere_is_found(tmp_path):
    (tmp_path / "page.html").write_text(
        '<script src="https://elsewhere/x.js"></script><link href="//elsewhere/x.css">'
        '<style>@import "https://elsewhere/y.css"; p { src: url(https://elsewhere/z) }</style>'
        '<a href="https://elsewhere/is-a-mere-link"></a><img src="here.png">'
    )
    (tmp_path / "style.css").write_text("@font-face { src: url('https://elsewhere/font') }")

    found = [address.rpartition("/")[2] for _, address in fetched_from_elsewhere(tmp_path)]

    assert ["y.css", "z", "x.js", "x.css", "font"] == found


# -- the README


def test_the_quick_start_is_two_commands():
    """In two fences, and nothing else is fenced there."""
    start = section(README, "Quick start")

    assert ["make demo\n", "make test\n"] == blocks(start, "sh")
    assert 4 == start.count("\n```")


def test_every_make_target_that_is_shown_is_there():
    """And `make help` tells what it does."""
    targets = set(re.findall(r"\bmake ([a-z0-9]+)$", "\n".join(blocks(README, "sh")), re.MULTILINE))

    told = set(re.findall(r"^([a-z0-9]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert targets
    assert targets <= told


@pytest.mark.parametrize("command", sorted(glaab.commands))
def test_every_command_is_in_the_readme(command):
    assert re.search(rf"\bglaab {command}\b", README)


def test_every_command_in_the_readme_is_there():
    named = re.findall(
        r"^glaab (?:--\S+ \S+ )*([a-z-]+)", "\n".join(blocks(README, "sh")), re.MULTILINE
    )

    assert named
    assert set(named) <= set(glaab.commands)


# -- exit codes


def test_every_exit_code_is_told_and_which_of_several_wins():
    page = (ROOT / "docs/operations.md").read_text()

    told = [row[0] for row in rows(section(page, "What an exit code asks of you"))]

    assert ["code", "0", "1", "2", "3", "4", "5", "130, 143"] == told
    assert "When several apply, the first of 1, 2, 5, 4, 130/143, 3 wins." in page


# -- links


LINKS = [
    (page.relative_to(ROOT), link)
    for page in PAGES
    for link in re.findall(r"\]\(([^)#\s]+)", page.read_text())
    if "://" not in link
]


@pytest.mark.parametrize(("page", "link"), LINKS)
def test_a_link_leads_somewhere(page, link):
    assert (ROOT / page.parent / link).exists()
