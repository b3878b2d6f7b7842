"""The wiki's log line: the one place where tests pin its wording."""

import html
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from glaab.adapters.mediawiki.log_line import (
    LogLine,
    edit_summary,
    format_line,
    parse_line,
    printable,
)
from glaab.domain.accounts import AccountState, Username
from tests.builders import GITLAB_URL, NOON, a_record
from tests.contract.mediawiki.contract import HOSTILE_NAMES, UNPRINTABLE_NAMES

USERNAMES = st.one_of(
    st.sampled_from([*HOSTILE_NAMES, *UNPRINTABLE_NAMES]),
    st.from_regex("[A-Za-z0-9_.]([A-Za-z0-9_.-]{0,8}[A-Za-z0-9_-])?", fullmatch=True),
    st.text("_aN-.", min_size=1, max_size=9),
    st.text(min_size=1, max_size=9),
)


def of(username: str = "bob", **changes: object):
    values: dict[str, object] = {"because": ("staff",)}
    return a_record(username=Username(username), **(values | changes))


def a_line(record) -> str:
    return format_line(record, GITLAB_URL)


def parsed(text: str) -> LogLine | None:
    return parse_line(text, NOON.date())


class TestWriting:
    def test_it_names_the_time_the_account_and_the_trust(self):
        record = a_record(at=datetime(2024, 12, 21, 19, 0, 59, tzinfo=UTC), username="alice")

        assert (
            "* 19:00 [[gitlab:alice|@alice]] was approved. Trusted as: Toolforge member."
        ) == a_line(record)

    def test_several_rules_are_joined(self):
        line = a_line(of(because=("staff", "Member (old)")))

        assert line.endswith("Trusted as: staff, Member (old).")

    def test_an_unknown_outcome_shows(self):
        assert (
            "* 12:00 [[gitlab:bob|@bob]] may have been approved, found blocked later."
            " Trusted as: staff."
        ) == a_line(of(found=AccountState.BLOCKED))

    def test_an_unreadable_note_shows(self):
        assert (
            "* 12:00 [[gitlab:bob|@bob]] was approved."
            " Trusted as: unknown, the bot's note could not be read."
        ) == a_line(of(because=()))

    def test_the_time_is_utc(self):
        record = a_record(at=datetime.fromisoformat("2026-11-22T01:30:00+02:00"))

        assert a_line(record).startswith("* 23:30 ")

    @pytest.mark.parametrize(
        ("username", "link"),
        [
            ("a_b.c-D9", "[[gitlab:a_b.c-D9|@a_b.c-D9]]"),
            ("..", "[[gitlab:..|@..]]"),
            ("__x", "[https://gitlab.example.org/__x @__x]"),
            ("_x", "[https://gitlab.example.org/_x @_x]"),
            ("x_", "[https://gitlab.example.org/x_ @x_]"),
            ("a__b", "[https://gitlab.example.org/a__b @a__b]"),
            (
                "__NOTOC__",
                "[https://gitlab.example.org/_%5FNOTOC__ @_&#95;NOTOC__]",
            ),
            (
                "~~~~",
                "[https://gitlab.example.org/%7E%7E%7E%7E @&#126;&#126;&#126;&#126;]",
            ),
            ("a]]b", "[https://gitlab.example.org/a%5D%5Db @a&#93;&#93;b]"),
            ("a|b", "[https://gitlab.example.org/a%7Cb @a&#124;b]"),
            ("a b", "[https://gitlab.example.org/a%20b @a&#32;b]"),
            ("é", "[https://gitlab.example.org/%C3%A9 @&#233;]"),
            ("a\nb", "[https://gitlab.example.org/a%EF%BF%BDb @a&#65533;b]"),
            ("\ud800", "[https://gitlab.example.org/%EF%BF%BD @&#65533;]"),
        ],
    )
    def test_a_name_cannot_break_out_of_its_link(self, username, link):
        assert f"* 12:00 {link} was approved. Trusted as: staff." == a_line(of(username))

    @pytest.mark.parametrize("url", ["https://x.example/gitlab", "https://x.example/gitlab/"])
    def test_the_address_may_end_with_a_slash(self, url):
        assert "[https://x.example/gitlab/__x @__x]" in format_line(of("__x"), url)

    @pytest.mark.parametrize(
        ("rule", "text"),
        [
            ("Größe (2), 你好 - a.b", "Größe (2), 你好 - a.b"),
            ("cafe\u0301", "café"),
            ("~~~~", "&#126;&#126;&#126;&#126;"),
            ("__NOTOC__", "&#95;&#95;NOTOC&#95;&#95;"),
            ("{{subst:x}}", "&#123;&#123;subst&#58;x&#125;&#125;"),
            ("http://x", "http&#58;&#47;&#47;x"),
            ("'''b'''", "&#39;&#39;&#39;b&#39;&#39;&#39;"),
            ("<!--", "&#60;&#33;--"),
            ("&lt;", "&#38;lt&#59;"),
            ("ISBN 1234567890", "ISB&#78; 1234567890"),
            ("RFC\u00a01 PMID 1", "RF&#67;&#160;1 PMI&#68; 1"),
            ("a\r\n== b", "a\ufffd\ufffd&#61;&#61; b"),
            ("a\u2028b\u2029c", "a\ufffdb\ufffdc"),
            ("\u202ea\u200eb\u2066c\x00\x85", "\ufffda\ufffdb\ufffdc\ufffd\ufffd"),
            ("\udfff", "\ufffd"),
        ],
    )
    def test_a_rule_cannot_break_out_of_its_line(self, rule, text):
        assert a_line(of(because=(rule,))).endswith(f" was approved. Trusted as: {text}.")

    @given(USERNAMES, st.lists(st.text(max_size=12), max_size=2))
    @settings(max_examples=300)
    def test_nothing_breaks_out_of_its_line(self, username, because):
        line = a_line(of(username, because=tuple(because)))

        assert 1 == len(line.splitlines())
        assert line.isprintable()
        target, label = r"[A-Za-z0-9_.%-]+", r"@[A-Za-z0-9_.&#;-]+"
        link = rf"(\[\[gitlab:{target}\|{label}\]\]|\[{re.escape(GITLAB_URL)}/{target} {label}\])"
        trust = r"Trusted as: [\w ().,&#;\ufffd'-]*\."
        assert re.fullmatch(rf"\* [0-9]{{2}}:[0-9]{{2}} {link} was approved\. {trust}", line)
        assert not re.search(r"__\w+__", line)

    @given(USERNAMES.filter(str.isprintable))
    def test_names_can_be_read_again(self, username):
        """By people, in the label, and by GitLab, in the address."""
        link = re.compile(r".*(?:gitlab:|org/)(\S+)[| ]@(.*?)\]")

        target, label = link.match(a_line(of(username))).groups()

        assert (username, username) == (unquote(target), html.unescape(label))


class TestReading:
    @given(
        USERNAMES,
        st.sampled_from(AccountState),
        st.lists(st.text(max_size=12), max_size=2),
        st.integers(0, 24 * 60 - 1),
    )
    @example("__NOTOC__", AccountState.ACTIVE, [], 0)
    @settings(max_examples=300)
    def test_what_is_written_is_recognised(self, username, state, because, minutes):
        at = NOON.replace(hour=0) + timedelta(minutes=minutes)

        line = parsed(a_line(of(username, at=at, found=state, because=tuple(because))))

        assert LogLine(at, printable(username)) == line

    @pytest.mark.parametrize("state", AccountState)
    def test_every_state_is_recognised(self, state):
        assert LogLine(NOON, "bob") == parsed(a_line(of(found=state)))

    @pytest.mark.parametrize(
        ("link", "username"),
        [
            ("[[gitlab:__x|@__x]]", "__x"),
            ("[[gitlab:a__b|@a__b]]", "a__b"),
            ("[[gitlab:_%5FNOTOC_%5F|@_&#95;NOTOC_&#95;]]", "__NOTOC__"),
            ("[[gitlab:%7E%7E%7E%7E|@&#126;&#126;&#126;&#126;]]", "~~~~"),
            ("[[gitlab:a%EF%BF%BDb|@a&#65533;b]]", "a\ufffdb"),
        ],
    )
    def test_the_links_of_an_older_glaab_are_recognised(self, link, username):
        """It used the interwiki form for every name."""
        line = parsed(f"* 12:00 {link} was approved. Trusted as: staff.")

        assert LogLine(NOON, username) == line

    @pytest.mark.parametrize(
        "url", ["http://gitlab.example.org", "https://[::1]:8443", "https://x.example/git/lab"]
    )
    def test_an_address_is_recognised_wherever_gitlab_was(self, url):
        line = format_line(of("__x"), url)

        assert LogLine(NOON, "__x") == parsed(line)

    @pytest.mark.parametrize(
        "line",
        [
            "* 12:00 [[gitlab:bob|@bob]] was approved.",
            "*12:00\t[[gitlab:bob|@bob]]\twas approved by hand",
            "*  12:00  [[gitlab:bob|@bob]] may have been approved, found banned later.",
        ],
    )
    def test_hand_written_lines_are_recognised(self, line):
        assert LogLine(NOON, "bob") == parsed(line)

    @pytest.mark.parametrize(
        "text",
        [
            "x",
            "bob was approved.",
            "see [[gitlab:bob|@bob]] was approved.",
            "[[gitlab:x|@x]] approved [[gitlab:bob|@bob]] was approved",
            "[[gitlab:bob|@bob]]",
            "[[gitlab:bob|@bob]] looks odd, please check.",
            "[[gitlab:bob]] was approved.",
            "[[bob|@bob]] was approved.",
            "[ftp://gitlab.example.org/bob @bob] was approved.",
            "[https://gitlab.example.org/bob] was approved.",
        ],
    )
    def test_a_line_with_a_time_may_be_about_something_else(self, text):
        assert LogLine(NOON, None) == parsed(f"* 12:00 {text}")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "12:00 x",
            "** 12:00 x",
            "* x",
            "* 24:00 x",
            "* 12:60 x",
            "* 9:00 x",
            "* 12:00",
            " * 12:00 x",
        ],
    )
    def test_a_line_without_a_time_is_none(self, text):
        assert None is parsed(text)


class TestSummary:
    @pytest.mark.parametrize(
        ("records", "text"),
        [
            ([of("a")], "@a was approved"),
            ([of("a"), of("b")], "@a, @b were approved"),
            ([of("a", found=AccountState.BANNED)], "@a may have been approved"),
            (
                [of("a"), of("b", found=AccountState.BANNED)],
                "@a was approved; @b may have been approved",
            ),
            ([of("[[x]]")], "@%5B%5Bx%5D%5D was approved"),
            ([of("é" * 200), of("b")], "2 accounts were approved"),
            (
                [of(f"user{i:04}") for i in range(90)],
                ", ".join(f"@user{i:04}" for i in range(18)) + " and 72 more were approved",
            ),
        ],
    )
    def test_it_names_whom_it_can(self, records, text):
        assert text == edit_summary(records)
