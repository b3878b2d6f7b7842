"""The dashboard shows the metrics that there are, on any Grafana."""

import itertools
import json
import re
from pathlib import Path

import pytest

from tests.unit.exposed_metrics import exposed_metrics

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy/grafana/glaab.json").read_text())
PANELS = DASHBOARD["panels"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel.get("targets", ())]

METRICS = exposed_metrics()
SAMPLES = {sample.name: sample for metric in METRICS for sample in metric.samples}
COUNTED = {
    sample.name
    for metric in METRICS
    if metric.type in ("counter", "histogram")
    for sample in metric.samples
}
SELECTOR = re.compile(r'(\w+)\{job="\$job"\}')
"""A metric of one installation, or of the job that the reader chose."""


def covered(panel):
    """The squares of the grid that a panel covers."""
    grid = panel["gridPos"]
    columns = range(grid["x"], grid["x"] + grid["w"])
    return set(itertools.product(columns, range(grid["y"], grid["y"] + grid["h"])))


def every(key, value):
    """What stands under *key*, anywhere in *value*."""
    if isinstance(value, list):
        return [found for each in value for found in every(key, each)]
    if not isinstance(value, dict):
        return []
    deeper = [found for each in value.values() for found in every(key, each)]
    return [value[key], *deeper] if key in value else deeper


# -- the metrics


def test_every_metric_is_shown():
    shown = {name for expression in EXPRESSIONS for name in SELECTOR.findall(expression)}

    assert [] == [
        metric.name
        for metric in METRICS
        if shown.isdisjoint(sample.name for sample in metric.samples)
    ]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_metric_in_an_expression_is_there_and_of_the_chosen_job(expression):
    named = re.findall(r"glaab_\w+", expression)

    assert named
    assert named == SELECTOR.findall(expression)
    assert set(named) <= set(SAMPLES)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_is_counted_is_shown_as_a_rate_and_nothing_else(expression):
    """A counter begins anew with every start."""
    rates = re.findall(r"(?:rate|increase)\((\w+)\{[^}]*\}\[(?:\d+[mh]|\$__range)\]\)", expression)

    assert rates == [name for name in SELECTOR.findall(expression) if name in COUNTED]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_what_it_is_shown_by_is_a_label(expression):
    labels = {label for name in SELECTOR.findall(expression) for label in SAMPLES[name].labels}

    assert set(re.findall(r"by \((\w+)\)", expression)) <= labels


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_bracket_is_closed(expression):
    rest = re.sub(r'"[^"]*"', "", expression)
    while rest != (inner := re.sub(r"\([^][(){}]*\)|\[[^][(){}]*\]|\{[^][(){}]*\}", "", rest)):
        rest = inner

    assert not re.search(r"[][(){}]", rest)


def test_the_choice_of_jobs_is_of_a_metric_that_is_there():
    _, job = DASHBOARD["templating"]["list"]

    (name,) = re.findall(r"label_values\((\w+), job\)", job["query"]["query"])

    assert name in SAMPLES


# -- the page


def test_it_belongs_to_no_installation():
    """Grafana gives it an id; whoever looks chooses the data source."""
    source, _ = DASHBOARD["templating"]["list"]

    assert ("datasource", "datasource") == (source["name"], source["type"])
    assert "id" not in DASHBOARD
    assert {"${datasource}"} == set(every("uid", DASHBOARD))


def test_every_panel_that_asks_names_the_data_source():
    asking = [panel for panel in PANELS if panel["type"] != "row"]

    assert all(each["datasource"]["uid"] for panel in asking for each in (panel, *panel["targets"]))


def test_every_variable_is_there():
    named = set(re.findall(r"\$\{?(\w+)", json.dumps(DASHBOARD)))

    assert {"__range", *(each["name"] for each in DASHBOARD["templating"]["list"])} == named


def test_no_panel_covers_another():
    squares = [square for panel in PANELS for square in covered(panel)]

    assert len(squares) == len(set(squares))
    assert set(range(24)) == {column for column, _ in squares}


def test_every_panel_has_a_number_and_a_title_of_its_own():
    for key in ("id", "title"):
        values = [panel[key] for panel in PANELS]
        assert len(values) == len(set(values))


def test_every_panel_that_asks_is_in_words():
    assert all(panel["description"].endswith(".") for panel in PANELS if panel["type"] != "row")
