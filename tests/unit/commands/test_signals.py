"""Signals: while a run looks they end it, while it acts it finishes the account in hand."""

import json
import signal

import attrs
import pytest

from glaab.domain.ports import GitLab
from glaab.entrypoints.commands.approve import approve
from glaab.entrypoints.commands.dry_run import dry_run


@attrs.define
class InterruptedGitLab(GitLab):
    """A signal comes when one of its methods is called."""

    _gitlab: GitLab
    _method: str
    _number: int

    def _asked(self, method):
        if method == self._method:
            signal.raise_signal(self._number)

    def pending(self, created_after=None):
        self._asked("pending")
        return self._gitlab.pending()

    def open_notes(self):
        return self._gitlab.open_notes()

    def logged_notes(self):
        return self._gitlab.logged_notes()

    def find(self, who):
        self._asked("find")
        return self._gitlab.find(who)

    def note(self, record):
        self._gitlab.note(record)

    def settle(self, account, ending):
        self._gitlab.settle(account, ending)

    def approve(self, account):
        return self._gitlab.approve(account)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("mode", ["act", "look"])
def test_a_signal_while_looking_ends_the_run(small_app, capsys, mode, number, code):
    app = small_app(mode)
    gitlab = InterruptedGitLab(app.container.writable_gitlab(), "pending", number)
    app.container.gitlab.override(gitlab)

    ended = (approve if mode == "act" else dry_run)(app)

    out, err = capsys.readouterr()
    assert code == ended
    assert "" == out
    assert "run_interrupted" in err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_approving_finishes_the_account_in_hand(small_app, capsys, number, code):
    app = small_app("act")
    gitlab = InterruptedGitLab(app.container.writable_gitlab(), "find", number)
    app.container.gitlab.override(gitlab)

    ended = approve(app)

    document = json.loads(capsys.readouterr().out)
    assert code == ended
    assert "approved" == document["accounts"][0]["outcome"]
    assert "@ada" in app.container.audit_page().page
    assert () == gitlab.open_notes()
