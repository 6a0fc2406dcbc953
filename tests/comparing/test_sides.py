"""What A and B may be, and what is no such thing."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from whybench.comparing import compared, open_both, store_side
from whybench.comparing.folders import folder_side
from whybench.comparing.side import shown_store
from whybench.errors import StoreError, UsageError
from whybench.exporting import export
from whybench.records import Record
from whybench.store import Store

Make = Callable[..., Record]
Stored = Callable[..., str]

SCORES = [0.5, None, ("censored", 0.25), 1.0]


@pytest.fixture
def records(record: Make) -> list[Record]:
    return [
        record("gradient", "ssr", SCORES, metric_parameters={"steps": 4, "region": [2, 2]}, higher_is_better=False),
        record("lrp", "srg", [1.0, 2.0, 3.0, 4.0], method_parameters={"epsilon": 0.1}),
        record("cam", "srg", status="unsupported", reason="no convolution"),
        record("lime", "srg", status="failed", reason="ValueError: boom"),
    ]


def exported(url: str, to: Path) -> Path:
    with closing(Store.open(url, create=False)) as store:
        export(store, to)
    return to


def test_a_store_by_url_and_by_path(records: list[Record], store: Stored, tmp_path: Path) -> None:
    url = store("one", *records, dtype="float64")
    for name in (url, str(tmp_path / "one.db")):
        side = open_both(name, name).a
        assert [(c.status, c.dtype, len(c.samples)) for c in side.cells] == [
            ("ok", "float64", 4),
            ("ok", "float64", 4),
            ("unsupported", "float64", 0),
            ("failed", "float64", 0),
        ]
        assert side.name.endswith("one.db")


def test_a_store_is_shown_without_its_password() -> None:
    assert shown_store("postgresql+psycopg://me:secret@host:5432/scores") == "postgresql+psycopg://host:5432/scores"
    assert shown_store("sqlite:////data/a.db") == "/data/a.db"
    assert shown_store("sqlite:///../a.db") == "../a.db"
    assert shown_store("a.db") == "a.db"


def test_a_database_alone_will_do(record: Make, store: Stored, tmp_path: Path) -> None:
    """Curves are not compared, so that the folder of tensors may stay where it is."""
    import numpy as np

    from whybench.records import CurveArrays

    curves = CurveArrays(np.zeros((1, 3)), np.ones((1, 3)), "x", "y")
    url = store("curved", record(scores=[1.0], curves=curves))
    shutil.rmtree(tmp_path / "curved-artifacts")
    assert [len(c.samples) for c in store_side(url).cells] == [1]


def test_an_export_is_the_store_that_it_came_from(records: list[Record], store: Stored, tmp_path: Path) -> None:
    url = store("one", *records)
    folder = exported(url, tmp_path / "out")
    for pair in ((url, str(folder)), (str(folder), url), (str(folder), str(folder / "scores.parquet"))):
        opened = open_both(*pair)
        found = compared(opened.a, opened.b)
        assert found.counts == {"unchanged": 4}
        assert {c.verdict for c in found.cells} == {"unchanged"}
    directions = {c.address.metric.name: c.higher_is_better for c in folder_side(folder).cells}
    assert directions["srg"] is True


def test_directions_of_an_export_are_those_of_the_registry(record: Make, store: Stored, tmp_path: Path) -> None:
    known = [
        record("a", "pixel_flipping", [1.0], metric_parameters={"order": "morf"}),
        record("a", "pixel_flipping", [1.0], metric_parameters={"order": "lerf"}),
        record("a", "theirs", [1.0]),
        record("a", "srg", [1.0], metric_parameters={"of_another_version": 1}),
    ]
    folder = exported(store("one", *known), tmp_path / "out")
    found = [(c.address.metric.label({"order"}), c.higher_is_better) for c in folder_side(folder).cells]
    assert sorted(found) == [
        ("pixel_flipping(order='lerf')", True),
        ("pixel_flipping(order='morf')", False),
        ("srg", None),
        ("theirs", None),
    ]


def test_a_suite_of_several(record: Make, store: Stored, tmp_path: Path) -> None:
    url = store("one", record(scores=[1.0]))
    assert len(store_side(url, "hand").cells) == 1
    with closing(Store.open(url)) as several:
        several.boards.begin("later", {}, clear=True)
    found = compared(store_side(url), store_side(url, "hand"))
    assert found.notes[0] == "suites hand, later -> hand; one of them is compared with --suite"
    assert compared(store_side(url, "hand"), store_side(url, "hand")).notes == ()
    with pytest.raises(UsageError, match=r"suite 'quickstart' is not in .*one\.db; it holds: hand, later"):
        store_side(url, "quickstart")
    with pytest.raises(UsageError, match=r"suite 'quickstart' is not in .*; it holds: hand"):
        folder_side(exported(url, tmp_path / "out"), "quickstart")


def test_what_a_store_was_asked_for_is_what_a_version_runs(record: Make, store: Stored) -> None:
    url = store("one", record(), asked="quickstart --samples 4")
    assert store_side(url).requests == ("quickstart --samples 4",)
    with closing(Store.open(url, create=False)) as opened:
        opened.boards.begin("hand", {"asked": "-M digits_cnn -x srg"}, clear=False)
        opened.boards.begin("hand", {"asked": "-M digits_cnn -x ssr"}, clear=False)
    assert store_side(url).requests == ("quickstart --samples 4", "-M digits_cnn -x srg", "-M digits_cnn -x ssr")


def test_a_name_that_is_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="A: 'nothing' is no store, folder or version here; write the path or URL"):
        open_both("nothing", "nothing")
    with pytest.raises(UsageError, match=r"B: no store at sqlite:///missing\.db; run a suite there first"):
        open_both("whybench==0.1.0", "sqlite:///missing.db")  # nothing is installed before both names are known
    with pytest.raises(UsageError, match="nothing says what installed should run; name a suite"):
        open_both("installed", "whybench==0.1.0")
    assert list(tmp_path.iterdir()) == []  # nothing was made by looking


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"A: .* is a folder without scores\.parquet"):
        open_both(str(tmp_path), str(tmp_path))
    (tmp_path / "scores.parquet").write_text("not parquet")
    with pytest.raises(UsageError, match=r"scores\.parquet is no Parquet file"):
        open_both(str(tmp_path), str(tmp_path))
    pd.DataFrame({"score": [1.0]}).to_parquet(tmp_path / "scores.parquet")
    with pytest.raises(UsageError, match="holds no scores that whybench exported: it has no column kind, suite"):
        open_both(str(tmp_path), str(tmp_path))
    with pytest.raises(UsageError, match=r"no file .*other\.parquet"):
        open_both(str(tmp_path / "other.parquet"), str(tmp_path))


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("parameters", "not json", "gradient x srg cannot be read: Expecting value"),
        ("parameters", "{}", "gradient x srg cannot be read: 'method'"),
        ("score", float("nan"), "gradient x srg cannot be read: sample 's000': score"),
        ("score", float("inf"), "gradient x srg cannot be read: sample 's000': score inf"),
        ("status", "splendid", "gradient x srg cannot be read: sample 's000' has the status 'splendid'"),
    ],
)
def test_a_damaged_export(record: Make, store: Stored, tmp_path: Path, column: str, value: object, said: str) -> None:
    folder = exported(store("one", record(scores=[1.0])), tmp_path / "out")
    rows = pd.read_parquet(folder / "scores.parquet")
    rows[column] = value
    rows.to_parquet(folder / "scores.parquet")
    with pytest.raises(UsageError, match=said):
        folder_side(folder)


def test_an_export_that_holds_a_sample_twice(record: Make, store: Stored, tmp_path: Path) -> None:
    folder = exported(store("one", record(scores=[1.0, 2.0])), tmp_path / "out")
    rows = pd.read_parquet(folder / "scores.parquet")
    rows["sample_id"] = "same"
    rows.to_parquet(folder / "scores.parquet")
    with pytest.raises(UsageError, match="gradient x srg holds a sample more than once"):
        folder_side(folder)


def test_stores_of_something_else(record: Make, store: Stored, tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("not a database, but long enough to be looked at " * 40)
    with pytest.raises(StoreError, match=r"is no whybench store, or is damaged"):
        open_both(str(tmp_path / "text.db"), str(tmp_path / "text.db"))
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE cars (name TEXT)")
    with pytest.raises(StoreError, match=r"is a database of something else \(tables cars\)"):
        open_both(str(tmp_path / "other.db"), str(tmp_path / "other.db"))
    store("newer", record())
    with closing(sqlite3.connect(tmp_path / "newer.db")) as newer, newer:
        newer.execute("UPDATE whybench SET version = 99")
    with pytest.raises(StoreError, match="has schema version 99; this whybench reads version"):
        open_both(str(tmp_path / "newer.db"), str(tmp_path / "newer.db"))
    with pytest.raises(UsageError, match="unknown kind of database"):
        open_both("oracle9://somewhere", "oracle9://somewhere")
