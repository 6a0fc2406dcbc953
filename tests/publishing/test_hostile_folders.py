"""Opening a stranger's folder runs no code, reads no file outside it, and takes no more memory than is allowed."""

import json
import resource
import struct
import zipfile
from pathlib import Path
from typing import Any

import forging
import pyarrow as pa
import pytest
from pyarrow import parquet
from tiny_board import data, model, tiny_suite

from whybench.digests import json_digest
from whybench.errors import Refused
from whybench.leaderboard import Leaderboard
from whybench.publishing import files, merge, publish, verify
from whybench.publishing import parquet as guarded
from whybench.records import PROTOCOL
from whybench.runner import run
from whybench.store import Store
from whybench.suite import Suite, block

TABLE = pa.schema([("name", pa.string()), ("number", pa.int64())])


def problems(folder: Path) -> str:
    """What is wrong with a folder; merging refuses it with the same words."""
    found = verify(folder)
    assert not found.ok
    with pytest.raises(Refused) as refused:
        merge(folder, Store.memory())
    assert all(problem in str(refused.value) for problem in found.problems)
    return "; ".join(found.problems)


def rewrite(folder: Path, **facts: Any) -> None:
    """A manifest with other facts and a sha256 of its own that agrees with them."""
    path = folder / "manifest.json"
    found = {**json.loads(path.read_text()), **facts}
    del found["sha256"]
    path.write_text(json.dumps({**found, "sha256": json_digest(found)}))


@pytest.mark.parametrize(
    "name",
    [
        "../board.csv",
        "/etc/hostname",
        "site/../../board.csv",
        "site//index.html",
        "./board.csv",
        "C:\\board.csv",
        "=1+1.csv",
        "@SUM(1).csv",
        "-board.csv",
        "+board.csv",
        "board\x00.csv",
        "board.csv\n",
        "\u202egnp.csv",
        "",
        "a" * 200,
        "a/" * 20 + "a",
    ],
)
def test_names_that_lead_elsewhere(folder: Path, name: str) -> None:
    listed = json.loads((folder / "manifest.json").read_text())["files"]
    rewrite(folder, files={**listed, name: {"bytes": 0, "sha256": "0" * 64}})
    assert "which is no name of a file below the folder" in problems(folder)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_an_unknown_schema_version(folder: Path, version: object) -> None:
    rewrite(folder, version=version)
    assert "manifest.json has schema version" in problems(folder)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"schema": "something"}, "does not say that it is a whybench.publication"),
        ({"protocol": 999}, "protocol 999; this whybench compares results of protocol"),
        ({"files": []}, "where an object is needed"),
        ({"files": {"a": {"bytes": -1, "sha256": "0" * 64}}}, "where a number of bytes is needed"),
        ({"files": {"a": {"bytes": 1, "sha256": "0"}}}, "where a sha256 is needed"),
        ({"plan": [{"dataset": "d"}]}, "cannot be read: KeyError"),
        ({"asked": [3]}, "where a text is needed"),
        ({"more": 1}, "manifest.json was changed"),
    ],
)
def test_manifests_that_are_none(folder: Path, facts: dict[str, Any], said: str) -> None:
    rewrite(folder, **facts)
    assert said in problems(folder)


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 100_000, '{"schema": NaN}', "9" * 10_000, "\ud800"])
def test_a_manifest_that_is_no_json(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_bytes(text.encode(errors="surrogatepass"))
    assert "manifest: manifest.json" in problems(folder)


def test_a_manifest_that_is_too_long(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whybench.publishing.manifest.LARGEST", 100)
    assert "an ordinary file of at most 100 is needed" in problems(folder)


def test_too_many_and_too_large_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LARGEST", 60_000)
    (folder / "site" / "long.html").write_bytes(b" " * 60_001)
    assert "site/long.html holds 60001 bytes, more than 60000" in problems(folder)
    monkeypatch.setattr(files, "ALTOGETHER", 1000)
    assert "bytes, more than 1000" in problems(folder)
    monkeypatch.setattr(files, "MOST_FILES", 3)
    assert "more than 3 files" in problems(folder)


def test_a_file_with_holes_is_not_read(folder: Path) -> None:
    with (folder / "cell_records.parquet").open("r+b") as file:
        file.truncate(2**40)
    assert f"cell_records.parquet holds {2**40} bytes" in problems(folder)


@pytest.mark.parametrize("name", ["cell_records", "sample_records", "explanation_records", "curves"])
@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + b"\xff" * 64 + b"PAR1", b"\x80\x04cposix\nsystem\n."])
def test_what_is_no_parquet(folder: Path, name: str, data: bytes) -> None:
    (folder / f"{name}.parquet").write_bytes(data)
    forging.digests(folder)
    assert f"{name}.parquet cannot be read as Parquet" in problems(folder)


def test_an_archive_in_place_of_a_table(folder: Path) -> None:
    """A zip of zeros, a thousand times its size when unpacked, is no table and is never unpacked."""
    with zipfile.ZipFile(folder / "sample_records.parquet", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(2**24))
    forging.digests(folder)
    assert "sample_records.parquet cannot be read as Parquet" in problems(folder)


def test_every_flipped_bit_of_a_footer_is_survived(tmp_path: Path) -> None:
    """It is read as it is, or refused; nothing else comes out, and memory stays."""
    path = tmp_path / "table.parquet"
    parquet.write_table(pa.table({"name": ["a", "b"] * 50, "number": range(100)}, TABLE), path)
    data = path.read_bytes()
    footer = struct.unpack("<I", data[-8:-4])[0]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = 0
    for place in range(len(data) - footer - 8, len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << (place % 8)
        path.write_bytes(changed)
        try:
            guarded.columns(path, TABLE)
        except Refused:
            refused += 1
    assert refused > footer / 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000  # kilobytes


def test_other_columns_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    for table in (
        pa.table({"name": ["a"]}),
        pa.table({"name": ["a"], "number": [1.0]}),
        pa.table({"number": [1], "name": ["a"]}),
        pa.table({"name": ["a"], "number": [1], "more": [1]}),
        pa.table({"name": [b"a"], "number": [1]}),
        pa.table({"name": [["a"]], "number": [1]}),
    ):
        parquet.write_table(table, path)
        with pytest.raises(Refused, match="has other columns than expected"):
            guarded.columns(path, TABLE)


def test_codecs_that_can_hold_anything_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    for codec in ("zstd", "gzip", "brotli"):
        parquet.write_table(pa.table({"name": ["a" * 10**6] * 3, "number": range(3)}, TABLE), path, compression=codec)
        with pytest.raises(Refused, match=rf"table.parquet is packed by {codec.upper()}"):
            guarded.columns(path, TABLE)


def test_more_rows_than_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.parquet"
    parquet.write_table(pa.table({"name": ["a"] * 1001, "number": [7] * 1001}, TABLE), path)
    with pytest.raises(Refused, match="declares 1001 rows; at most 1000 are read"):
        guarded.columns(path, TABLE, most_rows=1000)
    monkeypatch.setattr(guarded, "UNPACKED", 10)
    with pytest.raises(Refused, match=r"declares \d+ when it is unpacked"):
        guarded.columns(path, TABLE)


def test_a_text_repeated_a_million_times_stays_one_text(tmp_path: Path) -> None:
    """Half a gigabyte of text in a file of some kilobytes."""
    path = tmp_path / "table.parquet"
    rows = 500_000
    names = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * 1000])
    table = pa.table({"name": names, "number": pa.array([1] * rows)})
    parquet.write_table(table, path, store_schema=False)
    assert path.stat().st_size < 100_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = guarded.columns(path, TABLE)
    assert len(found["name"]) == rows
    assert len({id(name) for name in found["name"]}) < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes


def test_a_text_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.parquet"
    parquet.write_table(pa.table({"name": ["a" * 101], "number": [1]}, TABLE), path)
    monkeypatch.setattr(guarded, "LONGEST", 100)
    with pytest.raises(Refused, match="holds a text of 101 bytes; at most 100 are read"):
        guarded.columns(path, TABLE)


def _set(folder: Path, table: str, **facts: Any) -> None:
    def change(rows: forging.Rows) -> forging.Rows:
        return [{**rows[0], **facts}, *rows[1:]]

    forging.change(folder, table, change)
    forging.digests(folder)


@pytest.mark.parametrize(
    ("table", "facts", "said"),
    [
        ("sample_records", {"score": float("nan"), "status": "ok"}, "ValueError"),
        ("sample_records", {"score": float("inf"), "status": "ok"}, "ValueError"),
        ("sample_records", {"score": None, "status": "ok"}, "score None with status 'ok'"),
        ("sample_records", {"status": "fine"}, "has status 'fine'"),
        ("sample_records", {"position": 1}, "has position 1"),
        ("sample_records", {"cell": "nobody"}, "position"),
        ("sample_records", {"details": "[" * 50_000}, "RecursionError"),
        ("sample_records", {"details": "[]"}, "where an object is needed"),
        ("sample_records", {"details": '{"a": "b"}'}, "could not convert"),
        ("cell_records", {"status": "fine"}, "status 'fine'; expected ok, unsupported, failed"),
        ("cell_records", {"metric": None}, "None where a text is needed"),
        ("cell_records", {"control": None}, "None where yes or no is needed"),
        ("cell_records", {"seed": None}, "None where a whole number is needed"),
        ("cell_records", {"method_parameters": "__import__('os')"}, "JSONDecodeError"),
        ("cell_records", {"own_wall_seconds": None}, "has a own cost without a number"),
        ("cell_records", {"protocol": 7}, f"protocols {PROTOCOL}, 7"),
        ("explanation_records", {"sample_ids": "7"}, "TypeError"),
        ("explanation_records", {"bare_seconds": None}, "TypeError"),
    ],
)
def test_records_that_are_none(folder: Path, table: str, facts: dict[str, Any], said: str) -> None:
    _set(folder, table, **facts)
    assert said in problems(folder)


def test_a_batch_plan_of_a_stranger_is_checked_before_it_is_followed(folder: Path) -> None:
    whole = {"rows": 10**12, "channels_last": False, "threads": 1, "dtype": "float64", "device": "cpu"}
    plan = json.dumps(whole)
    forging.change(folder, "explanation_records", lambda rows: [{**row, "plan": plan} for row in rows])
    forging.everything(folder)
    found = verify(folder, nonce="1", cells=3, suite=tiny_suite())
    assert all("is no batch plan" in one.reason for one in found.again)


def test_formulas_stay_text(tmp_path: Path) -> None:
    """A method may be called anything; what a spreadsheet opens is escaped, in what was published and after merging."""
    names = ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "a\x1b[31mb", "<script>alert(1)</script>"]
    board = Suite("=names", (block(model(), data(), dict.fromkeys(names, "gradient"), ["pixel_flipping(steps=4)"]),))
    own = Store.memory()
    run(board, own)
    publish(own, tmp_path / "formulas", "=names")
    kept = Store.memory()
    assert merge(tmp_path / "formulas", kept).added == len(names)
    merged = Leaderboard(kept.records("=names"), kept.explanation_records("=names")).to_csv()
    for text in (merged, (tmp_path / "formulas" / "board.csv").read_text()):
        cells = [cell for line in text.splitlines()[1:] for cell in line.split(",")]
        assert not [c for c in cells if c.strip()[:1] in tuple("=+@＝") or c.strip() == "-1"]
        assert "'=HYPERLINK(1)" in cells
        assert "'@SUM(A1)" in cells
    page = (tmp_path / "formulas" / "verification.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for path in (tmp_path / "formulas").rglob("*"):
        assert files.safe(path.relative_to(tmp_path / "formulas").as_posix())
    unescaped = (tmp_path / "formulas" / "board.csv").read_text().replace("'=HYPERLINK", "=HYPERLINK")
    (tmp_path / "formulas" / "board.csv").write_text(unescaped)
    forging.digests(tmp_path / "formulas")
    assert "boards: board.csv: " in problems(tmp_path / "formulas")


def test_names_of_files_and_modules_are_not_followed(folder: Path, tmp_path: Path) -> None:
    """A suite, method or metric named like code is a name that nobody here knows."""
    code = tmp_path / "evil.py"
    code.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nsuite = None\n")
    forging.change(folder, "cell_records", lambda rows: [{**r, "method": f"{code}:suite"} for r in rows])
    forging.change(folder, "explanation_records", lambda rows: [{**r, "method": f"{code}:suite"} for r in rows])
    rewrite(folder, suite=f"{code}:suite")
    forging.digests(folder)
    assert not verify(folder).ok
    assert not (tmp_path / "ran").exists()


def test_extension_types_are_not_loaded(tmp_path: Path) -> None:
    """A type that Arrow would rebuild by running the code of whoever registered it."""

    class Runs(pa.ExtensionType):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(pa.int64(), "whybench.test.runs")

        def __arrow_ext_serialize__(self) -> bytes:
            return b""

        @classmethod
        def __arrow_ext_deserialize__(cls, storage: pa.DataType, data: bytes) -> "Runs":
            return cls()

    numbers = pa.ExtensionArray.from_storage(Runs(), pa.array([1]))
    parquet.write_table(pa.table({"name": ["a"], "number": numbers}), tmp_path / "table.parquet")
    assert guarded.columns(tmp_path / "table.parquet", TABLE) == {"name": ["a"], "number": [1]}
