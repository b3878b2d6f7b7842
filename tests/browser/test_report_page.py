"""The page of `glaab report` in a real browser."""

import json

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from glaab.entrypoints.render.escaping import escape_control
from tests.browser.conftest import DESKTOP, PHONE

WAITING = ["pavel", "olga", "quinn", "rosa", "jarvis", "ines", "kaya", "hugo", "newcomer", "ada2",
           "ada3", "nobody", "ada5", "max", "kim2", "lea2", "nora", "ada1", "sami"]  # fmt: skip
SIZES = pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])

QUEUE = """
base_dn = "dc=wikimedia,dc=org"

[[account]]
id = 1
username = "Bea"
created_at = 2021-03-01T00:00:00Z

[[account]]
id = 2
username = "abe"
created_at = 2024-03-01T00:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Abe" }]

[[account]]
id = 3
username = "cay10"
created_at = 2022-03-01T00:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Cay" }]
veto = "not yet"

[[account]]
id = 4
username = "cay9"
created_at = 2023-03-01T00:00:00Z
identities = [{ provider = "openid_connect", extern_uid = "Nobody" }]

[[person]]
uid = "abe"
cn = "Abe"

[[person]]
uid = "cay"
cn = "Cay"

[[person]]
uid = "staff"
cn = "Staff"

[[phabricator_account]]
username = "staff"
linked_to = "Staff"

[[gerrit_account]]
username = "staff"

[[directory_group]]
name = "project-tools"
members = ["cay"]

[[directory_group]]
name = "wmf"
members = ["staff"]

[[directory_group]]
name = "wmde"
members = ["staff"]

[[phabricator_project]]
slug = "trusted_contributors"
members = ["staff"]

[[gerrit_group]]
name = "Trusted-Contributors"
members = ["staff"]
"""
HOSTILE = [
    "<script>document.title = 'taken'</script>",
    "\"'><img src=x onerror=\"document.title = 'taken'\">",
    "</td></tr></table><h1>taken</h1>",
    "\u202egpj.exe\u2066\u200f",
    "x" * 10_000,
    "javascript:document.title='taken'",
    "--><style>*{display:none}</style>",
    "ab\u0300\u0301\u0302\u0303c" * 30,
    "שלום",
]


def names(browser):
    """Of the rows that show, in their order."""
    return [
        each.removeprefix("@")
        for each in browser.run("""
        return [...document.querySelectorAll("tbody tr")]
          .filter((row) => row.getClientRects().length)
          .map((row) => row.querySelector(".name").textContent);""")
    ]


def click(browser, selector):
    browser.driver.find_element(By.CSS_SELECTOR, selector).click()


def find(browser, words):
    """Type *words*, and wait until the page has looked for them."""
    field = browser.driver.find_element(By.NAME, "find")
    field.clear()
    field.send_keys(words)
    settle(browser)


def settle(browser):
    """Wait until what was typed or chosen is in the page."""
    browser.driver.execute_async_script("setTimeout(arguments[0], 250)")


def choose(browser, name, value):
    Select(browser.driver.find_element(By.NAME, name)).select_by_value(value)
    settle(browser)


def fragment(browser):
    """What the page's address keeps."""
    return browser.driver.current_url.partition("#")[2]


def count(browser):
    return browser.run("return document.querySelector('.shown').textContent")


def open_all(browser):
    browser.run("for (const each of document.querySelectorAll('details')) each.open = true")


# -- rendering


@SIZES
@SCHEMES
def test_everybody_has_a_row_that_shows(browser, example, size, scheme):
    """In the order of the report, with a cell for everything."""
    browser.resize(size)
    browser.prefer(scheme)

    browser.open(example)

    assert WAITING == names(browser)
    assert [5] * len(WAITING) == browser.run(
        "return [...document.querySelectorAll('tbody tr')].map((row) => row.cells.length)"
    )
    assert "Showing 19 of 19" == count(browser)


@SIZES
def test_nothing_is_wider_than_the_window(browser, example, size):
    """Also with everything opened."""
    browser.resize(size)

    browser.open(example)
    open_all(browser)

    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")


def test_one_tap_on_a_phone_opens_what_would_help(browser, example):
    browser.resize(PHONE)
    browser.open(example)

    click(browser, "tbody summary")

    assert browser.run("return document.querySelector('tbody details').open")


@SIZES
def test_nothing_moves_once_it_is_there(browser, example, size):
    """The controls that a script makes have their place from the start."""
    browser.resize(size)
    browser.open(example)

    moved = browser.driver.execute_async_script("""
        const done = arguments[0];
        let moved = 0;
        new PerformanceObserver((list) => {
          for (const each of list.getEntries()) moved += each.value;
        }).observe({type: "layout-shift", buffered: true});
        requestAnimationFrame(() => setTimeout(() => done(moved), 100));""")

    assert 0 == moved


def test_the_columns_stay_where_they_are_whoever_is_shown(browser, example):
    browser.open(example)
    places = "return [...document.querySelectorAll('thead th')].map((head) => head.offsetLeft)"
    before = browser.run(places)

    find(browser, "olga")

    assert before == browser.run(places)


def test_nothing_is_fetched_but_the_page(browser, example):
    browser.open(example)

    fetched = [each for each in browser.requests() if not each.startswith("data:")]
    assert [example.as_uri()] == fetched


def test_the_pictures_show_the_queue(browser, example):
    """Each bar as long as its count says."""
    browser.open(example)

    assert [43, 150, 11] == widths(browser)


def widths(browser):
    """Of the coloured bars of the second picture, in pixels."""
    return browser.run("""
        return [...document.querySelectorAll("figure:last-of-type .part")]
          .map((bar) => Math.round(bar.getBoundingClientRect().width));""")


def numbers(browser):
    """Of both pictures, as they read, without those of which there are none anyway."""
    read = browser.run("""
        return [...document.querySelectorAll("figure")].map((figure) =>
          [...figure.querySelectorAll(".count")].map((count) => count.textContent));""")
    return [[each for each in picture if each != "0"] for picture in read]


def test_numbers_and_bars_are_of_those_who_show(browser, example):
    """And of how many; to those who cannot see them the same is said."""
    browser.open(example)
    before = numbers(browser)

    click(browser, "input[value=hold]")
    find(browser, "toolforge")

    assert "Showing 4 of 19" == count(browser)
    assert ["4", "14", "1"] == before[1]
    assert ["3 of 4", "0 of 14", "1"] == numbers(browser)[1]
    assert [4] * 2 == [
        sum(int(each.partition(" ")[0]) for each in picture) for picture in numbers(browser)
    ]
    assert [32, 0, 11] == widths(browser)
    assert any(name.endswith("veto: 3 of 4, hold: 0 of 14, wait: 1") for _, name in browser.tree())


def test_on_paper_everything_is_open_and_nothing_can_be_pressed(browser, example):
    browser.open(example)

    browser.print()

    assert browser.run("""
        return [...document.querySelectorAll("details ul")].every((list) => list.offsetHeight > 0)
          && !document.querySelector(".controls").getClientRects().length;""")


# -- sorting


@SIZES
@pytest.mark.parametrize(
    ("column", "order"),
    [
        ("name", ["abe", "Bea", "cay9", "cay10"]),
        ("made", ["abe", "cay9", "cay10", "Bea"]),
        ("reason", ["Bea", "abe", "cay9", "cay10"]),
    ],
)
def test_every_column_sorts_both_ways(browser, page_of, tmp_path, size, column, order):
    """The longest wait is the most; numbers in names count as numbers; case does not."""
    browser.resize(size)
    browser.open(page_of(written(tmp_path, QUEUE)))

    click(browser, f"th[data-sort={column}] button")
    up, said_up = names(browser), sorted_by(browser)
    click(browser, f"th[data-sort={column}] button")

    assert (order, {column: "ascending"}) == (up, said_up)
    assert (order[::-1], {column: "descending"}) == (names(browser), sorted_by(browser))


def test_at_first_the_nearest_to_being_trusted_come_first(browser, page_of, tmp_path):
    """So it is said, and can be turned round and back."""
    nearest = ["cay10", "abe", "cay9", "Bea"]
    browser.open(page_of(written(tmp_path, QUEUE)))
    at_first, said = names(browser), sorted_by(browser)

    click(browser, "th[data-sort=rank] button")
    turned = names(browser)
    click(browser, "th[data-sort=rank] button")

    assert (nearest, {"rank": "ascending"}) == (at_first, said)
    assert nearest[::-1] == turned
    assert nearest == names(browser)


def sorted_by(browser):
    """What is said of the order, by column."""
    return browser.run("""
        return Object.fromEntries([...document.querySelectorAll("th[aria-sort]")]
          .map((head) => [head.dataset.sort, head.getAttribute("aria-sort")]));""")


def written(folder, world):
    path = folder / "world.toml"
    path.write_text(world)
    return path


# -- filtering


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("OLGA", ["olga"]),
        ("501", ["sami"]),
        ("Phabricator account kaya", ["kaya"]),
        ("lock toolforge", ["pavel", "sami"]),
        ("nobody at all", []),
    ],
)
def test_words_find_those_in_whose_row_they_all_stand(browser, example, words, found):
    browser.open(example)

    find(browser, words)

    assert found == names(browser)
    assert f"Showing {len(found)} of 19" == count(browser)


def test_verdicts_can_be_left_out(browser, example):
    browser.open(example)

    click(browser, "input[value=hold]")
    settle(browser)
    without_hold, shown = names(browser), count(browser)
    click(browser, "input[value=wait]")
    settle(browser)

    assert ([*WAITING[:4], "sami"], "Showing 5 of 19") == (without_hold, shown)
    assert WAITING[:4] == names(browser)


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"identity": "proven"}, [*WAITING[:9], "sami"]),
        ({"identity": "unproven"}, WAITING[9:18]),
        ({"elsewhere": "found"}, ["quinn", "rosa", "jarvis", "ines", "kaya", "hugo"]),
        ({"identity": "proven", "elsewhere": "none"}, ["pavel", "olga", "newcomer", "sami"]),
        ({"identity": "unproven", "elsewhere": "found"}, []),
    ],
)
def test_it_can_be_filtered_by_what_is_known(browser, example, chosen, found):
    """Whether it is proven who somebody is, and whether an account of theirs was found."""
    browser.open(example)

    for name, value in chosen.items():
        choose(browser, name, value)

    assert found == names(browser)


def test_what_is_folded_is_not_found_before_it_is_opened(browser, example):
    """Nobody wonders why a row is there in which the word does not stand."""
    browser.open(example)
    find(browser, "group wmde")
    before = names(browser)

    find(browser, "@newcomer")
    click(browser, "tbody tr:not([hidden]) summary")
    find(browser, "group wmde")

    assert ([], ["newcomer"]) == (before, names(browser))


@pytest.mark.parametrize("words", ["speaks for it", "data-verdict", "unproven"])
def test_what_is_told_to_programs_alone_is_not_found(browser, example, words):
    browser.open(example)

    find(browser, words)

    assert [] == names(browser)


def test_what_newcomers_wrote_is_found(browser, example):
    browser.open(example)

    find(browser, "ada example example.net")

    assert ["ada2"] == names(browser)


def test_when_nobody_matches_everybody_can_be_shown_again(browser, example):
    browser.open(example)
    click(browser, "input[value=hold]")
    find(browser, "newcomer")

    none = names(browser)
    click(browser, ".nobody button")

    assert [] == none
    assert WAITING == names(browser)
    assert "find" == browser.driver.switch_to.active_element.get_attribute("name")


def test_pressing_enter_in_the_search_field_leaves_the_page_as_it_is(browser, example):
    browser.open(example)

    find(browser, "olga\n")

    assert f"{example.as_uri()}#find=olga" == browser.driver.current_url
    assert ["olga"] == names(browser)


def test_what_is_filtered_stays_so_when_it_is_sorted(browser, example):
    browser.open(example)
    find(browser, "toolforge member:")

    found = names(browser)
    click(browser, "th[data-sort=name] button")

    assert sorted(found) == names(browser)


@pytest.mark.parametrize(
    ("preset", "first", "said"),
    [("made", "sami", {"made": "ascending"}), ("rank", "pavel", {"rank": "ascending"})],
)
def test_the_newest_and_the_nearest_to_trust_are_one_click_away(
    browser, example, preset, first, said
):
    """Whatever was chosen before stays chosen; which of the two it is, is said."""
    browser.open(example)
    click(browser, "th[data-sort=name] button")
    find(browser, "proven to be")

    click(browser, f"[data-first={preset}]")

    pressed = browser.run("""
        return [...document.querySelectorAll("[aria-pressed=true]")]
          .map((button) => button.dataset.first);""")
    assert (first, said, [preset]) == (names(browser)[0], sorted_by(browser), [*pressed])
    assert "proven to be" == browser.driver.find_element(By.NAME, "find").get_attribute("value")


# -- the address


def test_a_shared_address_shows_the_same(browser, example):
    """After a reload, too; what is as it was at the beginning is not in it."""
    browser.open(example)
    at_first = fragment(browser)
    click(browser, "input[value=wait]")
    choose(browser, "identity", "proven")
    find(browser, "exä & # mple")
    find(browser, "Ex")
    for _ in range(2):
        click(browser, "th[data-sort=name] button")
    shown, address = names(browser), browser.driver.current_url

    browser.driver.refresh()
    reloaded = names(browser)
    browser.driver.get("about:blank")
    browser.driver.get(address)

    assert "" == at_first
    kept = "find=Ex&verdict=veto+hold&identity=proven&sort=name&order=descending"
    assert kept == fragment(browser)
    assert shown == reloaded == names(browser)
    assert "Ex" == browser.driver.find_element(By.NAME, "find").get_attribute("value")
    assert {"name": "descending"} == sorted_by(browser)


def test_another_address_in_the_same_window_is_obeyed(browser, example):
    """As when somebody goes back, or pastes what a colleague has sent."""
    browser.open(example)

    browser.run("location.hash = 'find=olga'")
    settle(browser)

    assert ["olga"] == names(browser)


def test_nobody_may_be_shown_in_an_address_too(browser, example):
    """All verdicts left out is something else than none."""
    browser.open(example)
    for verdict in ("veto", "hold", "wait"):
        click(browser, f"input[value={verdict}]")
    settle(browser)

    browser.driver.refresh()

    assert ([], "verdict=none") == (names(browser), fragment(browser))


@pytest.mark.parametrize(
    "nonsense",
    [
        "%",
        "%E0%A4%A",
        "find",
        "verdict=&identity=&elsewhere=&sort=&order=",
        "verdict=never&identity=toString&elsewhere=%00&sort=constructor&order=sideways",
        "sort=__proto__&verdict=approve",
        "identity=proven'%5D,*,%5Bx='",
        "sort=rank&order=%22%3E%3Cscript%3E",
        "<script>document.title='taken'</script>",
        "&&==&=find=&" + "a=b&" * 5000,
    ],
)
def test_nonsense_in_the_address_is_as_nothing(browser, example, nonsense):
    browser.driver.get(f"{example.as_uri()}#{nonsense}")

    assert (WAITING, {"rank": "ascending"}) == (names(browser), sorted_by(browser))
    assert "Showing 19 of 19" == count(browser)
    assert browser.driver.title.startswith("Waiting for approval on ")


# -- many


@pytest.fixture(scope="module")
def many(page_of, tmp_path_factory):
    """The page about 450 people, of whom every second has an identity."""
    people = "".join(
        f'[[account]]\nid = {key}\nusername = "p{key}"\ncreated_at = 2026-01-01T00:00:00Z\n'
        + key % 2 * f'identities = [{{ provider = "github", extern_uid = "p{key}" }}]\n'
        for key in range(1, 451)
    )
    folder = tmp_path_factory.mktemp("many")
    return page_of(written(folder, f'base_dn = "dc=wikimedia,dc=org"\n{people}'))


def test_many_rows_are_shown_in_steps(browser, many):
    """So that thousands of them are quick; all numbers are of all that were found."""
    browser.open(many)
    steps = [(len(names(browser)), count(browser))]

    for _ in range(2):
        click(browser, ".more button")
        steps.append((len(names(browser)), count(browser)))

    assert [
        (200, "Showing the first 200 of 450 of 450"),
        (400, "Showing the first 400 of 450 of 450"),
        (450, "Showing 450 of 450"),
    ] == steps
    assert [["450"], ["450"]] == numbers(browser)
    assert not browser.driver.find_element(By.CSS_SELECTOR, ".more button").is_displayed()


def test_of_many_rows_the_first_in_their_order_are_shown(browser, many):
    """Whatever is found, and however it is sorted; what comes next is said."""
    browser.open(many)

    find(browser, "github")
    found, more = count(browser), browser.driver.find_element(By.CLASS_NAME, "more").text
    for _ in range(2):
        click(browser, "th[data-sort=name] button")

    assert ("Showing the first 200 of 225 of 450", "Show 25 more") == (found, more)
    assert [f"p{key}" for key in range(449, 49, -2)] == names(browser)
    assert [["225 of 450"], ["225 of 450"]] == numbers(browser)


def test_without_scripts_many_rows_are_all_there(browser, many):
    browser.forbid_scripts()

    browser.open(many)

    assert 450 == len(names(browser))


# -- without scripts


@SIZES
def test_without_scripts_everybody_is_there_and_nothing_is_dead(browser, example, size):
    """No control that would do nothing; what is folded can be opened nevertheless."""
    browser.resize(size)
    browser.forbid_scripts()

    browser.open(example)
    browser.driver.find_element(By.TAG_NAME, "summary").click()

    assert WAITING == names(browser)
    assert [] == [
        each for each in browser.driver.find_elements(By.CSS_SELECTOR, "button, input")
        if each.is_displayed()
    ]  # fmt: skip
    assert browser.run("return document.querySelector('details').open")
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")


# -- for everybody


CONTRASTS = """
const channels = (color) => color.match(/[0-9.]+/g).map(Number);
const luminance = (color) => channels(color).slice(0, 3)
  .map((each) => each / 255)
  .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
  .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
const behind = (element) => {
  for (let each = element; each; each = each.parentElement) {
    const color = getComputedStyle(each).backgroundColor;
    if (channels(color).length < 4 || channels(color)[3] > 0) return color;
  }
};
const found = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  const text = walker.currentNode.data.trim();
  if (!text || !element.getClientRects().length) continue;
  const style = getComputedStyle(element);
  const color = element.closest("svg") ? style.fill : style.color;
  found.push([contrast(color, behind(element)), 4.5, text]);
}
for (const field of document.querySelectorAll("input[type=search]")) {
  const placeholder = getComputedStyle(field, "::placeholder").color;
  found.push([contrast(placeholder, behind(field)), 4.5, "placeholder"]);
  found.push([contrast(getComputedStyle(field).borderTopColor, behind(field)), 3, "field"]);
}
for (const bar of document.querySelectorAll("rect")) {
  found.push([contrast(getComputedStyle(bar).fill, behind(bar)), 3, "bar " + bar.classList]);
}
return found;
"""


@SIZES
@SCHEMES
def test_everything_can_be_read_in_daylight_and_in_the_dark(browser, example, size, scheme):
    """By the contrasts that WCAG 2.2 asks for at level AA: 4.5 for text, 3 for shapes."""
    browser.resize(size)
    browser.prefer(scheme)
    browser.open(example)
    open_all(browser)

    found = browser.run(CONTRASTS)

    assert len(found) > 200
    assert [] == [each for each in found if each[0] < each[1]]


def test_the_two_schemes_differ(browser, example):
    paper = "return getComputedStyle(document.body).backgroundColor"
    browser.open(example)
    light = browser.run(paper)

    browser.prefer("dark")

    assert ("rgb(255, 255, 255)", "rgb(21, 24, 28)") == (light, browser.run(paper))


NAMED = {"link", "button", "checkbox", "searchbox", "image", "img", "table", "region",
         "columnheader", "rowheader", "DisclosureTriangle", "heading"}  # fmt: skip


@SIZES
def test_everything_that_can_be_reached_has_a_name(browser, example, size):
    """And the table is one for assistive technology at every width."""
    browser.resize(size)
    browser.open(example)

    tree = browser.tree()

    roles = [role for role, _ in tree]
    assert [] == [role for role, name in tree if role in NAMED and not name.strip()]
    assert (1, 19, 20) == tuple(map(roles.count, ("table", "rowheader", "row")))
    assert ("searchbox", "Find") in tree
    assert ("group", "Verdict") in tree
    assert ("checkbox", "veto") in tree
    assert {("combobox", "Identity"), ("combobox", "Account elsewhere")} <= set(tree)
    assert {("button", "Nearest to trust"), ("button", "Newest"), ("group", "First")} <= set(tree)
    assert ("image", "Speaks for it") in tree
    assert ("link", "GitLab admin page of @sami") in tree
    assert "What was decided veto: 4, hold: 14, wait: 1" in [name for _, name in tree]
    assert ("table", "Accounts that stay pending, nearest to being trusted first") in tree


def test_a_keyboard_is_enough(browser, example):
    """What has the focus can be seen."""
    browser.open(example)
    head = browser.driver.find_element(By.CSS_SELECTOR, "th[data-sort=name] button")
    browser.run("arguments[0].focus({focusVisible: true})", head)

    outline = browser.run("return getComputedStyle(arguments[0]).outlineStyle", head)
    head.send_keys(" ")

    assert "solid" == outline
    assert sorted(WAITING) == names(browser)
    assert {"name": "ascending"} == sorted_by(browser)


@pytest.mark.parametrize(
    "selector", ["thead button", ".links a", "summary", ".choice", "select", ".order button"]
)
def test_on_a_phone_what_can_be_pressed_is_large_enough(browser, example, selector):
    """At least 24 pixels high, as WCAG 2.2 asks for at level AA."""
    browser.resize(PHONE)
    browser.open(example)

    heights = browser.run(
        "return [...document.querySelectorAll(arguments[0])].map("
        "(each) => each.getBoundingClientRect().height)",
        selector,
    )

    assert min(heights) >= 24


# -- hostile names


@pytest.fixture(scope="module")
def hostile(page_of, tmp_path_factory):
    """The page about people with such names, here and elsewhere."""
    quoted = [json.dumps(name) for name in HOSTILE]
    tables = "".join(
        f"""
[[account]]
id = {key}
username = {name}
created_at = 2026-01-01T00:00:00Z
identities = [
    {{ provider = "openid_connect", extern_uid = "Person {key}" }},
    {{ provider = {name}, extern_uid = {name} }},
]
veto = {name}

[[person]]
uid = "person{key}"
cn = "Person {key}"

[[phabricator_account]]
username = {name}
linked_to = "Person {key}"
"""
        for key, name in enumerate(quoted, 100)
    )
    return page_of(written(tmp_path_factory.mktemp("hostile"), QUEUE + tables))


@SIZES
def test_no_name_does_anything_but_stand_there(browser, hostile, size):
    """Each is read in its own cell, written out where it would not show."""
    browser.resize(size)

    browser.open(hostile)
    open_all(browser)

    assert {escape_control(name) for name in HOSTILE} <= set(names(browser))
    assert browser.driver.title.startswith("Waiting for approval on gitlab.wikimedia.org, ")
    assert (0, 1, 1) == tuple(
        browser.run(f"return document.querySelectorAll('{tag}').length")
        for tag in ("img", "h1", "style")
    )
    assert browser.run("return document.documentElement.scrollWidth <= innerWidth")


@SIZES
def test_no_name_reaches_out_of_its_cell(browser, hostile, size):
    browser.resize(size)
    browser.open(hostile)

    outside = browser.run("""
        return [...document.querySelectorAll("tbody bdi")].filter((text) => {
          const place = text.closest("td, th").getBoundingClientRect();
          return [...text.getClientRects()].some((part) =>
            part.left < place.left - 1 || part.right > place.right + 1);
        }).map((text) => text.textContent);""")

    assert [] == outside


def test_hostile_names_can_be_sorted_and_found(browser, hostile):
    browser.open(hostile)

    for column in ("name", "made", "rank", "reason"):
        click(browser, f"th[data-sort={column}] button")
    find(browser, "<script>")

    assert [HOSTILE[0]] == names(browser)


def test_every_link_leads_to_one_of_the_systems(browser, hostile):
    browser.open(hostile)

    places = browser.run("""
        return [...new Set([...document.querySelectorAll("a")].map((link) =>
          link.protocol === "ldaps:" ? "ldaps:" : link.origin))];""")

    assert {
        "https://gitlab.wikimedia.org",
        "https://phabricator.wikimedia.org",
        "ldaps:",
    } == set(places)


# -- nobody


def test_an_empty_queue_is_a_friendly_page(browser, page_of, tmp_path):
    """Without a table, a picture or a control."""
    browser.open(page_of(written(tmp_path, 'base_dn = "dc=wikimedia,dc=org"\n')))

    text = browser.driver.find_element(By.CLASS_NAME, "empty").text
    assert "Nobody stays pending.\nNobody waits for approval at all." == text
    assert [] == browser.driver.find_elements(By.CSS_SELECTOR, "table, svg, form")
