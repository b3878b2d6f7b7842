"""GitLab servers that are older than what glaab asks for: right answers, or a clear error."""

import json

from glaab.domain.accounts import AccountId, AccountState
from tests.builders import an_account


class TestGitLabThatIgnoresExcludeActive:
    """16 and older."""

    def test_the_verdicts_are_the_same_and_the_cost_is_told_once(self, installation):
        """Everybody is listed, so that whoever reads the messages learns how many were in vain."""
        expected = installation.run("dry-run", "--format", "json")
        users = installation.gitlab.simulator.users
        for number in range(5000, 5150):
            account = an_account(id=AccountId(number), state=AccountState.ACTIVE)
            users[number] = type(users[min(users)]).of(account)
        installation.gitlab.simulator.knows_exclude_active = False

        run = installation.run("dry-run", "--format", "json")

        active = sum(each.state is AccountState.ACTIVE for each in users.values())
        told = [json.loads(line) for line in run.err.splitlines()]
        assert (expected.code, expected.verdicts) == (run.code, run.verdicts)
        assert [(len(users), active)] == [
            (each["listed"], each["active"])
            for each in told
            if each["event"] == "exclude_active_ignored"
        ]


class TestGitLabWithoutKeysetPaging:
    """Before 16.5."""

    def test_the_error_names_the_version_that_is_needed(self, installation):
        """Nobody is approved by half a queue."""
        installation.gitlab.simulator.knows_keyset = False

        run = installation.run("approve", "--format", "json")

        reason = "it does not know keyset paging: GitLab 16.5 or later is needed"
        assert 3 == run.code
        assert ("unavailable", reason) == (
            run.document["systems"]["gitlab"]["status"],
            run.document["systems"]["gitlab"]["reason"],
        )
        assert reason in run.err
        assert [] == installation.approved()
