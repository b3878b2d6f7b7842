"""Runs on the small world, and live ones, that are ready to start."""

import attrs
import pytest

from glaab.entrypoints.runtime.bootstrap import Options, bootstrap
from glaab.entrypoints.runtime.registry import INTEGRATIONS
from tests.unit.commands.small_world import POLICY, WORLD
from tests.unit.doubles import UnreachableGitLab


@pytest.fixture
def small_world(elsewhere):
    """A current folder with a world and a policy, and an environment without settings."""
    (elsewhere / "world.toml").write_text(WORLD)
    (elsewhere / "policy.toml").write_text(POLICY)
    return elsewhere


def an_app(mode, form, **variables):
    options = Options.read({"GLAAB_POLICY": "policy.toml", **variables}, None, INTEGRATIONS)
    return bootstrap(attrs.evolve(options, form=form), mode=mode)


@pytest.fixture
def small_app(small_world):
    """A function: a mode -> a run on the small world, as JSON."""

    def small_app(mode):
        return an_app(mode, "json", GLAAB_WORLD="world.toml")

    return small_app


@pytest.fixture
def live_app(small_world):
    """A function: a mode -> a live run whose GitLab shows nothing, as text."""

    def live_app(mode, **variables):
        settings = {
            "GITLAB_ACCESS_TOKEN": "s3cret",
            "MEDIAWIKI_LOG_PAGE": "",
            "GLAAB_AUDIT_FILE": "audit.jsonl",
        }
        app = an_app(mode, "text", **settings, **variables)
        app.container.writable_gitlab.override(UnreachableGitLab())
        return app

    return live_app
