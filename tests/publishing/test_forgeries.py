"""Every single change to a folder is found; so is every forgery that contradicts names, plan or the boards."""

import csv
import io
import os
from collections.abc import Callable
from pathlib import Path

import forging
import pyarrow as pa
import pytest
from forging import Rows
from pyarrow import parquet
from tiny_board import tiny_suite

from whybench.errors import Refused
from whybench.exporting.schemas import CURVES
from whybench.publishing import files, verify
from whybench.publishing.manifest import read_manifest


def wrong(folder: Path, suite: bool = True) -> dict[str, tuple[str, ...]]:
    """The checks that failed, with what they say."""
    found = verify(folder, suite=tiny_suite() if suite else None)
    assert found.ok == (not found.problems)
    return {check.name: check.problems for check in found.checks if not check.ok}


def test_a_flipped_byte_in_any_file_is_found(folder: Path) -> None:
    listed = read_manifest(folder).files
    for name in listed:
        data = (folder / name).read_bytes()
        for place in (0, len(data) // 2, len(data) - 1):
            changed = bytearray(data)
            changed[place] ^= 1
            (folder / name).write_bytes(changed)
            said = f"{name} is not the file that was published: its sha256 differs"
            assert files.compared(folder, listed) == (len(listed), [said])
        (folder / name).write_bytes(data)
    (folder / "site" / "index.html").write_bytes(b"!" + (folder / "site" / "index.html").read_bytes()[1:])
    assert list(wrong(folder)) == ["files"]


def test_a_flipped_bit_anywhere_in_the_manifest_is_found(folder: Path) -> None:
    data = (folder / "manifest.json").read_bytes()
    for place in range(0, len(data), 11):
        changed = bytearray(data)
        changed[place] ^= 1
        (folder / "manifest.json").write_bytes(changed)
        if bytes(changed).split() != data.split():  # another kind of white space says the same
            with pytest.raises(Refused):
                read_manifest(folder)
    assert list(wrong(folder)) == ["manifest"] or bytes(changed).split() == data.split()


def test_added_missing_and_longer_files(folder: Path) -> None:
    (folder / "site" / "extra.html").write_text("hello")
    (folder / "curves.parquet").unlink()
    with (folder / "board.md").open("a") as file:
        file.write("\n")
    size = read_manifest(folder).files["board.md"].bytes
    assert set(wrong(folder)["files"]) == {
        "curves.parquet is missing",
        "site/extra.html is not listed in manifest.json",
        f"board.md holds {size + 1} bytes, not {size}",
    }


@pytest.mark.parametrize("name", ["board.csv", "site/board.csv"])
def test_an_aggregate_alone_is_changed(folder: Path, name: str) -> None:
    """Digests are made anew; the per-sample records say otherwise. The same row in the site's copy."""
    columns = ("mean", "low", "high", "rank", "tie_group", "n", "total", "gain")
    table = list(csv.reader(io.StringIO((folder / name).read_text())))
    row = next(row for row in table if all(row[table[0].index(column)] for column in columns) and row[0] != "kind")
    right = {column: row[table[0].index(column)] for column in columns}
    for column, value in right.items():
        row[table[0].index(column)] = "z" if column == "tie_group" else str(float(value) + 1)
        with (folder / name).open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(table)
        forging.digests(folder)
        (said,) = verify(folder).problems
        assert said.startswith(f"boards: {name}: line {table.index(row) + 1}, {column}: ")
        assert said.endswith(f"the records give {value!r}")
        row[table[0].index(column)] = value


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("board.json", '"rank": 1,', '"rank": 2,'),
        ("board.json", '"control": false', '"control": true'),
        ("board.md", "# Leaderboard", "# Our method wins"),
        ("timing.csv", "srg", "other"),
        ("site/board.tex", "gradient", "ours"),
    ],
)
def test_other_boards_are_changed(folder: Path, name: str, old: str, new: str) -> None:
    forging.edit(folder, name, old, new)
    forging.digests(folder)
    found = wrong(folder)
    assert list(found) == ["boards"]
    assert found["boards"][0].startswith(f"{name}: ")


def test_an_exported_table_is_changed(folder: Path) -> None:
    table = parquet.read_table(folder / "scores.parquet")
    rows = table.to_pylist()
    rows[0]["score"] = (rows[0]["score"] or 0.0) + 1e-3
    parquet.write_table(pa.Table.from_pylist(rows, table.schema), folder / "scores.parquet")
    forging.digests(folder)
    assert wrong(folder)["boards"][0].startswith("scores.parquet: row 0, score: ")


def _one_score(rows: Rows) -> Rows:
    number = next(i for i, row in enumerate(rows) if row["score"] is not None)
    rows[number]["score"] += 1e-3
    return rows


def test_one_score_with_the_files_digests_made_anew(folder: Path) -> None:
    forging.change(folder, "sample_records", _one_score)
    forging.digests(folder)
    found = wrong(folder)
    assert found["records"] == ("the records do not have the digest that the manifest names",)
    assert found["boards"]


def test_one_score_with_all_digests_made_anew(folder: Path) -> None:
    forging.change(folder, "sample_records", _one_score)
    forging.records(folder)
    found = wrong(folder)
    assert list(found) == ["boards"]
    assert any(said.startswith("board.csv: line ") for said in found["boards"])
    assert any(said.startswith("scores.parquet: row ") for said in found["boards"])


def _without(method: str, metric: str | None = None) -> Callable[[Rows], Rows]:
    return lambda rows: [r for r in rows if r["method"] != method or (metric and r["metric"] != metric)]


def test_a_dropped_failure_row(folder: Path) -> None:
    """Boards, digests and, at last, the publisher's plan are made to agree."""
    forging.change(folder, "cell_records", _without("breaks", "srg"))
    forging.everything(folder)
    for suite in (True, False):
        (said,) = wrong(folder, suite)["plan"]
        assert said.startswith("missing: ")
        assert "breaks" in said
    forging.everything(folder, planned=True)
    assert list(wrong(folder)) == ["plan"]
    assert wrong(folder, suite=False) == {}  # whose plan nobody else knows


def test_a_dropped_method_that_failed(folder: Path) -> None:
    forging.change(folder, "cell_records", _without("breaks"))
    forging.change(folder, "explanation_records", _without("breaks"))
    forging.everything(folder, planned=True)
    found = wrong(folder)
    assert list(found) == ["plan"]
    assert len(found["plan"]) == 3


def test_an_explanation_or_its_cells_alone_are_dropped(folder: Path) -> None:
    forging.change(folder, "explanation_records", _without("breaks"))
    forging.everything(folder)
    assert sum("its explanation is not there" in said for said in wrong(folder)["records"]) == 3


def _renamed(old: str, new: str) -> Callable[[Rows], Rows]:
    return lambda rows: [{**row, "method": new if row["method"] == old else row["method"]} for row in rows]


def test_a_changed_method_name(folder: Path) -> None:
    """All boards say the new name; the keys are those of the old one."""
    forging.change(folder, "cell_records", _renamed("gradient", "sensitivity"))
    forging.change(folder, "explanation_records", _renamed("gradient", "sensitivity"))
    curves = parquet.read_table(folder / "curves.parquet")
    rows = _renamed("gradient", "sensitivity")(curves.to_pylist())
    parquet.write_table(type(curves).from_pylist(rows, curves.schema), folder / "curves.parquet")
    forging.everything(folder, planned=True)
    for suite in (True, False):
        found = wrong(folder, suite)
        assert sum("the key is not that of sensitivity" in said for said in found["names"]) == 2  # one a model
    assert len(wrong(folder)["plan"]) == 10  # five cells missing, five not planned
    assert "plan" not in wrong(folder, suite=False)


def test_changed_parameters(folder: Path) -> None:
    def fewer(rows: Rows) -> Rows:
        return [{**r, "metric_parameters": r["metric_parameters"].replace('"steps":4', '"steps":40')} for r in rows]

    forging.change(folder, "cell_records", fewer)
    found = wrong(folder, suite=False)
    assert "curves.parquet holds curves of a cell that is not there" in found["records"][0]


def test_a_metric_turned_round(folder: Path) -> None:
    """Higher is better where lower is: every rank is turned round, and all numbers agree."""

    def turned(rows: Rows) -> Rows:
        return [{**r, "higher_is_better": r["higher_is_better"] != (r["metric"] == "pixel_flipping")} for r in rows]

    forging.change(folder, "cell_records", turned)
    forging.everything(folder)
    found = wrong(folder)
    assert list(found) == ["facts"]
    assert len(found["facts"]) == 8
    assert "higher_is_better True instead of False" in found["facts"][0]


def test_a_method_declared_a_control(folder: Path) -> None:
    for table in ("cell_records", "explanation_records"):
        forging.change(folder, table, lambda rows: [{**r, "control": r["method"] != "random"} for r in rows])
    forging.everything(folder)
    assert list(wrong(folder)) == ["facts"]


def test_a_dropped_sample(folder: Path) -> None:
    forging.change(folder, "sample_records", lambda rows: [row for row in rows if row["sample_id"] != "z"])
    parquet.write_table(CURVES.empty_table(), folder / "curves.parquet")
    forging.everything(folder)
    assert "4 samples, which are not the 5 that were explained" in wrong(folder)["records"][0]


def test_a_sample_that_is_dropped_everywhere_is_counted(folder: Path) -> None:
    """Nothing contradicts it: the note says it, and a re-run finds it."""
    forging.change(folder, "sample_records", lambda rows: [row for row in rows if row["sample_id"] != "y"])
    forging.change(folder, "sample_records", _counted)
    forging.change(
        folder,
        "explanation_records",
        lambda rows: [{**r, "sample_ids": r["sample_ids"].replace(', "y"', "")} for r in rows],
    )
    parquet.write_table(CURVES.empty_table(), folder / "curves.parquet")
    forging.everything(folder)
    found = verify(folder, suite=tiny_suite())
    assert found.ok
    assert {check.name: check.notes for check in found.checks}["plan"] == (
        "3 samples of the suite's 4 on other_mlp, other_table",
    )
    again = verify(folder, nonce="1", cells=20, suite=tiny_suite()).again
    picked = [one for one in again if one.address.model == "tiny_mlp"]  # without its fourth sample of five
    assert len(picked) == 12
    assert not any(one.reproduced for one in picked)
    assert {one.reason for one in picked} == {
        "cannot be run here: the samples are ('v', 'w', 'x', 'z'), here they are ('v', 'w', 'x', 'y')"
    }


def _counted(rows: Rows) -> Rows:
    seen: dict[str, int] = {}
    for row in rows:
        row["position"] = seen.get(row["cell"], 0)
        seen[row["cell"]] = row["position"] + 1
    return rows


def test_links_and_devices(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("mine")
    (folder / "board.md").unlink()
    (folder / "board.md").symlink_to(tmp_path / "secret")
    (folder / "elsewhere").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(folder / "pipe")
    (folder / ".hidden").write_text("")
    said = wrong(folder)["files"]
    assert {one for one in said if "link" in one} == {
        "board.md is a link or a device, no file",
        "elsewhere is a link or a device, no file",
        "pipe is a link or a device, no file",
    }
    assert any(one.startswith("'.hidden' is no name") for one in said)
    assert "board.md is missing" in said


@pytest.mark.parametrize("name", ["cell_records.parquet", "sample_records.parquet", "curves.parquet", "manifest.json"])
def test_records_that_are_links_or_pipes_are_not_read(folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "copy").write_bytes((folder / name).read_bytes())
    (folder / name).unlink()
    (folder / name).symlink_to(tmp_path / "copy")
    assert not verify(folder).ok
    (folder / name).unlink()
    if name != "manifest.json":
        os.mkfifo(folder / name)
        assert not verify(folder).ok
