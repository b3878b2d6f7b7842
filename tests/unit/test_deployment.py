"""The deployment files fit the program, and one another."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from glaab.entrypoints.cli import glaab
from glaab.entrypoints.runtime.exit_code import ExitCode
from glaab.settings.core import Settings
from tests.policies import parse_policy
from tests.variables import SECRETS, VARIABLES, WIKIMEDIAS, missing_settings, read_settings

ROOT = Path(__file__).parents[2]
DEADLINE_S = Settings().glaab_deadline_s
RUN_EVERY_S = Settings().glaab_run_every_s
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


def yaml_in(path):
    return yaml.safe_load(text_of(path))


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

    assert {name: f"glaab {name}" for name in ("approve", "dry-run", "watch")} == processes
    assert set(processes) <= set(glaab.commands)


class TestToolforge:
    """Two files, because `toolforge jobs load` makes the tool's jobs those of one file."""

    IMAGE = "tool-gitlab-account-approval/tool-gitlab-account-approval:latest"

    def test_the_scheduled_job_is_a_process_of_the_image(self):
        """With keys that `toolforge jobs load` knows."""
        assert [
            {
                "name": "approve",
                "command": "approve",
                "image": self.IMAGE,
                "schedule": "*/3 * * * *",
                "timeout": 300,
                "emails": "onfailure",
                "no-filelog": True,
            }
        ] == yaml_in("deploy/toolforge/jobs.yaml")

    def test_the_scheduled_job_has_time_to_finish_after_the_deadline(self):
        (job,) = yaml_in("deploy/toolforge/jobs.yaml")

        assert job["timeout"] >= DEADLINE_S + NEEDED_AFTER_A_SIGNAL_S

    def test_the_continuous_job_is_a_process_of_the_image(self):
        """Without a health check, which there allows the first full run no more than 120 s."""
        assert [
            {
                "name": "watch",
                "command": "watch",
                "image": self.IMAGE,
                "continuous": True,
                "emails": "onfailure",
                "no-filelog": True,
            }
        ] == yaml_in("deploy/toolforge/watch.yaml")


# -- Kubernetes


class PodTests:
    """What holds of every pod. Subclass, provide `pod`, name it Test...."""

    @pytest.fixture
    def pod(self):
        """The specification of the pod."""
        raise NotImplementedError

    @pytest.fixture
    def container(self, pod):
        (container,) = pod["containers"]
        return container

    @pytest.fixture
    def given(self):
        """The data of the two ConfigMaps and of the Secret, by name."""
        maps = [
            *yaml.safe_load_all(text_of("deploy/kubernetes/settings.yaml")),
            yaml_in("deploy/kubernetes/secret.example.yaml"),
        ]
        return {each["metadata"]["name"]: each.get("data") or each["stringData"] for each in maps}

    @pytest.fixture
    def named(self, container, given):
        """The variables, but those that are there for others of them."""
        own = {each["name"] for each in container["env"] if "value" in each}
        return own | set(given["glaab-settings"])

    @pytest.fixture
    def environment(self, container, given, tmp_path):
        """What the process sees, with the Secret in a folder of the test."""
        for name, secret in given["glaab"].items():
            (tmp_path / name).write_text(secret)
        own = {each["name"]: each.get("value", "192.0.2.1") for each in container["env"]}
        return given["glaab-settings"] | {
            name: value.replace("/run/secrets/glaab", str(tmp_path)).replace(
                "$(POD_IP)", own.get("POD_IP", "")
            )
            for name, value in own.items()
        }

    def test_it_has_time_to_finish_after_a_signal(self, pod):
        assert NEEDED_AFTER_A_SIGNAL_S <= pod["terminationGracePeriodSeconds"]

    def test_it_may_do_as_little_as_possible(self, pod, container):
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert {"type": "RuntimeDefault"} == pod["securityContext"]["seccompProfile"]
        assert {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        } == container["securityContext"]

    def test_it_can_write_to_nothing_that_lasts(self, pod, container):
        writable = {each["name"] for each in container["volumeMounts"] if not each.get("readOnly")}

        assert writable == {each["name"] for each in pod["volumes"] if "emptyDir" in each}

    def test_its_variables_are_settings(self, named):
        assert_known(named)

    def test_no_secret_is_in_a_variable(self, named):
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
            if "emptyDir" not in volume
        }
        assert set(given) == {"glaab-settings", "glaab-policy", "glaab"}


class TestCronJob(PodTests):
    @pytest.fixture
    def cron_job(self):
        return yaml_in("deploy/kubernetes/cronjob.yaml")["spec"]

    @pytest.fixture
    def job(self, cron_job):
        return cron_job["jobTemplate"]["spec"]

    @pytest.fixture
    def pod(self, job):
        return job["template"]["spec"]

    def test_runs_do_not_overlap_and_all_end(self, cron_job, job):
        assert "Forbid" == cron_job["concurrencyPolicy"]
        assert 10 < cron_job["startingDeadlineSeconds"] < 180
        assert DEADLINE_S + NEEDED_AFTER_A_SIGNAL_S <= job["activeDeadlineSeconds"]

    def test_a_run_is_not_repeated(self, job, pod):
        """The next one is the next try."""
        assert (0, "Never") == (job["backoffLimit"], pod["restartPolicy"])

    def test_it_runs_a_command(self, container):
        assert ["approve"] == container["args"]


class TestDeployment(PodTests):
    @pytest.fixture
    def deployment(self):
        return yaml_in("deploy/kubernetes/deployment.yaml")["spec"]

    @pytest.fixture
    def pod(self, deployment):
        return deployment["template"]["spec"]

    @pytest.fixture
    def start(self, container, tmp_path):
        """
        A function: starts the container, and returns what it calls.

        Its folder /run/glaab is one of the test, and what it calls does nothing.
        """
        for name in ("sleep", "glaab"):
            (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@"\n')
            (tmp_path / name).chmod(0o755)
        (script,) = container["args"]
        command = [*container["command"], script.replace("/run/glaab", str(tmp_path))]

        def start():
            environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
            run = subprocess.run(
                command, env=environment, check=True, capture_output=True, text=True
            )
            return run.stdout.splitlines()

        return start

    def test_there_is_only_one_at_a_time(self, deployment):
        assert (1, {"type": "Recreate"}) == (deployment["replicas"], deployment["strategy"])

    def test_it_finds_its_own_pods_and_no_others(self, deployment):
        cron_job = yaml_in("deploy/kubernetes/cronjob.yaml")["spec"]["jobTemplate"]["spec"]
        labels = deployment["selector"]["matchLabels"]

        assert labels == deployment["template"]["metadata"]["labels"]
        assert not labels.items() <= cron_job["template"]["metadata"]["labels"].items()

    def test_it_runs_a_command_at_once(self, start):
        assert ["glaab watch"] == start()
        assert "watch" in glaab.commands

    def test_it_waits_before_every_restart(self, start):
        """The brake counts anew with each start."""
        start()

        assert [f"sleep {RUN_EVERY_S:.0f}", "glaab watch"] == start()
        assert [f"sleep {RUN_EVERY_S:.0f}", "glaab watch"] == start()

    def test_what_it_remembers_of_starts_is_its_own_folder(self, container, pod):
        (script,) = container["args"]
        (mount,) = (each for each in container["volumeMounts"] if not each.get("readOnly"))

        assert {f"{mount['mountPath']}/started"} == set(re.findall(r"/\S+", script))

    def test_probes_and_prometheus_ask_where_it_listens(self, deployment, container, environment):
        settings, _ = read_settings(environment, None)
        (port,) = container["ports"]
        annotations = deployment["template"]["metadata"]["annotations"]

        assert settings.glaab_listen.port == port["containerPort"]
        assert f"{settings.glaab_listen.port}" == annotations["prometheus.io/port"]
        for probe in ("startupProbe", "livenessProbe"):
            assert {"path": "/healthz", "port": port["name"]} == container[probe]["httpGet"]

    @pytest.mark.parametrize(
        ("probe", "before_s"), [("startupProbe", RUN_EVERY_S), ("livenessProbe", 0)]
    )
    def test_probes_are_patient_enough_for_a_full_run(self, container, probe, before_s):
        """During which no look ends."""
        patience_s = container[probe]["failureThreshold"] * container[probe]["periodSeconds"]

        assert patience_s > before_s + DEADLINE_S + NEEDED_AFTER_A_SIGNAL_S

    def test_it_is_in_everything_else_the_pod_of_the_cron_job(self, pod, container):
        """So that no change is made to one of them alone."""
        other = yaml_in("deploy/kubernetes/cronjob.yaml")["spec"]["jobTemplate"]["spec"]
        scheduled = other["template"]["spec"]

        own = {"command", "args", "env", "ports", "startupProbe", "livenessProbe", "volumeMounts"}
        (other_container,) = scheduled["containers"]
        for key in ("env", "volumeMounts"):
            assert [each for each in other_container[key] if each not in container[key]] == []
        assert [each for each in scheduled["volumes"] if each not in pod["volumes"]] == []
        assert {key: container[key] for key in container.keys() - own} == {
            key: other_container[key] for key in other_container.keys() - own
        }
        own_of_pod = {"containers", "volumes", "restartPolicy"}
        assert {key: pod[key] for key in pod.keys() - own_of_pod} == {
            key: scheduled[key] for key in scheduled.keys() - own_of_pod
        }


# -- systemd


def directives_of(service):
    """The values of each directive, in their order."""
    found = {}
    for line in text_of(f"deploy/systemd/{service}").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


SERVICES = ("glaab.service", "glaab-watch.service")


class TestSystemd:
    @pytest.fixture(params=SERVICES)
    def directives(self, request):
        return directives_of(request.param)

    @pytest.fixture
    def scheduled(self):
        return directives_of("glaab.service")

    @pytest.fixture
    def watching(self):
        return directives_of("glaab-watch.service")

    def test_it_has_time_to_finish_after_a_signal(self, directives):
        assert int(*directives["TimeoutStopSec"]) >= NEEDED_AFTER_A_SIGNAL_S

    def test_its_variables_are_settings(self, directives):
        assert_known(value.partition("=")[0] for value in directives["Environment"])

    def test_every_credential_is_read_and_no_other(self, directives):
        loaded = {value.partition(":")[0] for value in directives["LoadCredential"]}
        values = (value.partition("=")[2] for value in directives["Environment"])

        assert loaded == {value.removeprefix("%d/") for value in values if value.startswith("%d/")}

    def test_a_stop_is_no_failure(self, directives):
        """Whatever else is not 0 asks for somebody."""
        assert ["143"] == directives["SuccessExitStatus"]

    def test_both_are_one_user_to_share_what_they_keep(self, directives):
        """Else the one that starts takes the folder away from the other."""
        assert (["yes"], ["glaab"]) == (directives["DynamicUser"], directives["User"])
        assert ["glaab"] == directives["StateDirectory"]

    def test_the_scheduled_one_runs_a_command_and_nothing_beside_it(self, scheduled):
        assert ["oneshot"] == scheduled["Type"]
        assert ["/opt/glaab/bin/glaab approve"] == scheduled["ExecStart"]

    def test_the_scheduled_one_has_time_to_finish_after_the_deadline(self, scheduled):
        assert int(*scheduled["TimeoutStartSec"]) >= DEADLINE_S + NEEDED_AFTER_A_SIGNAL_S

    def test_the_other_one_runs_a_command_that_lives_on(self, watching):
        assert ["exec"] == watching["Type"]
        assert ["/opt/glaab/bin/glaab watch"] == watching["ExecStart"]
        assert ["multi-user.target"] == watching["WantedBy"]

    def test_it_is_started_again_for_ever_but_with_wrong_settings(self, watching):
        assert (["always"], ["0"]) == (watching["Restart"], watching["StartLimitIntervalSec"])
        assert [f"{ExitCode.INVALID}"] == watching["RestartPreventExitStatus"]

    def test_it_waits_before_every_restart(self, watching):
        """The brake counts anew with each start."""
        assert int(*watching["RestartSec"]) >= RUN_EVERY_S

    def test_they_are_the_same_in_everything_else(self, scheduled, watching):
        """So that no change is made to one of them alone."""
        own = {"Description", "Type", "ExecStart", "TimeoutStartSec", "WantedBy"}
        own |= {"Restart", "RestartSec", "RestartPreventExitStatus", "StartLimitIntervalSec"}
        watching["Environment"].remove("GLAAB_LISTEN=127.0.0.1:9187")

        assert {name: scheduled[name] for name in scheduled.keys() - own} == {
            name: watching[name] for name in watching.keys() - own
        }


# -- what is there to be switched on


@pytest.mark.parametrize(
    "path",
    [
        "deploy/kubernetes/cronjob.yaml",
        "deploy/kubernetes/deployment.yaml",
        "deploy/kubernetes/settings.yaml",
        "deploy/systemd/glaab.service",
        "deploy/systemd/glaab-watch.service",
        "docs/deployment/systemd.md",
    ],
)
def test_lines_to_switch_on_name_settings(path):
    """They are comments: not everybody has Keycloak, a bind password, or tells people."""
    named = set(re.findall(r"(?:KEYCLOAK|LDAP|GLAAB)_[A-Z_]*[A-Z]", text_of(path)))

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
