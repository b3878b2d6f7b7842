"""Where entries go on the wiki's log page, and which are there already."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from glaab.adapters.mediawiki.log_line import format_line
from glaab.adapters.mediawiki.log_page import add_entries, unlogged
from glaab.adapters.mediawiki.page_structure import mask_hidden, parse_days
from glaab.domain.accounts import AccountState, Username
from tests.builders import GITLAB_URL, a_record

D20 = "=== 2026-11-20 ===\n* 10:00 twenty"
D22 = "=== 2026-11-22 ===\n* 10:00 twenty-two"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def of(username: str = "bob", when: str = "2026-11-21T12:00:59", **changes: object):
    """A record of an account that is a day old."""
    values = {"created_at": at(when) - timedelta(days=1), "because": ("staff",)} | changes
    return a_record(username=Username(username), at=at(when), **values)


def a_line(*args: str, **changes: object) -> str:
    return format_line(of(*args, **changes), GITLAB_URL)


def add_entries_to(page, records):
    return add_entries(page, records, GITLAB_URL)


BOB = a_line()


class TestDays:
    """Where entries go."""

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            pytest.param("", f"=== 2026-11-21 ===\n{BOB}\n", id="empty page"),
            pytest.param("Intro", f"Intro\n\n=== 2026-11-21 ===\n{BOB}", id="no days"),
            pytest.param("Intro\n", f"Intro\n\n=== 2026-11-21 ===\n{BOB}\n", id="no days, newline"),
            pytest.param("Intro\n\n", f"Intro\n\n=== 2026-11-21 ===\n{BOB}\n", id="no days, gap"),
            pytest.param(D20, f"=== 2026-11-21 ===\n{BOB}\n\n{D20}", id="above an older day"),
            pytest.param(
                f"Intro\n\n{D20}\n",
                f"Intro\n\n=== 2026-11-21 ===\n{BOB}\n\n{D20}\n",
                id="below the introduction",
            ),
            pytest.param(
                f"Intro\n{D20}",
                f"Intro\n=== 2026-11-21 ===\n{BOB}\n\n{D20}",
                id="below an introduction without a gap",
            ),
            pytest.param(
                f"{D22}\n\n{D20}",
                f"{D22}\n\n=== 2026-11-21 ===\n{BOB}\n\n{D20}",
                id="between days",
            ),
            pytest.param(
                f"{D22}\n{D20}",
                f"{D22}\n\n=== 2026-11-21 ===\n{BOB}\n\n{D20}",
                id="between days without a gap",
            ),
            pytest.param(D22, f"{D22}\n\n=== 2026-11-21 ===\n{BOB}", id="below the last day"),
            pytest.param(
                f"{D22}\n** a remark\n* more\n\n[[Category:Logs]]\n",
                f"{D22}\n** a remark\n* more\n\n=== 2026-11-21 ===\n{BOB}\n\n[[Category:Logs]]\n",
                id="above what trails",
            ),
            pytest.param(
                f"{D22}\n<noinclude>[[Category:Logs]]</noinclude>",
                f"{D22}\n\n=== 2026-11-21 ===\n{BOB}\n<noinclude>[[Category:Logs]]</noinclude>",
                id="above what trails without a gap",
            ),
            pytest.param(
                "=== 2026-11-22 ===\ntext",
                f"=== 2026-11-22 ===\n\n=== 2026-11-21 ===\n{BOB}\ntext",
                id="below a last day without entries",
            ),
            pytest.param(
                f"{D20}\n\n{D22}",
                f"=== 2026-11-21 ===\n{BOB}\n\n{D20}\n\n{D22}",
                id="days out of order",
            ),
            pytest.param(
                "== See also ==\n* x\n\n==2026-11-20==\n* 10:00 x",
                f"== See also ==\n* x\n\n== 2026-11-21 ==\n{BOB}\n\n==2026-11-20==\n* 10:00 x",
                id="the level of the first day",
            ),
            pytest.param(
                "==== 2026-11-22 ====\n\n== 2026-11-20 ==\n",
                f"==== 2026-11-22 ====\n\n==== 2026-11-21 ====\n{BOB}\n\n== 2026-11-20 ==\n",
                id="days of several levels",
            ),
            pytest.param(
                f"Intro\r\n\r\n{D20}\r\n".replace("===\n", "===\r\n"),
                f"Intro\r\n\r\n=== 2026-11-21 ===\r\n{BOB}\r\n\r\n{D20}\r\n".replace(
                    "===\n", "===\r\n"
                ),
                id="CRLF",
            ),
            pytest.param(
                f"{D22}\n\n== Archive ==\nold things",
                f"{D22}\n\n=== 2026-11-21 ===\n{BOB}\n\n== Archive ==\nold things",
                id="above another section",
            ),
        ],
    )
    def test_a_new_day_finds_its_place(self, before, after):
        assert after == add_entries_to(before, [of()])

    @pytest.mark.parametrize(
        "heading",
        [
            "=== 2026-11-21 ===",
            "==2026-11-21==",
            "====  2026-11-21\t====  ",
            "=== 2026-11-21 === <!-- a\nremark -->",
            "=== 2026-11-21 <!-- a remark --> ===",
        ],
    )
    def test_an_existing_day_is_used_however_it_is_written(self, heading):
        assert f"{heading}\n{BOB}\n* 10:00 x" == add_entries_to(f"{heading}\n* 10:00 x", [of()])

    @pytest.mark.parametrize(
        ("lines", "place"),
        [
            pytest.param(["* 13:00 x", "* 11:00 y"], 1, id="between"),
            pytest.param(["* 11:00 x", "* 10:00 y"], 0, id="newest"),
            pytest.param(["* 14:00 x", "* 13:00 y"], 2, id="oldest"),
            pytest.param(["* 12:00 x"], 0, id="the same minute"),
            pytest.param(["* 13:00 x", "** remark", ": reply", "* 11:00 y"], 3, id="remarks"),
            pytest.param(["* 13:00 x", "** remark", "", "text"], 2, id="above text"),
            pytest.param(["", "* 13:00 x", "* 11:00 y"], 2, id="after a gap"),
            pytest.param(["* note", "* 11:00 y"], 1, id="a note first"),
            pytest.param(["* 99:99 x", "* 12:60 y"], 2, id="no times"),
            pytest.param([], 0, id="nothing"),
            pytest.param(["text"], 0, id="text alone"),
            pytest.param(["* 13:00 x", "==== Afternoon ====", "* 11:00 y"], 2, id="a subsection"),
        ],
    )
    def test_an_entry_finds_its_place_in_its_day(self, lines, place):
        day = "=== 2026-11-21 ==="
        after = [day, *lines[:place], BOB, *lines[place:], "", D20]

        assert "\n".join(after) == add_entries_to("\n".join([day, *lines, "", D20]), [of()])

    @pytest.mark.parametrize(
        "hidden",
        [
            "<!--\n=== 2026-11-21 ===\n* 10:00 x\n-->",
            "<nowiki>\n=== 2026-11-21 ===\n</nowiki>",
            "<pre class='x'>\n=== 2026-11-21 ===\n</PRE >",
            "<nowiki><!--</nowiki><pre>\n=== 2026-11-21 ===\n</pre>",
            "<syntaxhighlight lang=x>\n=== 2026-11-21 ===\n</syntaxhighlight>",
            "  === 2026-11-21 ===",
            "= 2026-11-21 =",
            "=== 2026-11-21 === x",
            "=== 2026-11-21 === <nowiki>x</nowiki>",
            "=== 2026-13-41 ===",
            "=== 21 November 2026 ===",
            "=======",
        ],
    )
    def test_what_only_looks_like_a_day_is_none(self, hidden):
        assert f"{hidden}\n\n=== 2026-11-21 ===\n{BOB}" == add_entries_to(hidden, [of()])

    @pytest.mark.parametrize("tag", ["<nowiki>", "<pre>", "<nowiki />", "<pre/>", "<prefix>"])
    def test_a_tag_that_hides_nothing_hides_no_day(self, tag):
        page = f"{tag}\n{tag}\n=== 2026-11-21 ===\n* 10:00 x"

        assert page.replace("* 10", f"{BOB}\n* 10") == add_entries_to(page, [of()])

    def test_a_comment_that_never_ends_does_not_hide_an_entry(self):
        page = f"Intro <!-- never closed\n{D20}"

        assert f"Intro \n\n=== 2026-11-21 ===\n{BOB}<!-- never closed\n{D20}" == add_entries_to(
            page, [of()]
        )

    def test_of_a_day_that_is_there_twice_the_first_is_used(self):
        page = "=== 2026-11-21 ===\n* 10:00 x\n\n=== 2026-11-21 ===\n* 11:00 y"

        assert page.replace("* 10", f"{BOB}\n* 10") == add_entries_to(page, [of()])

    def test_several_records_go_to_their_days(self):
        records = [
            of("a", "2026-11-21T10:00"),
            of("b", "2026-11-20T23:59"),
            of("c", "2026-11-21T10:00"),
            of("d", "2026-11-21T11:00"),
        ]

        names = re.findall("@([a-d])|(2026.*?) ", add_entries_to("", records))

        assert ["2026-11-21", "d", "c", "a", "2026-11-20", "b"] == ["".join(n) for n in names]


class TestAlreadyThere:
    @pytest.mark.parametrize(
        "line",
        [
            BOB,
            a_line(when="2026-11-21T09:00"),
            a_line(when="2026-11-21T23:59", found=AccountState.BANNED),
        ],
    )
    def test_an_entry_of_the_account_is_its_approval(self, line):
        """Whatever run wrote it, and whenever."""
        page = f"=== 2026-11-21 ===\n{line}"

        assert page == add_entries_to(page, [of(created_at=at("2026-11-21T09:00"))])

    @pytest.mark.parametrize(
        ("time", "is_there"),
        [("09:00", True), ("08:51", True), ("08:50", True), ("08:49", False)],
    )
    def test_an_entry_older_than_the_account_is_not_about_it(self, time, is_there):
        """To the minute, less ten minutes because clocks differ."""
        page = f"=== 2026-11-21 ===\n{a_line(when=f'2026-11-21T{time}')}"
        record = of(created_at=at("2026-11-21T09:00:59"))

        assert is_there == (page == add_entries_to(page, [record]))

    def test_an_entry_of_another_day_counts(self):
        page = f"=== 2026-11-25 ===\n{BOB}"

        assert page == add_entries_to(page, [of()])

    def test_an_entry_in_a_subsection_counts(self):
        page = f"== 2026-11-21 ==\n=== Noon ===\n{BOB}"

        assert page == add_entries_to(page, [of()])

    @pytest.mark.parametrize(
        "page",
        [
            f"=== 2026-11-21 ===\n<!-- {BOB} -->",
            f"=== 2026-11-21 ===\n<!--\n{BOB}\n-->",
            f"=== 2026-11-21 ===\n* {BOB}",
            f"=== 2026-11-21 ===\n== Archive ==\n{BOB}",
            BOB,
            BOB.replace("bob", "Bob"),
            BOB.replace("bob", "bobby"),
        ],
    )
    def test_other_lines_are_no_entry_of_the_account(self, page):
        assert 1 == len(unlogged(page, [of()]))

    def test_the_same_account_in_one_call_is_entered_once(self):
        records = [of(when="2026-11-21T12:05"), of()]

        assert f"=== 2026-11-21 ===\n{BOB}\n" == add_entries_to("", records)

    def test_a_clock_gone_wrong_does_not_repeat_the_entry(self):
        """Approved before it was created: still one entry."""
        record = of(created_at=at("2026-12-24T00:00"))

        once = add_entries_to("", [record])

        assert once == add_entries_to(once, [record])


PIECES = st.sampled_from(
    [
        "Intro", "\n", "\n\n", "\r\n", " ", "=", "==", "=== 2026-11-20 ===\n", "==2026-11-22==\n",
        "=== 2026-11-21 === \n", "== See also ==\n", "* 12:00 x\n", "* 23:59 y", "** z\n", "<!--",
        "-->", "<nowiki>", "</nowiki>", "<pre>", "</pre>", "[[Category:Logs]]", "\0", "\1",
        "\u2028", f"{BOB}\n", f"{a_line('eve')}\n",
    ]
)  # fmt: skip
PAGES = st.one_of(st.lists(PIECES, max_size=12).map("".join), st.text(max_size=40))
NAMES = st.one_of(st.sampled_from(["bob", "eve", "__x__", "a|b"]), st.text(min_size=1, max_size=9))
TIMES = st.datetimes(
    datetime(2026, 11, 19), datetime(2026, 11, 23), timezones=st.just(UTC)  # noqa: DTZ001
)  # fmt: skip
RECORDS = st.builds(
    lambda username, when, created, because: a_record(
        username=Username(username), at=when, created_at=created, because=tuple(because)
    ),
    NAMES,
    TIMES,
    TIMES,
    st.lists(st.text(max_size=12), max_size=2),
)


class TestAnyPage:
    @given(PAGES, RECORDS)
    def test_everything_else_stays_byte_for_byte(self, page, record):
        """Without what was inserted in one place, the page is what it was."""
        after = add_entries_to(page, [record])

        added = len(after) - len(page)
        assert any(after[:i] + after[i + added :] == page for i in range(len(page) + 1))

    @given(PAGES, st.lists(RECORDS, max_size=4))
    @example("<!--", [of()])
    @example(f"{BOB}<!--", [of(), of("eve")])
    def test_adding_twice_is_adding_once(self, page, records):
        once = add_entries_to(page, records)

        assert once == add_entries_to(once, records)

    @given(PAGES, st.lists(RECORDS, max_size=4))
    def test_afterwards_nothing_is_missing(self, page, records):
        assert () == unlogged(add_entries_to(page, records), records)

    @given(PAGES, st.lists(RECORDS, max_size=6))
    @example(D20, [of(when="2026-11-20T09:00"), of("eve", "2026-11-20T11:00")])
    @example(f"{D22}\n\n{D20}", [of(), of("eve"), of("tove", "2026-11-21T13:00")])
    def test_many_are_added_like_one_after_the_other(self, page, records):
        one_by_one = page
        for record in unlogged(page, records):
            one_by_one = add_entries_to(one_by_one, [record])

        assert one_by_one == add_entries_to(page, records)

    @given(st.sampled_from(["", "Intro", "Intro\n\n"]), st.lists(RECORDS, max_size=8))
    def test_days_and_entries_are_newest_first(self, page, records):
        found = parse_days(mask_hidden(add_entries_to(page, records)))

        moments = [line.at for day in found for line in day.entries.values()]
        assert sorted(moments, reverse=True) == moments
        assert sorted({day.date for day in found}, reverse=True) == [day.date for day in found]

    @given(st.lists(RECORDS, max_size=8))
    def test_one_empty_line_is_between_days(self, records):
        page = add_entries_to("", records)

        assert page.count("\n\n") == max(page.count("===\n") - 1, 0)
        assert "\n\n\n" not in page


def test_a_long_page_takes_little_time():
    """Ten years of days, and tags that never close, in two megabytes."""
    first = at("2016-01-01T00:00")
    page = "\n\n".join(
        f"=== {(first + timedelta(days=n)).date()} ===\n"
        + "\n".join(a_line(f"user{n}x{i}") for i in range(5))
        for n in reversed(range(3650))
    )
    page = "<pre <nowiki><pre>" * 20_000 + "\n\n" + page

    started = datetime.now(UTC)
    after = add_entries_to(page, [of(f"new{n}") for n in range(5)])

    assert 5 == after.count("@new")
    assert datetime.now(UTC) - started < timedelta(seconds=20)
