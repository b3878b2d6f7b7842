"""`glaab policy test`: whether a policy judges made-up accounts as somebody expects."""

import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import attrs
import click
from rich.text import Text

from glaab.adapters.world_file import Expectation, World, read_world
from glaab.domain.accounts import Account, may_wait
from glaab.domain.errors import SettingsInvalid
from glaab.domain.policy import Judgement, Policy, Verdict
from glaab.domain.review import Case
from glaab.entrypoints.render.as_text import VERDICT_STYLES
from glaab.entrypoints.render.escaping import account_in_words, escape_control, pluralize
from glaab.entrypoints.render.wrapping import print_lines
from glaab.entrypoints.runtime.bootstrap import (
    Options,
    PolicyText,
    attempt,
    container_in_memory,
)
from glaab.entrypoints.runtime.exit_code import ExitCode
from glaab.entrypoints.runtime.logs import configure_logs
from glaab.entrypoints.runtime.runner import write_safely
from glaab.settings.parsers import EXAMPLE, example_world

_INDENT = 12


@attrs.frozen(kw_only=True)
class Failure:
    """An account about which the policy does not say what is expected."""

    file: str
    """As it was typed."""
    account: Account
    expected: Expectation
    judgement: Judgement


@attrs.frozen
class PolicyTest:
    """How many accounts were judged, and those of another verdict or other rules."""

    tested: int
    files: int
    failed: tuple[Failure, ...]


def test(options: Options, files: Sequence[str]) -> int:
    """Judge the worlds in *files*; raises SettingsInvalid with every problem of all of them."""
    path, reader = options.settings.glaab_policy, options.policy_reader
    policy, wrong = attempt(lambda: PolicyText.in_force(path).read_with(reader))
    problems = [*options.wrong_settings, *wrong]
    worlds: dict[str, World] = {}
    for file in dict.fromkeys(files):
        world, wrong_world = attempt(partial(_world, file, options))
        worlds |= {file: world} if world else {}
        problems += wrong_world
    if problems or not policy:
        raise SettingsInvalid(tuple(problems))
    failed = [each for file in worlds for each in _failures(options, policy, file, worlds[file])]
    tested = sum(len(world.expectations) for world in worlds.values())
    return _show(options, PolicyTest(tested, len(worlds), tuple(failed)))


def _world(file: str, options: Options) -> World:
    """The world in *file*, of which something is expected; raises SettingsInvalid."""
    path = example_world() if file == EXAMPLE else Path(file)
    world = read_world(path, options.integrations)
    if not world.expectations:
        raise SettingsInvalid(
            (f'world {path}: no account says what is expected; add expect = "hold" to one',)
        )
    return world


def _failures(options: Options, policy: Policy, file: str, world: World) -> Iterator[Failure]:
    for case in _cases(options, policy, world):
        expected, judgement = world.expectations.get(case.account.id), case.judgement
        if expected and not _is_met(expected, judgement):
            assert isinstance(case.account, Account)  # noqa: S101  # a world has no other
            yield Failure(file=file, account=case.account, expected=expected, judgement=judgement)


def _is_met(expected: Expectation, judgement: Judgement) -> bool:
    because = judgement.because if expected.because is None else expected.because
    return (expected.verdict, set(because)) == (judgement.verdict, set(judgement.because))


def _cases(options: Options, policy: Policy, world: World) -> Iterator[Case]:
    """
    Everybody's case, as if no brake stood.

    Who waits is judged together, anybody else alone, as `glaab explain` does it.
    """
    container = container_in_memory(options, policy, world)
    review = container.review_accounts(confirm_at_most=len(world.accounts))
    waiting = [each for each in world.accounts if may_wait(each)]
    others = [[each] for each in world.accounts if not may_wait(each)]
    for together in (waiting, *others):
        yield from review(together).cases


def _show(options: Options, result: PolicyTest) -> int:
    """Print the result; the exit code."""
    configure_logs(options)

    def show() -> None:
        if options.form == "json":
            click.echo(as_json(result), sys.stdout)
        else:
            print_lines(as_text(result), _INDENT, color=options.color)

    if not write_safely(show):
        return ExitCode.UNWRITTEN
    return ExitCode.WAITING if result.failed else ExitCode.OK


def as_json(result: PolicyTest) -> str:
    """The result; text from outside is escaped to ASCII."""
    failed = [
        {
            "file": each.file,
            "username": each.account.username,
            "expected": each.expected.verdict.value,
            "expected_because": _sorted(each.expected),
            "verdict": each.judgement.verdict.value,
            "because": list(each.judgement.because),
            "explanation": each.judgement.explanation,
        }
        for each in result.failed
    ]
    return json.dumps({"tested": result.tested, "failed": failed}, indent=2)


def as_text(result: PolicyTest) -> Iterator[Text]:
    """Every account that is not as expected, and a summary."""
    for each in result.failed:
        name = account_in_words(each.account.username, each.account.id)
        yield Text.assemble((name, "bold"), f" in {escape_control(each.file)} is not as expected")
        yield _line("expected", each.expected.verdict, _sorted(each.expected))
        yield _line("got", each.judgement.verdict, each.judgement.because)
        yield Text(f"  {'why':<9} {escape_control(each.judgement.explanation)}")
        yield Text()
    accounts, files = pluralize(result.tested, "account"), pluralize(result.files, "file")
    outcome = f"{len(result.failed)} not as expected" if result.failed else "all as expected"
    yield Text(f"{accounts} of {files} tested, {outcome}.", style="bold")


def _line(title: str, verdict: Verdict, because: Sequence[str] | None) -> Text:
    rules = f", trusted as {escape_control(', '.join(because))}" if because else ""
    if because is not None and not because:
        rules = ", trusted by no rule"
    return Text.assemble(f"  {title:<9} ", (verdict, VERDICT_STYLES[verdict]), rules)


def _sorted(expected: Expectation) -> list[str] | None:
    return None if expected.because is None else sorted(expected.because)
