"""The metrics file."""

import pytest

from glaab.domain.errors import GITLAB
from glaab.domain.policy import Verdict
from glaab.entrypoints.runtime.metrics import write_metrics
from tests.builders import an_unreadable_account
from tests.unit.results import a_case, a_run


def test_whose_age_cannot_be_read_is_not_the_oldest(tmp_path):
    path = tmp_path / "metrics"
    spoilt = a_case(7, Verdict.WAIT, account=an_unreadable_account())

    write_metrics(path, a_run(a_case(1, Verdict.HOLD), spoilt), 0)

    assert "glaab_pending 2.0" in path.read_text()
    assert f"glaab_oldest_pending_age_seconds {50 * 3600}.0" in path.read_text()


def test_of_a_queue_that_could_not_be_read_nothing_is_told(tmp_path):
    """Rather than that nobody waits."""
    path = tmp_path / "metrics"

    write_metrics(path, a_run(outages={GITLAB: "refused"}), 3)

    text = path.read_text()
    assert "glaab_exit_code 3.0" in text
    assert "glaab_pending " not in text
    assert "glaab_oldest_pending_age_seconds " not in text
    assert 'verdict="' not in text


@pytest.mark.parametrize("content", ['x{verdict=, ="approve"} 0.0\n', "x{"])
def test_replaces_what_the_parser_fails_on(tmp_path, content):
    """prometheus-client 0.26 raises IndexError for the first."""
    path = tmp_path / "metrics"
    path.write_text(content)

    write_metrics(path, a_run(), 0)

    assert "glaab_pending 0.0" in path.read_text()


def test_in_a_folder_that_answers_no_more_is_a_warning(tmp_path, capsys):
    """For `Path.is_file` of Python 3.11 a name that is too long is an error, as is ESTALE."""
    write_metrics(tmp_path / ("x" * 256), a_run(), 0)

    assert "metrics_not_written" in capsys.readouterr().out
