"""results/performance from a small run that was made up: tables, tidy rows, aims and the folder."""

import csv
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"

SWEEP = {
    "group": "sweeps",
    "name": "test_sweep[digits_cnn-deletion]",
    "extra_info": {
        "samples": 64,
        "CPU seconds": [0.1, 0.09, 0.125],
        "x bare forwards of the same rows": {"cpu": [1.2, 1.1, 1.3], "wall": [1.5, 1.4, 1.6]},
        "x Quantus": {"cpu": [0.2, 0.18, 0.24], "wall": [0.21, 0.2, 0.22]},
    },
}
UNPEERED = {
    "group": "sweeps",
    "name": "test_sweep[efficientnet_lite0-deletion]",
    "extra_info": {
        "CPU seconds": [2.0, 2.0, 2.0],
        "x bare forwards of the same rows": {"cpu": [1.2, 1.15, 1.3], "wall": [1.2, 1.15, 1.3]},
        "x Quantus": "not installed",
        "curve apart from Quantus'": 2e-7,
    },
}
NOISE = {
    "group": "batch and layout",
    "name": "test_bare_forward[digits_cnn]",
    "extra_info": {"x itself": {"cpu": [1.0, 0.96, 1.04], "wall": [1.0, 0.9, 1.1]}},
}
OTHER = {"group": "CAM", "name": "test_cam[grad_cam]", "extra_info": {"CPU seconds": [0.01, 0.01, 0.01]}}


def run(start: float = 0.1) -> dict[str, Any]:
    return {
        "benchmarks": [SWEEP, UNPEERED, NOISE, OTHER],
        "commit_info": {"id": "0123456789abcdef", "dirty": False},
        "whybench": {
            "failed": [],
            "environment": {
                "processor": "A Processor",
                "cores": 2,
                "system": "Linux",
                "threads": 1,
                "python": "3.11.7",
                "libraries": {"torch": "2.13.0", "numpy": "2.4"},
            },
            "peers": {"quantus": "0.6.0", "shap": "not installed"},
            "load": {"start": [start, 0.2, 0.3], "end": [1.25, 1.0, 1.0]},
            "minutes": 11.6,
        },
    }


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.fixture
def tables() -> ModuleType:
    import performance_tables

    return performance_tables


@pytest.fixture
def aims() -> ModuleType:
    import performance_aims

    return performance_aims


@pytest.fixture
def publisher() -> ModuleType:
    import publish_performance

    return publish_performance


def test_a_table_has_times_then_ratios_of_cpu_time_then_notes(tables: ModuleType) -> None:
    assert tables.table([SWEEP, UNPEERED]).splitlines() == [
        "|  | CPU ms | x bare forwards of the same rows | x Quantus | samples | curve apart from Quantus' |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        "| `digits_cnn-deletion` | 100 (90 to 125) | 1.2 (1.1 to 1.3) | 0.2 (0.18 to 0.24) | 64 |  |",
        "| `efficientnet_lite0-deletion` | 2e+03 (2e+03 to 2e+03) | 1.2 (1.15 to 1.3) | not installed |  | 2e-07 |",
    ]


def test_a_row_is_named_by_its_parameter_and_by_the_test_where_there_are_several(tables: ModuleType) -> None:
    digits, photographs = ({"name": f"test_{place}[gradient]"} for place in ("digits", "photographs"))
    assert tables.names([digits]) == ["gradient"]
    assert tables.names([digits, photographs]) == ["digits: gradient", "photographs: gradient"]
    assert tables.names([{"name": "test_evaluate"}]) == ["evaluate"]


def test_tidy_rows_hold_both_clocks_and_missing_peers(tables: ModuleType) -> None:
    found = list(csv.DictReader(tables.as_csv(tables.tidy([SWEEP, UNPEERED])).splitlines()))
    assert tuple(found[0]) == tables.COLUMNS
    by = {(row["benchmark"], row["quantity"], row["clock"]): (row["value"], row["low"], row["high"]) for row in found}
    assert len(by) == len(found) == 11
    assert by["digits_cnn-deletion", "x Quantus", "wall"] == ("0.21", "0.2", "0.22")
    assert by["digits_cnn-deletion", "CPU seconds", "cpu"] == ("0.1", "0.09", "0.125")
    assert by["digits_cnn-deletion", "samples", ""] == ("64", "", "")
    assert by["efficientnet_lite0-deletion", "x Quantus", ""] == ("not installed", "", "")


def test_counts_are_whole_and_small_numbers_are_not_rounded_away(tables: ModuleType) -> None:
    one = {"name": "test_a", "extra_info": {"forward": 64896, "backward": 101.0, "share": 0.0123456, "apart": 9e-9}}
    assert tables.table([one]).splitlines()[2] == "| `a` | 64,896 | 101 | 0.01235 | 9e-09 |"


def test_an_aim_is_kept_open_or_missed_by_the_whole_interval(aims: ModuleType) -> None:
    lines = aims.held([SWEEP, UNPEERED]).splitlines()[2:]
    assert lines == [
        "| `efficientnet_lite0-deletion` | x bare forwards of the same rows | 1.1 | 1.2 (1.15 to 1.3) | missed |",
        "| `digits_cnn-deletion` | x bare forwards of the same rows | 1.25 | 1.2 (1.1 to 1.3) | open |",
        "| `digits_cnn-deletion` | x Quantus | 0.25 | 0.2 (0.18 to 0.24) | kept |",
        "| `efficientnet_lite0-deletion` | curve apart from Quantus' | 1e-06 | 2e-07 | kept |",
    ]


def test_an_aim_beside_a_missing_peer_has_no_verdict(aims: ModuleType) -> None:
    lines = aims.held([UNPEERED], [aims.Aim("sweeps", "*", "x Quantus", 0.25)]).splitlines()[2:]
    assert lines == ["| `efficientnet_lite0-deletion` | x Quantus | 0.25 | not installed |  |"]


def test_the_machine_is_named_and_said_to_be_busy_where_it_was(publisher: ModuleType) -> None:
    said = publisher.machine(run())
    for part in ("A Processor, 2 cores", "quantus 0.6.0", "shap not installed", "commit 0123456, 12 minutes"):
        assert part in said
    assert "load average 0.10 at the start, 1.25 at the end" in said
    assert "beside itself: 1 (0.96 to 1.04)" in said
    assert "was not idle before" not in said
    assert "was not idle before" in publisher.machine(run(start=3.0))


def test_what_failed_is_named(publisher: ModuleType) -> None:
    assert "failed" not in publisher.machine(run())
    broken = run()
    broken["whybench"]["failed"] = ["test_method[lime]"]
    assert "**failed, and missing below**: `test_method[lime]`" in publisher.machine(broken)


def test_the_folder(publisher: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "growth.md").write_text("made before", encoding="utf-8")
    publisher.publish(run(), tmp_path)
    page = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "| `digits_cnn-deletion` | 100 (90 to 125) |" in page
    assert page.count("Not measured in this run.") == 5
    assert "[growth.md](growth.md)." in page
    assert "between steps and samples: not made in this run." in page
    assert "## CAM" in (tmp_path / "others.md").read_text(encoding="utf-8")
    assert "grad_cam" not in page
    files = {file.name for file in tmp_path.iterdir()}
    assert files == {"README.md", "others.md", "growth.md", "others.csv"} | {
        f"{section.name}.csv" for section in publisher.SECTIONS
    }
    for name in files - {"README.md", "others.md", "growth.md"}:
        assert (tmp_path / name).read_text(encoding="utf-8").startswith("group,benchmark,quantity,clock,value,low,high")
