"""Drill-down pages: numbers are the records', gaps have reasons, tiles and words are true of their sample."""

import csv
import io
import json
import re
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from page_checks import Element, tree
from PIL import Image

from whybench.explanations import Attribution, Explanation
from whybench.leaderboard import Leaderboard
from whybench.leaderboard.view import View
from whybench.records import ExplanationRecord
from whybench.report.folder import open_folder
from whybench.report.origin import Origin
from whybench.report.pages import gallery
from whybench.report.samples.scores import short
from whybench.report.samples.tiles import map_tile, palette
from whybench.report.site import Site
from whybench.store import Store

IMAGES, TABLE = "tiny-images_tiny-cnn", "tiny-table_tiny-mlp"


def written(store: Store, to: Path) -> Path:
    of = Origin(store, "tiny", Leaderboard(store.records("tiny"), store.explanation_records("tiny")))
    gallery.write(Site(open_folder(to), "tiny", [], []), of)
    return to


@pytest.fixture(scope="module")
def site(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(store, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def view(store: Store) -> View:
    of = Origin(store, "tiny", Leaderboard(store.records("tiny"), store.explanation_records("tiny")))
    return next(v for v in of.views if v.block.dataset == "tiny_images")


def headers(table: Element) -> list[str]:
    return [th.text.replace("\u00a0", " ") for th in table.all("thead")[0].all("th")]


def rows(page: Path) -> tuple[list[str], dict[str, list[Element]]]:
    """The column names of the table of samples, and the cells of each row by its id."""
    (table,) = [t for t in tree(page).all("table") if t.attributes["id"] == "samples"]
    return headers(table), {r.attributes["id"]: r.children for r in table.all("tbody")[0].all("tr")}


def payload(store: Store, method: str, dataset: str = "tiny_images") -> Attribution:
    for record in store.explanation_records("tiny"):
        if (record.subject.method, record.subject.dataset) == (method, dataset):
            found = store.explanation(record.key)
            assert found is not None
            assert isinstance(found[1], Attribution)
            return found[1]
    raise AssertionError(method)


@pytest.mark.parametrize("method", ["gradient", "integrated_gradients", "random"])
def test_every_number_is_the_record_s(site: Path, view: View, method: str) -> None:
    names, found = rows(site / f"samples/{IMAGES}/{method.replace('_', '-')}.html")
    (variant,) = [m for m in view.methods if m.name == method]
    for contest in view.contests:
        name = f"{view.metric_names[contest.metric]} {'↑' if contest.higher_is_better else '↓'}"
        (record,) = view.records(contest, variant)
        if record.status != "ok":
            assert name not in names
            continue
        for sample in record.samples:
            text = found[f"s_{sample.sample_id}"][names.index(name)].text
            assert text.startswith("undefined" if sample.score is None else short(sample.score))


def test_the_last_row_is_the_board_s_mean(site: Path, view: View) -> None:
    (table,) = [t for t in tree(site / f"samples/{IMAGES}/gradient.html").all("table")]
    (gradient,) = [m for m in view.methods if m.name == "gradient"]
    cells = [c.text for c in table.all("tfoot")[0].all("tr")[0].children]
    srg = view.contests[0]
    assert headers(table)[4] == "srg ↑"
    assert cells[4] == short(srg.estimates[gradient].mean)


def test_the_worst_sample_is_the_worst(site: Path, view: View) -> None:
    srg = view.contests[0]
    for entry in (e for e in srg.entries if e.method.name in ("gradient", "random")):
        names, found = rows(site / f"samples/{IMAGES}/{entry.method.name}.html")
        column = names.index("srg ↑")
        marked = {i: c[column].children[-1].text for i, c in found.items() if c[column].children}
        worst, best = (pick(entry.values, key=entry.values.__getitem__) for pick in (min, max))
        assert marked == {f"s_{worst}": "worst", f"s_{best}": "best"}
        said = " ".join(tree(site / f"samples/{IMAGES}/{entry.method.name}.html").all("main")[0].text.split())
        assert f"best on {best} ({short(entry.values[best])}), worst on {worst} ({short(entry.values[worst])})" in said
        control = srg.best_control
        assert control is not None
        if not entry.control:
            better = sum(entry.values[i] > control.values[i] for i in entry.values)
            assert f"better than the best control, {control.method.name}, on {better} of 4 samples" in said


def test_a_constant_that_scores_alike_everywhere_has_no_extremes(site: Path, view: View) -> None:
    srg = view.contests[0]
    (constant,) = [e for e in srg.entries if e.method.name == "constant"]
    alike = len(set(constant.values.values())) == 1
    text = tree(site / f"samples/{IMAGES}/constant.html").all("main")[0].text
    assert ("best on" in text) is not alike


def test_undefined_samples_and_bounds_say_why(site: Path, view: View) -> None:
    page = tree(site / f"samples/{IMAGES}/gradient.html")
    names, found = rows(site / f"samples/{IMAGES}/gradient.html")
    reasons = {e.attributes["id"]: e.text for e in page.all("li") if "id" in e.attributes}
    cell = found["s_a"][names.index("first_undefined ↑")]
    assert cell.text.startswith("undefined")
    assert reasons[cell.all("a")[0].attributes["href"][1:]] == "the first one"
    (gradient,) = [m for m in view.methods if m.name == "gradient"]
    sdr = next(c for c in view.contests if c.metric.name == "sdr")
    for sample in view.records(sdr, gradient)[0].samples:
        links = found[f"s_{sample.sample_id}"][names.index("sdr ↓")].all("a")
        assert bool(links) is (sample.status == "censored")
        if links:
            assert reasons[links[0].attributes["href"][1:]] == f"only a bound: {sample.reason}"


def test_metrics_and_methods_that_did_not_run_say_why(site: Path) -> None:
    text = " ".join(tree(site / f"samples/{IMAGES}/gradient.html").all("main")[0].text.split())
    assert "never_runs: unsupported. never_runs runs <nowhere>" in text
    broken = " ".join(tree(site / f"samples/{IMAGES}/breaks.html").all("main")[0].text.split())
    assert "The store holds no explanation by this method." in broken
    assert "out of <luck>" in broken
    assert "breaks: The store holds no explanation" in tree(site / f"gallery/{IMAGES}.html").text


def test_the_tile_of_a_row_is_the_map_of_its_sample(site: Path, store: Store) -> None:
    maps = payload(store, "gradient")
    strip = np.asarray(Image.open(site / f"samples/{IMAGES}/gradient.png").convert("RGB"))
    names, found = rows(site / f"samples/{IMAGES}/gradient.html")
    for k, sample in enumerate("abcd"):
        (image,) = found[f"s_{sample}"][names.index("map")].all("img")
        assert image.attributes["class"] == f"tile s{k}"
        relevance = maps.picture(k)
        assert relevance is not None
        np.testing.assert_array_equal(strip[8 * k : 8 * k + 8], palette()[map_tile(relevance, (8, 8))])
        row, column = np.unravel_index(int(relevance.abs().argmax()), (8, 8))
        assert f"strongest at row {row + 1} of 8, column {column + 1} of 8" in image.attributes["alt"]


def test_rows_name_label_and_explained_output(site: Path, view: View, store: Store) -> None:
    found = rows(site / f"samples/{IMAGES}/gradient.html")[1]
    classes, targets = ("zero", "one", "two"), payload(store, "gradient").targets.tolist()
    for k, sample in enumerate("abcd"):
        said = [small.text for small in found[f"s_{sample}"][0].all("small")]
        label, explained = classes[k % 3], classes[targets[k]]
        wrong = label != explained
        assert said == [label, *([f"explained: {explained}", "wrong"] if wrong else [])]


def test_the_gallery_leads_to_the_rows_and_back(site: Path, view: View) -> None:
    page = tree(site / f"gallery/{IMAGES}.html")
    body = page.all("tbody")[0]
    assert [r.attributes["id"] for r in body.all("tr")] == ["s_a", "s_b", "s_c", "s_d"]
    names = [a.text for a in page.all("thead")[0].all("a")]
    shown = [m for m in view.methods if m.name != "breaks"]
    assert names == [view.method_names[m] for m in shown]
    assert [m.name for m in shown][-2:] == ["constant", "random"] or [m.name for m in shown][-2:] == [
        "random",
        "constant",
    ]
    srg = {e.method: e.values for e in view.contests[0].entries}
    for line, sample in zip(body.all("tr"), "abcd", strict=True):
        for cell, method in zip(line.children[2:], shown, strict=True):
            link = cell.all("a")[0].attributes["href"]
            assert link.endswith(f"#s_{sample}")
            target = (site / "gallery" / link.partition("#")[0]).resolve()
            assert f's_{sample}"' in target.read_text(encoding="utf-8")
            assert cell.all("small")[0].text == short(srg[method][sample])


def test_the_csv_holds_every_sample(site: Path, view: View) -> None:
    lines = list(csv.DictReader(io.StringIO((site / f"samples/{IMAGES}/gradient.csv").read_text())))
    assert [line["sample"] for line in lines] == list("abcd")
    assert lines[0]["first_undefined"] == ""
    (gradient,) = [e for e in view.contests[0].entries if e.method.name == "gradient"]
    assert [float(line["srg"]) for line in lines] == pytest.approx([gradient.values[i] for i in "abcd"], rel=1e-6)


def test_bars_are_the_relevance_of_columns(site: Path, store: Store) -> None:
    maps = payload(store, "input_x_gradient", "tiny_table").relevance.double()
    root = ElementTree.parse(site / f"samples/{TABLE}/bars/input-x-gradient.svg").getroot()
    drawn = "".join(p.get("d", "") for p in root.iter("{http://www.w3.org/2000/svg}path"))
    widths = {abs(int(wide)) for wide in re.findall(r"h(-?\d+)v", drawn)}
    expected = {round(46 * abs(float(v)) / float(row.abs().max())) for row in maps for v in row}
    assert widths - {0} == expected - {0}
    page = rows(site / f"samples/{TABLE}/input-x-gradient.html")[1]
    columns = ("age", "weight <kg>", "height")
    for k, sample in enumerate("vwxyz"):
        largest = int(maps[k].abs().argmax())
        alts = [i.attributes["alt"] for i in page[f"s_{sample}"][2].all("img")]
        assert alts[0].startswith(f"Most relevance: {columns[largest]} {float(maps[k, largest]):.3g}")


def test_names_of_columns_are_text_in_the_svg(site: Path, store: Store) -> None:
    texts = [e.text for e in ElementTree.parse(site / f"samples/{TABLE}/_inputs.svg").getroot().iter() if e.text]
    assert any(text.startswith("weight <kg> = ") for text in texts)


def test_explanations_are_read_one_by_one_and_let_go(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive: Any = weakref.WeakSet()
    most: list[int] = []
    read = Store.explanation

    def counted(self: Store, key: str) -> tuple[ExplanationRecord, Explanation | None] | None:
        found = read(self, key)
        if found and found[1]:
            alive.add(found[1])
        most.append(len(alive))
        return found

    monkeypatch.setattr(Store, "explanation", counted)
    monkeypatch.setattr(gallery, "_columns", lambda *_: [])
    written(store, tmp_path)
    assert max(most) <= 3  # a page's own, and the last two of those that decide which columns are drawn


def test_equal_stores_give_equal_bytes(store: Store, site: Path, tmp_path: Path) -> None:
    again = written(store, tmp_path)
    files: Sequence[Path] = sorted(p.relative_to(site) for p in site.rglob("*") if p.is_file())
    assert files == sorted(p.relative_to(again) for p in again.rglob("*") if p.is_file())
    assert [str(f) for f in files if (site / f).read_bytes() != (again / f).read_bytes()] == []


def test_without_kept_inputs_maps_are_shown_all_the_same(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "pictures", lambda self, bench: None)
    written(store, tmp_path)
    names, found = rows(tmp_path / f"samples/{IMAGES}/gradient.html")
    assert "input" not in names
    assert len(found["s_a"][names.index("map")].all("img")) == 1
    bare = " ".join(tree(tmp_path / f"samples/{TABLE}/gradient.html").all("main")[0].text.split())
    assert "Explanations of the kind attribution on this data cannot be drawn sample by sample." in bare


def test_a_strip_has_a_transparent_tile_where_a_sample_has_no_map(site: Path, store: Store) -> None:
    assert torch.equal(payload(store, "constant").relevance.amin(), payload(store, "constant").relevance.amax())
    strip = np.asarray(Image.open(site / f"samples/{IMAGES}/constant.png").convert("RGBA"))
    assert len(np.unique(strip.reshape(-1, 4), axis=0)) == 1


def test_json_says_what_the_csv_says_and_latex_what_the_page_shows(site: Path) -> None:
    stem = site / f"samples/{IMAGES}/gradient"
    table = json.loads(stem.with_suffix(".json").read_text())
    lines = list(csv.reader(io.StringIO(stem.with_suffix(".csv").read_text())))
    assert table["columns"] == lines[0]
    assert [["" if c is None else str(c) for c in row] for row in table["data"]] == lines[1:]
    tex = stem.with_suffix(".tex").read_text()
    _, shown = rows(stem.with_suffix(".html"))
    assert tex.count(r" \\") == len(shown) + 2  # the headers, and the means below


def test_a_gallery_is_a_figure_too(site: Path) -> None:
    for slug in (IMAGES, TABLE):
        links = [
            a.attributes["href"] for a in tree(site / f"gallery/{slug}.html").all("a") if "download" in a.attributes
        ]
        names = [f"../figures/gallery_{slug}.{ending}" for ending in ("svg", "pdf")]
        assert links[:2] == names
        svg = (site / "gallery" / names[0]).read_text()
        assert "most like those of" in " ".join(re.findall(r">([^<]*)</text>", svg))
        assert not re.search(r'href="(?!data:image/png|#)', svg)
