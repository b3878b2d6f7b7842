"""What the docs show is what the program does."""

import re
import runpy
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from glaab.entrypoints.cli import glaab
from glaab.settings import VARIABLES, LdapEndpoint, Secret, Settings

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
        case (LdapEndpoint(), *_):
            return f"`{' '.join(f'ldaps://{each.host}' for each in value)}`"
        case _:
            return f"`{value}`"


def test_the_settings_table_lists_every_variable_in_order():
    assert list(VARIABLES) == list(SETTINGS)


@pytest.mark.parametrize("variable", VARIABLES)
def test_the_settings_table_has_the_default(variable):
    """Where something is required instead, there is no default."""
    default = getattr(Settings(), variable.lower())

    told, _ = SETTINGS[variable]

    if told.startswith("required"):
        assert default is None
    else:
        assert shown(default) == told


def test_the_settings_table_tells_what_is_secret():
    fields = {field.name.upper(): field for field in attrs.fields(Settings)}

    assert {name for name in VARIABLES if fields[name].type == Secret | None} == {
        name for name, (_, told) in SETTINGS.items() if told.startswith("secret")
    }


# -- states


def test_the_state_diagram_is_generated_from_the_table(capsys):
    runpy.run_path(str(ROOT / "docs/state_diagram.py"), run_name="__main__")

    page = capsys.readouterr().out
    assert (ROOT / "docs/states.md").read_text() == page
    (diagram,) = blocks(page, "mermaid")
    assert diagram.startswith("stateDiagram-v2\n")


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


def test_the_story_in_the_readme_is_that_of_the_example(tmp_path, monkeypatch):
    """An ellipsis stands for what is left out."""
    (story,) = blocks(README, "text")
    monkeypatch.chdir(tmp_path)

    world = str(ROOT / "examples/wikimedia.toml")
    told = CliRunner().invoke(glaab, ["--world", world, "dry-run"]).stdout

    (finn,) = [each for each in told.split("\n\n") if each.startswith("@finn ")]
    for line in story.splitlines():
        pattern = re.escape(line).replace("…", ".*")
        assert re.search(f"^{pattern}$", finn, re.MULTILINE), line


@pytest.mark.parametrize("command", sorted(glaab.commands))
def test_every_command_is_in_the_readme(command):
    assert re.search(rf"\bglaab {command}\b", README)


def test_every_command_in_the_readme_is_there():
    named = re.findall(r"^glaab ([a-z-]+)", "\n".join(blocks(README, "sh")), re.MULTILINE)

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
