"""What a page offers to take away is there, and can be read by what reads such files."""

import csv
import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

from visits import Open, pages

LINKS = "() => [...document.querySelectorAll('a[download]')].map((a) => a.href)"


def check(path: Path) -> None:
    """Assert that a file is what its ending says."""
    if path.suffix == ".pdf":
        assert path.read_bytes().startswith(b"%PDF-"), path
        return
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        rows = list(csv.reader(io.StringIO(text)))
        assert len(rows) > 1, path
        assert {len(row) for row in rows} == {len(rows[0])}, path
    elif path.suffix == ".json":
        assert json.loads(text), path
    elif path.suffix == ".tex":
        assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") > 0, path
        assert r"\begin{table}" in text, path
    elif path.suffix == ".md":
        assert re.search(r"^\| ---", text, re.MULTILINE), path
    elif path.suffix == ".svg":
        assert not [e for e in ElementTree.fromstring(text).iter() if e.tag.endswith("}script")], path
    else:
        raise AssertionError(f"nobody has said what a {path.suffix} holds: {path}")


def test_every_file_that_is_offered_is_there_and_parses(site: Path, visit: Open) -> None:
    window, offered = visit(site / "index.html"), set()
    for page in pages(site):
        links = window.to(page).page.evaluate(LINKS)
        offered |= {Path(link.removeprefix("file://")) for link in links}
    assert all(path.is_relative_to(site) for path in offered)
    for path in offered:
        check(path)
    endings = {path.suffix for path in offered}
    assert {".csv", ".json", ".tex", ".svg", ".pdf"} <= endings


def test_every_table_comes_as_csv_json_and_latex_and_every_figure_as_svg_and_pdf(site: Path, visit: Open) -> None:
    window = visit(site / "index.html")
    for page in pages(site):
        window.to(page)
        for sheet in window.page.locator("div.sheet").all():
            assert {"CSV", "JSON", "LaTeX"} <= set(sheet.locator("a[download]").all_text_contents()), page
        if page.parent.name == "gallery" and window.page.locator("table.gallery").count():
            assert {"SVG", "PDF"} <= set(window.page.locator("p.downloads a[download]").all_text_contents()), page
        for figure in window.page.locator("figure").all():
            assert {"SVG", "PDF"} <= set(figure.locator("a[download]").all_text_contents()), page


def test_a_click_downloads_the_file(site: Path, visit: Open) -> None:
    window = visit(site / "index.html")
    with window.page.expect_download() as caught:
        window.page.locator(".sheet a[download]", has_text="CSV").first.click()
    name = caught.value.suggested_filename
    assert Path(caught.value.path()).read_bytes() == (site / "tables" / name).read_bytes()
