"""`list` and `info` print what programs can read."""

import json

import pytest
from typer.testing import CliRunner

from whybench.catalogue import SORTS, catalogue
from whybench.cli.app import app


@pytest.mark.parametrize("sort", sorted(SORTS))
def test_list_prints_the_catalogue_as_json(sort: str) -> None:
    result = CliRunner().invoke(app, ["list", sort, "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == catalogue(sort)


@pytest.mark.parametrize("name", ["gradient", "input_invariance", "digits_cnn", "digits", "quickstart"])
def test_info_prints_json(name: str) -> None:
    result = CliRunner().invoke(app, ["info", name, "--json"])
    assert result.exit_code == 0, result.output
    assert [entry["name"] for entry in json.loads(result.stdout)] == [name]


def test_methods_and_metrics_say_what_outside_programs_ask() -> None:
    for sort in ("methods", "metrics"):
        for entry in catalogue(sort):
            assert {"name", "kind", "needs", "stochastic", "reference", "parameters"} <= entry.keys(), entry["name"]
    assert all(entry["family"] and isinstance(entry["higher_is_better"], bool) for entry in catalogue("metrics"))


@pytest.mark.parametrize("verb", ["run", "report"])
def test_help_names_the_folder_that_is_written_by_default(verb: str) -> None:
    result = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert "by default whybench-report/SUITE." in result.output


@pytest.mark.parametrize("verb", [[], ["list"], ["info"], ["run"], ["status"], ["report"], ["export"], ["doctor"]])
def test_flags_are_shown_without_a_value(verb: list[str]) -> None:
    result = CliRunner().invoke(app, [*verb, "-h"], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert result.exit_code == 0, result.output
    assert "--help" in result.output
    assert "bool" not in result.output.lower()
