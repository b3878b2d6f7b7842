"""The JSON Schema that ships with glaab describes what glaab prints."""

import json
from importlib import resources

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from glaab.entrypoints.cli import glaab

WORLD = "example"


@pytest.fixture(scope="module")
def schema():
    text = resources.files("glaab").joinpath("entrypoints/render/schema.json").read_text()
    return json.loads(text)


def test_the_schema_is_one(schema):
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    "command",
    [
        ["approve"],
        ["dry-run"],
        ["explain", "ada"],
        ["explain", "ada1"],
        ["explain", "tove"],
        ["report"],
        ["watch", "--for", "1s"],
        ["recheck"],
    ],
)
def test_every_command_prints_what_the_schema_says(schema, command):
    """Each document validates, and has no key that the schema does not know."""
    result = CliRunner().invoke(glaab, ["--world", WORLD, "--format", "json", *command])

    document = json.loads(result.stdout)
    assert [] == [
        error.message for error in Draft202012Validator(_closed(schema)).iter_errors(document)
    ]


def test_a_further_source_needs_no_other_schema(schema):
    """Wherever a source is named, any name will do."""
    text = CliRunner().invoke(glaab, ["--world", WORLD, "--format", "json", "report"]).stdout

    document = json.loads(text.replace('"gerrit"', '"roster"'))

    assert {"roster"} <= document["systems"].keys()
    assert "roster" in {each["system"] for each in document["accounts"][0]["evidence"]}
    assert "roster" in {
        link["kind"] for account in document["accounts"] for link in account["links"]
    }
    assert Draft202012Validator(_closed(schema)).is_valid(document)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("systems", {"gitlab": {"status": "ok", "requests": 1}}),
        ("systems", {"gitlab": {}, "audit_log": {"status": "unused", "requests": 0}}),
        ("run", {}),
        ("accounts", [{}]),
    ],
)
def test_a_document_that_lacks_something_is_none(schema, key, value):
    text = CliRunner().invoke(glaab, ["--world", WORLD, "--format", "json", "report"]).stdout

    assert not Draft202012Validator(schema).is_valid(json.loads(text) | {key: value})


@pytest.mark.parametrize(
    "variables", [{"GLAAB_WORLD": WORLD}, {"GLAAB_WORLD": WORLD, "GLAAB_POLICY": "none.toml"}, {}]
)
def test_doctor_prints_what_the_schema_says(schema, variables):
    """It has a document of its own: whether all is well, or no policy, or no setting at all."""
    doubt = {"GITLAB_URL": "https://gitlab.example.org"}  # so that nobody is asked
    result = CliRunner().invoke(glaab, ["--format", "json", "doctor"], env=doubt | variables)

    report = {"$ref": "#/$defs/examination", "$defs": _closed(schema["$defs"])}
    document = json.loads(result.stdout)
    assert document["checks"]
    assert [] == [error.message for error in Draft202012Validator(report).iter_errors(document)]


@pytest.mark.parametrize(
    ("part", "document"),
    [
        ("identity", {"provider": "x", "extern_uid": "7", "roster_id": "7"}),
        ("check", {"area": "roster", "check": "", "health": "ok", "said": "", "remedy": ""}),
        (
            "policy",
            {
                "source": "",
                "digest": "sha256:" + "0" * 64,
                "identity": {"providers": ["x"], "extern_uid": "roster_id"},
                "trust": [{"name": "x", "systems": ["roster"], "roster_list": "helpers"}],
                "veto": [],
                "canary": {},
            },
        ),
    ],
)
def test_a_further_source_has_names_and_keys_of_its_own(schema, part, document):
    validator = Draft202012Validator({"$ref": f"#/$defs/{part}", "$defs": _closed(schema["$defs"])})

    assert validator.is_valid(document)


@pytest.mark.parametrize("command", [["policy"], ["policy", "check", "src/glaab/policy.toml"]])
def test_policy_prints_what_the_schema_says(schema, command):
    """It has a document of its own, too."""
    result = CliRunner().invoke(glaab, ["--format", "json", *command])

    policy = {"$ref": "#/$defs/policy", "$defs": _closed(schema["$defs"])}
    document = json.loads(result.stdout)
    assert [] == [error.message for error in Draft202012Validator(policy).iter_errors(document)]


@pytest.mark.parametrize("policy", ["src/glaab/policy.toml", "examples/policy-keycloak.toml"])
def test_policy_test_prints_what_the_schema_says(schema, policy):
    """All is as expected, or nearly nothing."""
    arguments = ["--format", "json", "--policy", policy, "policy", "test", WORLD]
    result = CliRunner().invoke(glaab, arguments)

    report = {"$ref": "#/$defs/policy_test", "$defs": _closed(schema["$defs"])}
    document = json.loads(result.stdout)
    assert [] == [error.message for error in Draft202012Validator(report).iter_errors(document)]


@pytest.mark.parametrize("policy", ["examples/policy-vetted.toml", "src/glaab/policy.toml"])
def test_policy_diff_prints_what_the_schema_says(schema, policy):
    """Something changes for nearly everybody, or nothing for anybody."""
    arguments = ["--format", "json", "--world", WORLD, "policy", "diff", policy]
    result = CliRunner().invoke(glaab, arguments)

    report = {"$ref": "#/$defs/policy_diff", "$defs": _closed(schema["$defs"])}
    document = json.loads(result.stdout)
    assert [] == [error.message for error in Draft202012Validator(report).iter_errors(document)]


def _closed(schema):
    """The same schema; unknown keys are errors wherever it does not allow them on purpose."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return {"additionalProperties": False} | closed if "properties" in schema else closed
