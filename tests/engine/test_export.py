"""The exported files: columns, keys, what they hold, and the same bytes every time."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
import torch
from pyarrow import parquet
from safetensors import safe_open

from whybench.exporting import export
from whybench.exporting.schemas import COSTS, CURVES, EXPLANATIONS, SCORES
from whybench.leaderboard import Leaderboard
from whybench.progress import Silent
from whybench.protocols import Dataset, Model
from whybench.runner import Options, run
from whybench.store import Store
from whybench.store.tensor_file import content
from whybench.suite import Suite, block

SCHEMAS = {"scores": SCORES, "curves": CURVES, "costs": COSTS, "explanations": EXPLANATIONS}
CELL = ["dataset", "model", "method", "metric", "parameters"]
LRP = ("epsilon", "epsilon_plus", "epsilon_gamma_box", "epsilon_alpha2_beta1_flat", "deep_taylor")


@pytest.fixture
def wide(model: Model, dataset: Dataset) -> Suite:
    """Several settings of one method and of one metric, a control, a pair that cannot run and one that fails."""

    def failing(module: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        raise ValueError("boom")

    methods = [*(f"lrp(composite={name!r})" for name in LRP), "gradient", "random", "sobel_edges", failing]
    metrics = ["pixel_flipping", "pixel_flipping(infill='zero')", "pixel_flipping(order='lerf')", "sdr", "random_logit"]
    return Suite("wide", (block(model, dataset, methods, metrics),), seed=5)


@pytest.fixture
def store(wide: Suite, open_store: Callable[..., Store]) -> Store:
    opened = open_store("wide")
    run(wide, opened)
    return opened


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_tables_have_their_columns_and_keys(store: Store, tmp_path: Path) -> None:
    written = export(store, tmp_path / "out")
    for name, schema in SCHEMAS.items():
        table = parquet.read_table(tmp_path / "out" / f"{name}.parquet")
        assert table.schema.equals(schema)
        assert len(table) == written[name]
    frames = {name: pd.read_parquet(tmp_path / "out" / f"{name}.parquet") for name in SCHEMAS}
    assert not frames["scores"].duplicated([*CELL, "sample_id"]).any()
    assert not frames["curves"].duplicated([*CELL, "sample_id", "point"]).any()
    assert not frames["costs"].duplicated(["what", *CELL]).any()
    assert not frames["explanations"].duplicated(["dataset", "model", "method", "parameters"]).any()
    assert set(frames["explanations"]["method"]) == {"lrp", "gradient", "random", "sobel_edges", "failing"}
    assert len(frames["explanations"]) == 9
    assert set(frames["scores"]["metric"]) == {"pixel_flipping", "sdr", "random_logit"}


def test_scores_are_the_boards_and_never_nan_where_ok(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out")
    table = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    board = Leaderboard(store.records(), store.explanation_records()).scores
    pd.testing.assert_frame_equal(table, board, check_dtype=False)
    assert set(table["status"]) == {"ok", "censored", "undefined", "unsupported", "failed"}
    assert table["score"].notna().equals(table["status"].isin(["ok", "censored"]))
    assert (table["reason"] != "").equals(table["status"] != "ok")
    assert set(table["seed"]) == {5}
    assert (table["sample_id"] == "").equals(table["status"].isin(["unsupported", "failed"]))


def test_a_score_is_the_area_under_its_curve(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out")
    scores = pd.read_parquet(tmp_path / "out" / "scores.parquet")
    curves = pd.read_parquet(tmp_path / "out" / "curves.parquet")
    curves = curves[curves["metric"] == "pixel_flipping"].sort_values("point")
    areas = {key: np.trapezoid(c["y"], c["x"]) for key, c in curves.groupby([*CELL, "sample_id"])}
    scores = scores[(scores["metric"] == "pixel_flipping") & (scores["status"] == "ok")]
    found = {key: rows["score"].item() for key, rows in scores.groupby([*CELL, "sample_id"])}
    assert found.keys() == areas.keys()
    assert len(found) == 7 * 3 * 10
    np.testing.assert_allclose([areas[key] for key in found], list(found.values()), rtol=0, atol=1e-12)


def test_costs_are_those_of_the_records(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out")
    costs = pd.read_parquet(tmp_path / "out" / "costs.parquet").set_index(["what", "method"])
    gradient = costs.loc["explanation"].loc["gradient"]
    assert (gradient["samples"], gradient["forward"], gradient["backward"]) == (10, 10, 10)
    assert gradient["bare_seconds"] > 0
    assert costs.loc["cell"]["bare_seconds"].isna().all()
    shared = costs.loc["cell"].groupby("metric")["shared_forward"].sum()
    swept = sum(r.shared.forward for r in store.records() if r.metric in ("pixel_flipping", "sdr"))
    assert shared[["pixel_flipping", "sdr"]].sum() == pytest.approx(swept)


def test_explanations_hold_tensors_targets_and_ids(
    store: Store, model: Model, dataset: Dataset, tmp_path: Path
) -> None:
    export(store, tmp_path / "out")
    made = pd.read_parquet(tmp_path / "out" / "explanations.parquet").set_index("method")
    row = made.loc["gradient"]
    assert (row["samples"], row["file"]) == (10, f"explanations/{row['digest']}.safetensors")
    with safe_open(tmp_path / "out" / row["file"], framework="pt") as file:
        assert sorted(file.keys()) == ["relevance", "targets"]
        relevance, targets = file.get_tensor("relevance"), file.get_tensor("targets")
        facts = file.metadata()
    inputs = torch.stack([torch.as_tensor(row) for row in dataset.samples]).requires_grad_()
    outputs = model.module(inputs)
    assert torch.equal(targets, outputs.argmax(1))
    (expected,) = torch.autograd.grad(outputs.gather(1, targets[:, None]).sum(), inputs)
    torch.testing.assert_close(relevance, expected)
    assert json.loads(facts["sample_ids"]) == list("abcdefghij")
    assert (facts["kind"], facts["polarity"]) == ("attribution", "sensitivity")
    assert made.loc["sobel_edges", "file"] is None or pd.isna(made.loc["sobel_edges", "file"])
    assert made.loc["failing", "reason"] == "ValueError: boom"
    on_disk = {f"explanations/{path.name}" for path in (tmp_path / "out" / "explanations").iterdir()}
    assert on_disk == set(made["file"].dropna())


def test_two_exports_have_equal_bytes(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "one")
    export(store, tmp_path / "two")
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_equal_runs_have_equal_scores_curves_and_tensors(
    wide: Suite, store: Store, open_store: Callable[..., Store], tmp_path: Path
) -> None:
    other = open_store("other")
    (grid,) = wide.blocks
    run(Suite("wide", (block(grid.model, grid.dataset, {"failing": grid.methods[-1].method}, grid.metrics),)), other)
    run(wide, other)
    one, two = tmp_path / "one", tmp_path / "two"
    export(store, one)
    export(other, two)
    (one / "costs.parquet").unlink()
    (two / "costs.parquet").unlink()
    assert files(one) == files(two)


def test_one_suite_of_several(store: Store, model: Model, dataset: Dataset, tmp_path: Path) -> None:
    run(Suite("small", (block(model, dataset, ["gradient"], ["sdr", "ssr"], samples=4),)), store)
    assert export(store, tmp_path / "small", "small")["explanations"] == 1
    small = pd.read_parquet(tmp_path / "small" / "scores.parquet")
    assert set(small["suite"]) == {"small"}
    assert len(small) == 8
    export(store, tmp_path / "all")
    table = pd.read_parquet(tmp_path / "all" / "scores.parquet")
    assert not table.duplicated([*CELL, "sample_id"]).any()
    newest = table[table["method"] == "gradient"]
    assert (set(newest["suite"]), set(newest["metric"]), len(newest)) == ({"small"}, {"sdr", "ssr"}, 8)
    assert set(table[table["method"] == "random"]["suite"]) == {"wide"}
    made = pd.read_parquet(tmp_path / "all" / "explanations.parquet")
    assert not made.duplicated(["dataset", "model", "method", "parameters"]).any()
    assert made.set_index("method").loc["gradient", "samples"] == 4


@pytest.mark.parametrize(("samples", "seed"), [(4, 0), (None, 1)])
def test_a_board_that_gathers_runs_has_one_explanation_a_method(
    model: Model, dataset: Dataset, open_store: Callable[..., Store], tmp_path: Path, samples: int | None, seed: int
) -> None:
    """The newest; what was scored in another one comes back from the store when it is run like that again."""

    class Notes(Silent):
        heard: ClassVar[list[str]] = []

        def note(self, text: str) -> None:
            self.heard.append(text)

    def gathered(methods: list[str], metric: str, samples: int | None = None, seed: int = 0) -> dict[str, list[str]]:
        run(
            Suite("custom", (block(model, dataset, methods, [metric], samples=samples),), seed),
            store,
            Options(replace=False),
            Notes(),
        )
        out = tmp_path / "out"
        export(store, out, "custom")
        for name in ("explanations", "costs"):
            table = pd.read_parquet(out / f"{name}.parquet")
            key = ["dataset", "model", "method", "parameters"] + (["what", "metric"] if name == "costs" else [])
            assert not table.duplicated(key).any()
        scores = pd.read_parquet(out / "scores.parquet")
        return {name: sorted(set(rows["metric"])) for name, rows in scores.groupby("method")}

    store = open_store("gathered")
    assert gathered(["gradient", "random"], "ssr") == {"gradient": ["ssr"], "random": ["ssr"]}
    assert gathered(["gradient"], "sdr") == {"gradient": ["sdr", "ssr"], "random": ["ssr"]}
    assert Notes.heard == []
    assert gathered(["gradient"], "srg", samples, seed) == {"gradient": ["srg"], "random": ["ssr"]}
    (note,) = Notes.heard
    assert note.startswith("2 cells of gradient on net and rows from earlier runs")
    assert "left the board 'custom'" in note
    assert gathered(["gradient"], "sdr") == {"gradient": ["sdr"], "random": ["ssr"]}


def test_the_same_map_of_other_samples_is_a_file_of_its_own(
    model: Model, dataset: Dataset, open_store: Callable[..., Store], tmp_path: Path
) -> None:
    renamed = Dataset("renamed", dataset.samples, tuple("ABCDEFGHIJ"), dataset.labels)
    blocks = tuple(block(model, rows, ["constant"], ["ssr"]) for rows in (dataset, renamed))
    run(Suite("two", blocks), store := open_store())
    export(store, tmp_path / "out")
    ids = {}
    for row in pd.read_parquet(tmp_path / "out" / "explanations.parquet").itertuples():
        with safe_open(tmp_path / "out" / row.file, framework="pt") as file:
            ids[row.dataset] = "".join(json.loads(file.metadata()["sample_ids"]))
    assert ids == {"rows": "abcdefghij", "renamed": "ABCDEFGHIJ"}


def test_an_empty_store_exports_empty_tables(open_store: Callable[..., Store], tmp_path: Path) -> None:
    assert export(open_store(), tmp_path / "out") == dict.fromkeys(SCHEMAS, 0)
    for name, schema in SCHEMAS.items():
        assert parquet.read_schema(tmp_path / "out" / f"{name}.parquet").equals(schema)


def test_a_damaged_explanation_is_left_out(store: Store, tmp_path: Path) -> None:
    record = next(e for e in store.explanation_records() if e.subject.method == "gradient")
    store.blobs.path(record.digest).write_bytes(b"damaged")  # type: ignore[attr-defined]
    export(store, tmp_path / "out")
    made = pd.read_parquet(tmp_path / "out" / "explanations.parquet").set_index("method")
    assert not (tmp_path / "out" / made.loc["gradient", "file"]).exists()


def test_tensor_files_depend_on_their_content_only() -> None:
    tensors = {"b": torch.arange(3), "a": torch.ones(2, 2, dtype=torch.float64).t()}
    facts = {"one": "1", "two": "2", "three": "3"}
    data = b"".join(content(tensors, facts))
    turned = dict(reversed(tensors.items())), dict(reversed(facts.items()))
    assert {b"".join(content(*turned)) for _ in range(20)} == {data}
    assert b"".join(content(tensors, {})) != data
    from safetensors.torch import load

    read = load(data)
    assert torch.equal(read["a"], tensors["a"])
    assert torch.equal(read["b"], tensors["b"])
