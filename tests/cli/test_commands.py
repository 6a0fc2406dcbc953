"""Every command on a small run: what it prints, and what programs can read of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from small_run import SMALL

METHODS = ("-m", "gradient", "-m", "random", "-m", "smooth_grad(samples=2)", "-m", "captum/lrp")
METRICS = ("-x", "pixel_flipping", "-x", "ssr")


@pytest.fixture
def ran(whybench, no_report):
    """A small run: its answer."""
    return whybench(*SMALL, *METHODS, *METRICS)


def test_a_run_prints_boards_claim_and_where_the_report_is(ran):
    assert ran.code == 0
    assert ran.err == ""
    assert "8 cells computed, 0 read from the store, 0 failed, 2 unsupported" in ran.out
    assert "FAITHFULNESS" in ran.out
    assert "CLAIM" in ran.out
    assert ran.out.rstrip().endswith("Report: whybench-report/custom/index.html")


def test_what_is_stored_is_not_computed_again(ran, whybench):
    again = whybench(*SMALL, *METHODS, *METRICS)
    assert "0 cells computed, 8 read from the store" in again.out
    more = whybench(*SMALL, "-m", "gradient", *METRICS, "-x", "sdr")
    assert "1 cells computed, 2 read from the store" in more.out
    fresh = whybench(*SMALL, "-m", "gradient", *METRICS, "--fresh")
    assert "2 cells computed, 0 read from the store" in fresh.out


def test_samples_and_seed_are_obeyed(whybench, no_report):
    run = ("run", "-M", "digits_cnn", "-D", "digits", "-m", "random", "-x", "pixel_flipping")
    boards = {}
    for samples, seed in ((3, 0), (5, 0), (3, 1)):
        assert whybench(*run, "--samples", str(samples), "--seed", str(seed)).code == 0
        assert whybench("export", "--to", "out").code == 0
        boards[samples, seed] = pd.read_parquet("out/scores.parquet")
    assert [len(board) for board in boards.values()] == [3, 5, 3]
    assert list(boards[3, 1]["seed"]) == [1, 1, 1]
    assert list(boards[3, 0]["score"]) != list(boards[3, 1]["score"])
    assert list(boards[5, 0]["sample_id"][:3]) == list(boards[3, 0]["sample_id"])


def test_a_dry_run_shows_the_cells_and_computes_nothing(whybench, folder):
    answer = whybench(*SMALL, "--dry-run", "-m", "gradient", "-m", "occlusion", *METRICS)
    assert answer.code == 0
    assert answer.out.splitlines() == [
        "custom: 4 cells, seed 0",
        "  digits_cnn on digits: gradient by 2 metrics",
        "  digits_cnn on digits: occlusion by 2 metrics",
    ]
    assert not list(folder.iterdir())


def test_the_same_thing_named_twice_runs_once(whybench):
    answer = whybench(*SMALL, "--dry-run", "-m", "gradient", "-m", "gradient", "-x", "srg", "-x", "srg")
    assert answer.out.startswith("custom: 1 cells")


def test_status_counts_cells_and_gives_reasons(ran, whybench):
    (shown,) = json.loads(whybench("status", "--json").out)
    assert (shown["suite"], shown["cells"], shown["status"]) == ("custom", 8, {"ok": 6, "unsupported": 2})
    (reason,) = shown["reasons"]
    assert (reason["status"], reason["cells"]) == ("unsupported", 2)
    assert reason["reason"].startswith("captum/lrp has no rule for Flatten")
    plain = whybench("status", "custom").out
    assert plain.startswith("custom: 8 cells: 6 ok, 2 unsupported\n  2 unsupported: captum/lrp has no rule")


def test_report_prints_the_board_as_text_and_as_json(ran, whybench):
    assert "FAITHFULNESS" in whybench("report", "custom").out
    answer = whybench("report", "--json")
    assert answer.code == 0
    board = json.loads(answer.out)
    assert {row["method"] for row in board["rows"]} == {"gradient", "random", "smooth_grad", "captum/lrp"}


def test_report_writes_a_page_beside_the_json(whybench, folder):
    assert whybench(*SMALL, "-m", "gradient", "-x", "pixel_flipping", "--report", "first").code == 0
    assert (folder / "first" / "index.html").is_file()
    answer = whybench("report", "--json", "--to", "second")
    assert json.loads(answer.out)["rows"]
    assert (folder / "second" / "index.html").is_file()


def test_export_says_what_it_wrote(ran, whybench):
    written = json.loads(whybench("export", "--to", "out", "--json").out)
    assert written["to"] == "out"
    assert (written["scores"], written["explanations"], written["costs"]) == (6 * 4 + 2, 4, 8 + 4)
    assert written["curves"] == len(pd.read_parquet("out/curves.parquet"))
    assert whybench("export", "--to", "other", "--suite", "custom").out.endswith("explanations written to other\n")


def test_doctor_names_versions_and_plugins(whybench):
    facts = json.loads(whybench("doctor", "--json").out)
    assert {"python", "libraries", "cores", "threads", "cuda", "broken_plugins"} <= facts.keys()
    assert "whybench" in facts["libraries"]
    assert "broken_plugins: {}" in whybench("doctor").out


def test_a_broken_plugin_is_named_and_stops_nothing(whybench, monkeypatch):
    from importlib.metadata import EntryPoint

    from whybench import registries

    broken = EntryPoint("theirs", "no_such_module_of_theirs", registries.PLUGINS)
    monkeypatch.setattr(registries, "entry_points", lambda group: [broken])
    registries.fill.cache_clear()
    try:
        facts = json.loads(whybench("doctor", "--json").out)
        assert facts["broken_plugins"] == {"theirs": "ModuleNotFoundError: No module named 'no_such_module_of_theirs'"}
        assert whybench("list", "methods").code == 0
    finally:
        registries.fill.cache_clear()


@pytest.mark.parametrize("sort", ["methods", "metrics", "models", "datasets", "suites", "kinds"])
def test_list_prints_a_line_each(whybench, sort):
    answer = whybench("list", sort)
    assert answer.code == 0
    for entry in json.loads(whybench("list", sort, "--json").out):
        assert entry["name"] in answer.out


def test_list_of_one_kind(whybench):
    found = json.loads(whybench("list", "methods", "--kind", "attribution", "--json").out)
    assert {entry["kind"] for entry in found} == {"attribution"}
    gradient = next(entry for entry in found if entry["name"] == "gradient")
    assert gradient["parameters"] == {"polarity": "sensitivity"}
    assert (gradient["stochastic"], gradient["needs"], gradient["reference"]) == (False, ["gradients"], "simonyan2013")


def test_info_prints_definition_and_parameters(whybench):
    answer = whybench("info", "smooth_grad(samples=3)")
    assert answer.out.startswith("smooth_grad (method)")
    assert '"samples": 25' in answer.out


def test_every_help_starts_without_torch_and_pandas():
    commands = ["", "list", "info", "run", "status", "report", "export", "doctor"]
    program = (
        "import sys\nfrom whybench.cli import main\n"
        f"for command in {commands!r}:\n"
        "    try:\n        main([*command.split(), '--help'])\n"
        "    except SystemExit as left:\n        assert not left.code\n"
        "assert not {'torch', 'pandas', 'numpy', 'sqlalchemy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, env=os.environ)


def test_the_module_runs_as_a_program(folder: Path):
    done = subprocess.run(
        [sys.executable, "-m", "whybench", "list", "kinds"], capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[:3] == ["name", "what", "parameters"]


def test_timing_prints_the_profile(whybench, no_report, monkeypatch):
    from functools import partial

    from whybench.timing import Rounds, time_suite

    quick = Rounds(most=2, least=2, shortest=0.001)
    monkeypatch.setattr("whybench.cli.running.time_suite", partial(time_suite, rounds=quick))
    answer = whybench(*SMALL, "-m", "gradient", "-x", "ssr", "--timing")
    assert answer.code == 0
    assert "bare forward" in answer.out
    assert whybench("export", "--to", "out").code == 0
    assert set(pd.read_parquet("out/timings.parquet")["method"]) >= {"gradient"}
