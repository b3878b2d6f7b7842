"""The deployment files fit the program, and one another."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from glaab.entrypoints.cli import glaab
from glaab.settings.core import Settings
from tests.policies import parse_policy
from tests.variables import SECRETS, VARIABLES, WIKIMEDIAS, missing_settings, read_settings

ROOT = Path(__file__).parents[2]
DEADLINE_S = Settings().glaab_deadline_s
NEEDED_AFTER_A_SIGNAL_S = 15
PINS = ("requirements.txt", "requirements-dev.txt", "requirements-docs.txt")
PINS += ("requirements-deployments.txt",)


def text_of(path):
    return (ROOT / path).read_text()


def pins_in(path):
    """The version of every package that is pinned in a file."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", text_of(path), re.MULTILINE))


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def assert_known(variables):
    """Each is a setting, or the file of a secret."""
    assert set(variables) <= {*VARIABLES, *(f"{name}_FILE" for name in SECRETS)}


# -- what is installed


def test_every_package_has_one_pin_in_all_files():
    """So that the files can be installed together."""
    versions = {}
    for path in PINS:
        for name, version in pins_in(path).items():
            versions.setdefault(canonical(name), set()).add(version)

    assert {} == {name: found for name, found in versions.items() if len(found) > 1}


def test_everything_in_the_requirements_is_pinned():
    """But glaab itself, and the file that another one continues."""
    for path in PINS:
        lines = {line for line in text_of(path).splitlines() if line and not line.startswith("#")}

        assert lines - {"-r requirements.txt", "."} == {
            f"{name}=={version}" for name, version in pins_in(path).items()
        }


@pytest.mark.parametrize(
    ("path", "extra"),
    [
        ("requirements.txt", None),
        ("requirements.txt", "notify"),
        ("requirements-dev.txt", "dev"),
        ("requirements-docs.txt", "docs"),
        ("requirements-deployments.txt", "deployments"),
    ],
)
def test_every_direct_dependency_is_pinned(path, extra):
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    extras = project["optional-dependencies"]

    wanted = extras[extra] if extra else project["dependencies"]

    pinned = {canonical(name) for name in pins_in(path)}
    assert {canonical(re.match(r"[\w.-]+", each)[0]) for each in wanted} <= pinned


# -- Toolforge


def test_the_build_pack_finds_one_list_of_packages_and_glaab_in_it():
    """With none or several of these files heroku/python 6.5 refuses to build."""
    lists = [
        name for name in ("requirements.txt", "poetry.lock", "uv.lock") if (ROOT / name).exists()
    ]

    assert ["requirements.txt"] == lists
    assert "." == text_of("requirements.txt").splitlines()[-1]
    assert not (ROOT / "runtime.txt").exists()


def test_the_image_has_a_python_that_glaab_runs_on():
    wanted = tomllib.loads(text_of("pyproject.toml"))["project"]["requires-python"]

    assert re.fullmatch(r"3\.\d+\n", text_of(".python-version"))
    assert ">=3.11" == wanted
    assert int(text_of(".python-version").strip().partition(".")[2]) >= 11


def test_the_processes_are_commands():
    processes = dict(line.split(": ") for line in text_of("Procfile").splitlines())

    assert {"approve": "glaab approve", "dry-run": "glaab dry-run"} == processes
    assert set(processes) <= set(glaab.commands)


class TestToolforgeJob:
    @pytest.fixture
    def job(self):
        (job,) = yaml.safe_load(text_of("deploy/toolforge/jobs.yaml"))
        return job

    def test_it_is_a_scheduled_process_of_the_image(self, job):
        """With keys that `toolforge jobs load` knows."""
        assert {
            "name": "approve",
            "command": "approve",
            "image": "tool-gitlab-account-approval/tool-gitlab-account-approval:latest",
            "schedule": "*/3 * * * *",
            "timeout": 300,
            "emails": "onfailure",
            "no-filelog": True,
        } == job

    def test_it_has_time_to_finish_after_the_deadline(self, job):
        assert job["timeout"] >= DEADLINE_S + NEEDED_AFTER_A_SIGNAL_S


# -- Kubernetes


class TestKubernetes:
    @pytest.fixture
    def cron_job(self):
        return yaml.safe_load(text_of("deploy/kubernetes/cronjob.yaml"))["spec"]

    @pytest.fixture
    def job(self, cron_job):
        return cron_job["jobTemplate"]["spec"]

    @pytest.fixture
    def pod(self, job):
        return job["template"]["spec"]

    @pytest.fixture
    def container(self, pod):
        (container,) = pod["containers"]
        return container

    @pytest.fixture
    def given(self):
        """The data of the two ConfigMaps and of the Secret, by name."""
        maps = [
            *yaml.safe_load_all(text_of("deploy/kubernetes/settings.yaml")),
            *yaml.safe_load_all(text_of("deploy/kubernetes/secret.example.yaml")),
        ]
        return {each["metadata"]["name"]: each.get("data") or each["stringData"] for each in maps}

    @pytest.fixture
    def environment(self, container, given, tmp_path):
        """What the process sees, with the Secret in a folder of the test."""
        for name, secret in given["glaab"].items():
            (tmp_path / name).write_text(secret)
        own = {each["name"]: each["value"] for each in container["env"]}
        return given["glaab-settings"] | {
            name: value.replace("/run/secrets/glaab", str(tmp_path)) for name, value in own.items()
        }

    def test_runs_do_not_overlap_and_all_end(self, cron_job, job, pod):
        assert "Forbid" == cron_job["concurrencyPolicy"]
        assert 10 < cron_job["startingDeadlineSeconds"] < 180
        assert DEADLINE_S + NEEDED_AFTER_A_SIGNAL_S <= job["activeDeadlineSeconds"]
        assert NEEDED_AFTER_A_SIGNAL_S <= pod["terminationGracePeriodSeconds"]

    def test_a_run_is_not_repeated(self, job, pod):
        """The next one is the next try."""
        assert (0, "Never") == (job["backoffLimit"], pod["restartPolicy"])

    def test_it_may_do_as_little_as_possible(self, pod, container):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert {"type": "RuntimeDefault"} == pod["securityContext"]["seccompProfile"]
        assert {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        } == container["securityContext"]
        assert all(each["readOnly"] for each in container["volumeMounts"])

    def test_it_runs_a_command(self, container):
        assert ["approve"] == container["args"]

    def test_its_variables_are_settings(self, container, given):
        named = {each["name"] for each in container["env"]}

        assert_known(named | set(given["glaab-settings"]))

    def test_no_secret_is_in_a_variable(self, container, given):
        named = {each["name"] for each in container["env"]} | set(given["glaab-settings"])

        assert set() == named & SECRETS

    def test_its_settings_are_complete(self, environment):
        settings, problems = read_settings(environment, None)

        assert () == problems
        assert () == missing_settings(settings, WIKIMEDIAS, acting=True)

    def test_its_policy_is_one(self, given):
        assert parse_policy(given["glaab-policy"]["policy.toml"], "policy")

    def test_what_it_mounts_is_there(self, pod, container, given):
        mounted = {each["name"] for each in container["volumeMounts"]}

        assert mounted == {each["name"] for each in pod["volumes"]}
        assert {"glaab-policy", "glaab"} == {
            volume.get("configMap", {}).get("name") or volume["secret"]["secretName"]
            for volume in pod["volumes"]
        }
        assert set(given) == {"glaab-settings", "glaab-policy", "glaab"}


# -- systemd


class TestSystemd:
    @pytest.fixture
    def directives(self):
        """The values of each directive of the service, in their order."""
        found = {}
        for line in text_of("deploy/systemd/glaab.service").splitlines():
            name, equals, value = line.partition("=")
            if equals and not line.startswith("#"):
                found.setdefault(name, []).append(value)
        return found

    def test_it_has_time_to_finish_after_the_deadline(self, directives):
        assert int(*directives["TimeoutStartSec"]) >= DEADLINE_S + NEEDED_AFTER_A_SIGNAL_S
        assert int(*directives["TimeoutStopSec"]) >= NEEDED_AFTER_A_SIGNAL_S

    def test_its_variables_are_settings(self, directives):
        assert_known(value.partition("=")[0] for value in directives["Environment"])

    def test_every_credential_is_read_and_no_other(self, directives):
        loaded = {value.partition(":")[0] for value in directives["LoadCredential"]}
        values = (value.partition("=")[2] for value in directives["Environment"])

        assert loaded == {value.removeprefix("%d/") for value in values if value.startswith("%d/")}

    def test_it_runs_a_command_and_nothing_beside_it(self, directives):
        (command,) = directives["ExecStart"]

        assert ["oneshot"] == directives["Type"]
        assert command.split()[1] in glaab.commands

    def test_a_stop_is_no_failure(self, directives):
        """Whatever else is not 0 asks for somebody."""
        assert ["143"] == directives["SuccessExitStatus"]


# -- what is there to be switched on


@pytest.mark.parametrize(
    "path",
    [
        "deploy/kubernetes/cronjob.yaml",
        "deploy/kubernetes/settings.yaml",
        "deploy/systemd/glaab.service",
        "docs/deployment/systemd.md",
    ],
)
def test_the_lines_for_keycloak_name_settings(path):
    """They are comments, since a policy with Keycloak has no directory."""
    named = set(re.findall(r"KEYCLOAK_[A-Z_]*[A-Z]", text_of(path)))

    assert named
    assert_known(named)


# -- the image


def test_the_image_holds_what_it_is_built_from_and_nothing_else():
    """No stray .env, no virtual environment."""
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", text_of("Containerfile"), re.MULTILINE)
    let_in = [line[1:] for line in text_of(".dockerignore").splitlines() if line.startswith("!")]

    assert sorted(" ".join(copied).split()) == sorted(let_in)


def test_the_image_runs_as_nobody_in_particular():
    *_, user, entry = text_of("Containerfile").splitlines()

    assert re.fullmatch(r"USER [1-9]\d+:[1-9]\d+", user)
    assert 'ENTRYPOINT ["glaab"]' == entry


def test_the_image_has_the_python_of_the_build_pack():
    bases = re.findall(r"^FROM \S+python:([\d.]+)-slim", text_of("Containerfile"), re.MULTILINE)

    assert [text_of(".python-version").strip()] * 2 == bases
