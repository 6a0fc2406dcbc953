"""The report shows specification curves where a metric is there under several specifications, and nothing elsewhere."""

from pathlib import Path

import pandas as pd
import pytest
from tiny_run import image_data, image_model

from whybench.report import write_report
from whybench.runner import run
from whybench.store import Store
from whybench.suite import Suite, block

METHODS = ("gradient(polarity='contribution')", "gradient(polarity='sensitivity')", "input_x_gradient", "random")
METRICS = tuple(f"srg(infill='mean', steps={steps}, region={region})" for steps in (2, 4, 8, 16) for region in (1, 2))


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store.memory()
    run(Suite("swept", (block(image_model(), image_data(), METHODS, METRICS),)), store)
    return write_report(store, "swept", tmp_path_factory.mktemp("swept")).parent


def test_the_page_shows_both_figures_and_the_pairs(swept: Path) -> None:
    page = (swept / "specifications.html").read_text(encoding="utf-8")
    assert 'href="specifications.html"' in (swept / "index.html").read_text(encoding="utf-8")
    assert "16 specifications" in page
    for name in ("sensitivity", "specifications"):
        link = f"figures/{name}_tiny-images_tiny-cnn_srg.svg"
        assert link in page
        assert (swept / link).stat().st_size > 1000
    rows = pd.read_csv(swept / "sensitivity.csv")
    assert sorted(map(set, zip(rows["method_a"], rows["method_b"], strict=True)), key=sorted) == [
        {"gradient", "input_x_gradient"},
        {"gradient", "random"},
        {"input_x_gradient", "random"},
    ]
    assert rows["specifications"].tolist() == [16] * 3


def test_the_curves_behind_many_specifications_are_not_drawn_one_by_one(swept: Path) -> None:
    assert not list((swept / "figures").glob("curves*"))


def test_a_board_with_one_specification_each_has_no_such_section(report: Path) -> None:
    assert not (report / "specifications.html").exists()
    assert "pecifications" not in (report / "index.html").read_text(encoding="utf-8")
    assert not (report / "sensitivity.csv").exists()
