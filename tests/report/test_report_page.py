import csv
import io
import json
import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest
from page_checks import Element, check_site, page_text, tree

from whybench.bibliography import read
from whybench.errors import StoreError
from whybench.leaderboard import Leaderboard
from whybench.report import write_report
from whybench.store import Store

PAGES = {
    "absent.html",
    "across.html",
    "agreement.html",
    "cost.html",
    "curves.html",
    "gallery.html",
    "index.html",
    "methods.html",
    "metrics.html",
    "provenance.html",
    "blocks/tiny-images_tiny-cnn.html",
    "blocks/tiny-table_tiny-mlp.html",
}
QUESTIONS = ["Which methods are ahead of every control?", "What does each cost?", "What may not be concluded?"]
POLICY = "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; base-uri 'none'; form-action 'none'"


@pytest.fixture(scope="module")
def pages(report: Path) -> dict[str, Element]:
    """All pages, each well-formed, accessible and local."""
    return check_site(report / "index.html")


def rows(table: Element) -> list[list[str]]:
    return [[c.text.strip() for c in row.children] for body in table.all("tbody") for row in body.all("tr")]


def test_every_page_is_there_and_in_the_navigation_of_every_other(report: Path, pages: dict[str, Element]) -> None:
    assert {p for p in pages if not p.startswith(("samples/", "gallery/"))} == PAGES
    for address, root in pages.items():
        (nav,) = root.all("nav")
        linked = {((report / address).parent / a.attributes["href"]).resolve() for a in nav.all("a")}
        assert linked == {(report / p).resolve() for p in PAGES if "/" not in p}
        current = [a for a in nav.all("a") if a.attributes.get("aria-current") == "page"]
        assert len(current) == (address in PAGES and "/" not in address)
        assert len(root.all("h1")) == 1
        assert root.all("html")[0].attributes["lang"] == "en"
        assert root.all("a")[0].attributes["href"] == f"#{root.all('main')[0].attributes['id']}"


def test_policy_allows_the_site_s_own_files_and_nothing_else(report: Path, pages: dict[str, Element]) -> None:
    for root in pages.values():
        (policy,) = [
            m.attributes["content"] for m in root.all("meta") if "Policy" in m.attributes.get("http-equiv", "")
        ]
        assert policy == POLICY
    for sheet in report.glob("*.css"):
        text = sheet.read_text()
        assert "url(" not in text
        assert "@import" not in text
    assert len((report / "report.js").read_text().splitlines()) < 150


def test_the_first_page_answers_three_questions_in_order(pages: dict[str, Element]) -> None:
    heads = [h.text for h in pages["index.html"].all("h2")]
    assert heads[:4] == [*QUESTIONS, "Family profiles"]
    text = page_text(pages["index.html"])
    assert "tiny_cnn on tiny_images, by srg: " in text
    assert "No claim about methods in general" in text
    assert "4 methods and 2 controls, judged by 6 metrics on 2 model x dataset blocks" in text


def test_gains_over_the_best_control_are_those_of_the_board(store: Store, pages: dict[str, Element]) -> None:
    board = Leaderboard(store.records("tiny"), store.explanation_records("tiny"))
    (table,) = [t for t in pages["index.html"].all("table") if t.attributes["id"] == "table-ahead"]
    shown = {row[0]: row[1:] for row in rows(table)}
    frame = board.to_pandas()
    lead = frame[(frame["metric"] == "srg") & ~frame["control"] & frame["gain"].notna()]
    assert shown.keys() == set(lead["method"])
    for method, mine in lead.groupby("method"):
        assert shown[method][0] == f"{(mine['gain_low'] > 0).sum()} of {len(mine)}"
        for cell, gain, low in zip(
            shown[method][1:], mine.sort_values("dataset")["gain"], mine.sort_values("dataset")["gain_low"], strict=True
        ):
            assert float(cell.split("±")[0]) == pytest.approx(gain, abs=5e-4)
            assert cell.endswith("*") == (low > 0)


def test_all_parts_of_the_run_are_on_the_site(report: Path, pages: dict[str, Element]) -> None:
    drawn = {
        (report / address).parent.joinpath(i.attributes["src"]).resolve().name
        for address, root in pages.items()
        for i in root.all("img")
    }
    for name in (
        "agreement_families.svg",
        "cost_tiny-images_tiny-cnn.svg",
        "cost_tiny-table_tiny-mlp.svg",
        "passes_methods_tiny-images_tiny-cnn.svg",
        "passes_metrics_tiny-table_tiny-mlp.svg",
        "profile.svg",
        "scores_tiny-images_tiny-cnn.svg",
        "scores_tiny-table_tiny-mlp.svg",
    ):
        assert name in drawn
        assert (report / "figures" / name).with_suffix(".pdf").read_bytes().startswith(b"%PDF")
    assert "never_runs runs <nowhere>" in page_text(pages["absent.html"])
    assert "RuntimeError: out of <luck>" in page_text(pages["absent.html"])
    assert "tiny_cnn on tiny_images (4 samples)" in page_text(pages["provenance.html"])
    assert "steps=4" in page_text(pages["metrics.html"])
    assert "This suite has no registered name" in pages["cost.html"].all("footer")[0].text


def test_cards_hold_formula_paper_and_bibtex(root_of_docs: Path, pages: dict[str, Element]) -> None:
    assert "s = sum_i (q_{i+1} - q_i) (y_i + y_{i+1}) / 2" in page_text(pages["metrics.html"])
    bibtex = [pre.text.strip() for pre in pages["methods.html"].all("pre")]
    known = read(root_of_docs / "references.bib")
    assert known["simonyan2013"].source in bibtex
    links = [a.attributes["href"] for a in pages["methods.html"].all("a")]
    assert known["simonyan2013"].address() in links


@pytest.fixture
def root_of_docs() -> Path:
    return Path(__file__).parents[2] / "docs"


def test_the_references_of_the_wheel_are_those_of_the_documents(root_of_docs: Path) -> None:
    inside = root_of_docs.parent / "src/whybench/report/references.bib"
    assert inside.read_bytes() == (root_of_docs / "references.bib").read_bytes()


def test_absent_pairs_are_grouped_by_reason(pages: dict[str, Element]) -> None:
    (table,) = [t for t in pages["absent.html"].all("table") if t.attributes["id"] == "table-absent"]
    found = rows(table)
    assert [row[1:3] for row in found] == [["failed", "6"], ["unsupported", "5"]]
    assert found[0][3] == "breaks"
    assert found[1][4] == "never_runs"


def test_every_table_has_its_files_and_every_figure_too(report: Path, pages: dict[str, Element]) -> None:
    for address, root in pages.items():
        if address.startswith(("samples/", "gallery")):
            continue
        sheets = [d for d in root.all("div") if d.attributes.get("class") == "sheet"]
        assert len(sheets) == len(root.all("table"))
        for sheet in sheets:
            links = [Path(a.attributes["href"]) for a in sheet.all("a") if "download" in a.attributes]
            assert [link.suffix for link in links] == [".csv", ".json", ".tex", ".md"]
            frame = pd.read_json(io.StringIO(((report / address).parent / links[1]).read_text()), orient="split")
            table = pd.read_csv((report / address).parent / links[0])
            assert list(frame.columns) == list(table.columns)
            assert len(frame) == len(table)


def test_tables_lie_beside_the_pages(store: Store, report: Path) -> None:
    board = Leaderboard(store.records("tiny"), store.explanation_records("tiny"))
    assert (report / "board.md").read_text() == board.to_markdown()
    assert (report / "board.csv").read_text() == board.to_csv()
    assert (report / "board.tex").read_text() == board.to_latex()
    frame = board.to_pandas()
    frame = frame[(frame["metric"] == "srg") & (frame["model"] == "tiny_cnn")]
    means = [float(f"{m:.7g}") if m == m else None for m in frame["mean"]]
    name = "tables/tiny-images-tiny-cnn-faithfulness"
    found = list(csv.DictReader(io.StringIO((report / f"{name}.csv").read_text())))
    assert [float(r["srg: mean"]) if r["srg: mean"] else None for r in found] == means
    assert [r["method"] for r in found] == frame["method"].tolist()
    same = json.loads((report / f"{name}.json").read_text())
    column = same["columns"].index("srg: mean")
    assert [row[column] for row in same["data"]] == means
    assert (report / f"{name}.md").read_text().startswith("## faithfulness\n")
    assert r"\toprule" in (report / f"{name}.tex").read_text()
    timing = list(csv.DictReader(io.StringIO((report / "timing.csv").read_text())))
    assert [float(r["forward"]) for r in timing] == board.timing["forward"].tolist()


@pytest.mark.parametrize("sort", ["across", "wins"])
def test_tables_over_blocks_name_their_metric(report: Path, sort: str) -> None:
    """The name of a file, which a long metric is cut off from, is not what tells it."""
    files = sorted((report / "tables").glob(f"{sort}-*.csv"))
    named = [pd.read_csv(file)["metric"].unique().tolist() for file in files]
    assert named == [["pixel_flipping"], ["srg"]]
    for file, metric in zip(files, named, strict=True):
        same = json.loads(file.with_suffix(".json").read_text())
        column = same["columns"].index("metric")
        assert same["data"]
        assert {row[column] for row in same["data"]} == set(metric)


def test_numbers_sort_as_numbers(pages: dict[str, Element]) -> None:
    for root in pages.values():
        for table in root.all("table"):
            if table.attributes.get("class") != "board" or not table.attributes["id"].startswith("table-"):
                continue
            for cell in table.all("td"):
                leading = re.match(r"[+-]?\d+(\.\d+)?(e[+-]?\d+)?(?![\w.])", unescape(cell.text.strip()))
                given = cell.attributes.get("data-value")
                if "n" in cell.attributes.get("class", "").split():
                    assert (given is None) or (leading is not None)
                    continue
                assert (given is None) == (leading is None)
                if leading is not None and given is not None and " + " not in cell.text:
                    assert float(given) == float(leading[0])


def test_written_twice_is_the_same_bytes(store: Store, report: Path, tmp_path: Path) -> None:
    write_report(store, "tiny", tmp_path)
    first = {p.relative_to(report): p.read_bytes() for p in report.rglob("*") if p.is_file()}
    second = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert first.keys() == second.keys()
    assert [str(name) for name in first if first[name] != second[name]] == []


def test_a_small_run_is_a_small_site(report: Path) -> None:
    assert sum(p.stat().st_size for p in report.rglob("*") if p.is_file()) < 2e6


def test_controls_are_marked_in_every_table(pages: dict[str, Element]) -> None:
    for table in [t for root in pages.values() for t in root.all("table")]:
        lines = [r for r in table.all("tr") if any(c.attributes.get("scope") == "row" for c in r.children)]
        names = {next(c.text.split()[0] for c in r.children if c.tag == "th"): r for r in lines}
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


def test_links_are_right_from_folders_below(report: Path) -> None:
    root = tree(report / "blocks/tiny-images_tiny-cnn.html")
    assert [s.attributes["src"] for s in root.all("script")] == ["../report.js"]
    assert "../index.html" in [a.attributes["href"] for a in root.all("a")]
