import base64
import csv
import hashlib
import io
from pathlib import Path

import pytest
from page_checks import check_page, tree

from whybench.errors import StoreError
from whybench.leaderboard import Leaderboard
from whybench.report import write_report
from whybench.store import Store

SECTIONS = ["run", "claim", "boards", "curves", "cost", "maps", "absent", "cards"]


def test_page_is_well_formed_accessible_and_local(report: Path) -> None:
    root = check_page(report / "index.html")
    assert [h.attributes["id"] for h in root.all("h2")] == SECTIONS
    assert [h.text for h in root.all("h1")] == ["whybench: tiny"]
    assert root.all("html")[0].attributes["lang"] == "en"


def test_policy_allows_nothing_but_the_page_s_own_style(report: Path) -> None:
    root = tree(report / "index.html")
    (policy,) = [m.attributes["content"] for m in root.all("meta") if "Policy" in m.attributes.get("http-equiv", "")]
    (style,) = root.all("style")
    digest = base64.b64encode(hashlib.sha256(style.text.encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert "url(" not in style.text
    assert "@import" not in style.text


def test_all_parts_of_the_run_are_on_the_page(report: Path) -> None:
    root = tree(report / "index.html")
    images = {i.attributes["src"]: i.attributes["alt"] for i in root.all("img")}
    assert sorted(images) == [
        "figures/columns_tiny-table_tiny-mlp.svg",
        "figures/cost_tiny-images_tiny-cnn.svg",
        "figures/cost_tiny-table_tiny-mlp.svg",
        "figures/curves_tiny-images_tiny-cnn_mprt.svg",
        "figures/curves_tiny-images_tiny-cnn_pixel-flipping.svg",  # sdr is read off the same curves
        "figures/curves_tiny-images_tiny-cnn_srg.svg",
        "figures/curves_tiny-table_tiny-mlp_pixel-flipping.svg",
        "figures/curves_tiny-table_tiny-mlp_srg.svg",
        "figures/maps_tiny-images_tiny-cnn.png",
        *[
            f"figures/passes_{what}_{block}.svg"
            for what in ("methods", "metrics")
            for block in ("tiny-images_tiny-cnn", "tiny-table_tiny-mlp")
        ],
    ]
    assert "control" in images["figures/cost_tiny-images_tiny-cnn.svg"]
    text = " ".join(root.all("main")[0].text.split())
    assert "never_runs runs <nowhere>" in text
    assert "RuntimeError: out of <luck>" in text
    assert "tiny_cnn on tiny_images (4 samples)" in text
    assert "steps=4" in text
    assert "simonyan2013" in text
    assert "This suite has no registered name" in text


def test_absent_pairs_are_grouped_by_reason(report: Path) -> None:
    root = tree(report / "index.html")
    (table,) = [t for t in root.all("table") if t.all("caption")[0].text == "Pairs that did not run"]
    rows = [[c.text for c in row.children] for row in table.all("tbody")[0].all("tr")]
    assert [row[1:3] for row in rows] == [["failed", "6"], ["unsupported", "5"]]
    assert rows[0][3] == "breaks"
    assert rows[1][4] == "never_runs"


def test_tables_lie_beside_the_page(store: Store, report: Path) -> None:
    board = Leaderboard(store.records("tiny"), store.explanation_records("tiny"))
    assert (report / "board.md").read_text() == board.to_markdown()
    assert (report / "board.csv").read_text() == board.to_csv()
    rows = list(csv.DictReader(io.StringIO((report / "tables/faithfulness.csv").read_text())))
    frame = board.to_pandas()
    frame = frame[frame["family"] == "faithfulness"]
    assert [float(r["mean"]) if r["mean"] else None for r in rows] == [m if m == m else None for m in frame["mean"]]
    assert [r["method"] for r in rows] == frame["method"].tolist()
    timing = list(csv.DictReader(io.StringIO((report / "timing.csv").read_text())))
    assert [float(r["forward"]) for r in timing] == board.timing["forward"].tolist()
    for family in board.families:
        assert (report / f"tables/{family}.md").read_text().startswith(f"## {family}\n")
        assert (report / f"tables/{family}.csv").is_file()


def test_written_twice_is_the_same_bytes(store: Store, report: Path, tmp_path: Path) -> None:
    write_report(store, "tiny", tmp_path)
    first = {p.relative_to(report): p.read_bytes() for p in report.rglob("*") if p.is_file()}
    second = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert first.keys() == second.keys()
    assert [str(name) for name in first if first[name] != second[name]] == []


def test_controls_are_marked_in_every_table(report: Path) -> None:
    root = tree(report / "index.html")
    for table in root.all("table"):
        rows = [r for r in table.all("tr") if any(c.attributes.get("scope") == "row" for c in r.children)]
        names = {next(c.text.split()[0] for c in r.children if c.tag == "th"): r for r in rows}
        for name in names.keys() & {"random", "constant"}:
            assert names[name].attributes.get("class") == "control"
        for name in names.keys() & {"gradient", "integrated_gradients"}:
            assert "class" not in names[name].attributes


def test_a_folder_that_cannot_be_made_is_one_clear_error(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match=r"cannot write the report to .*file"):
        write_report(store, "tiny", tmp_path / "file")


def test_a_report_that_is_there_already_is_not_made_again(store: Store, tmp_path: Path) -> None:
    page = write_report(store, "tiny", tmp_path)
    made = page.stat().st_mtime_ns
    assert write_report(store, "tiny", tmp_path).stat().st_mtime_ns == made
    next((tmp_path / "figures").iterdir()).unlink()
    assert write_report(store, "tiny", tmp_path).stat().st_mtime_ns > made
