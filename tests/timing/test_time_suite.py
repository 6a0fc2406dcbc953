"""Timing a suite: exact counts, reasons, what is stored and what is left alone."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch
from sqlalchemy import update

from whybench.exporting import export
from whybench.progress import Silent
from whybench.protocols import Dataset, Model
from whybench.runner import run
from whybench.store import Store
from whybench.store.schema import timings
from whybench.suite import Suite, block
from whybench.timing import Rounds, block_timings, time_suite, timing_profile, track
from whybench.timing.measuring import merged

QUICK = Rounds(most=2, least=2, shortest=0.0)


class Listening(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


def timed(suite: Suite, store: Store) -> pd.DataFrame:
    time_suite(suite, store, "cpu", Silent(), QUICK)
    return timing_profile(store, suite.name)


def test_counts_statuses_and_reasons(suite: Suite, store: Store) -> None:
    profile = timed(suite, store)
    columns = ["what", "method", "forward", "backward", "rounds", "status"]
    facts = profile[columns].astype({"forward": object, "backward": object}).fillna("-").to_numpy().tolist()
    assert facts == [
        ["bare forward", "", 1.0, 0.0, 2, "ok"],
        ["bare forward again", "", 1.0, 0.0, 2, "ok"],
        ["bare gradient", "", 1.0, 1.0, 2, "ok"],
        ["method", "gradient", 1.0, 1.0, 2, "ok"],
        ["method", "integrated_gradients", 4.0, 4.0, 2, "ok"],
        ["method", "integrated_gradients", 2.0, 2.0, 2, "ok"],
        ["method", "random", 0.0, 0.0, 2, "ok"],
        ["method", "sobel_edges", "-", "-", 0, "unsupported"],
        ["method", "failing", "-", "-", 0, "failed"],
    ]
    reasons = dict(zip(profile.method, profile.reason, strict=True))
    assert reasons["sobel_edges"] == "sobel_edges needs image, which model 'net' does not give"
    assert reasons["failing"] == "ValueError: boom"
    assert (profile.query("rounds > 0").wall_seconds > 0).all()


def test_blocks_on_the_same_samples_are_one(suite: Suite, model: Model, dataset: Dataset) -> None:
    (one,) = merged(suite.blocks)
    assert [e.label for e in one.methods] == [
        *("gradient", "integrated_gradients", "integrated_gradients", "random", "sobel_edges", "failing"),
    ]
    fewer = block(model, dataset, ["gradient"], ["insertion"], samples=3)
    assert len(merged((*suite.blocks, fewer))) == 2


def test_scores_are_left_alone(suite: Suite, store: Store, tmp_path: Path) -> None:
    run(suite, store)
    export(store, tmp_path / "before")
    assert not (tmp_path / "before" / "timings.parquet").exists()
    time_suite(suite, store, "cpu", Silent(), QUICK)
    export(store, tmp_path / "after")
    for name in ("scores", "curves", "costs", "explanations"):
        before, after = (tmp_path / when / f"{name}.parquet" for when in ("before", "after"))
        assert before.read_bytes() == after.read_bytes()
    written = pd.read_parquet(tmp_path / "after" / "timings.parquet")
    pd.testing.assert_frame_equal(written, timing_profile(store, suite.name), check_dtype=False)


def test_timing_again_replaces_what_this_machine_measured(
    suite: Suite, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed(suite, store)
    (first,) = block_timings(store, suite.name)
    timed(suite, store)
    (second,) = block_timings(store, suite.name)
    assert first.contenders != second.contenders
    other = {**track.environment(), "processor": "another"}
    monkeypatch.setattr(track, "environment", lambda: other)
    timed(replace(suite, blocks=suite.blocks[1:]), store)
    assert sorted(len(one.contenders) for one in block_timings(store, suite.name)) == [6, 9]
    assert block_timings(store, "another suite") == []


def test_what_is_read_back_is_what_was_measured(suite: Suite, store: Store) -> None:
    (measured,) = time_suite(suite, store, "cpu", Silent(), QUICK)
    assert block_timings(store) == [measured]
    assert measured.contenders == block_timings(store)[0].contenders
    assert measured.machine == block_timings(store)[0].machine


def test_a_damaged_row_counts_as_not_measured(suite: Suite, store: Store) -> None:
    timed(suite, store)
    with store._database.writing() as connection:
        connection.execute(update(timings).values(body='{"suite":"tiny"}'))
    assert timing_profile(store).empty


def test_a_method_that_answers_otherwise_when_timed_is_left_out(model: Model, dataset: Dataset, store: Store) -> None:
    calls = []

    def remembering(module: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        calls.append(len(inputs))
        return torch.ones_like(inputs) * (1.0 if len(calls) < 3 else 2.0)

    profile = timed(Suite("cheat", (block(model, dataset, [remembering, "gradient"], ["insertion"]),)), store)
    reasons = dict(zip(profile.method, profile.reason, strict=True))
    assert reasons["remembering"] == (
        "BadExplanation: remembering: the timed explanation is not the one that the untimed call gave"
    )
    assert reasons["gradient"] == ""


def test_draws_from_global_generators_are_put_back_between_laps(model: Model, dataset: Dataset, store: Store) -> None:
    def drawing(module: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return torch.randn(inputs.shape)

    listening, before = Listening(), torch.get_rng_state()
    time_suite(Suite("draws", (block(model, dataset, [drawing], ["insertion"]),)), store, "cpu", listening, QUICK)
    assert timing_profile(store).query("method == 'drawing'").status.tolist() == ["ok"]
    assert torch.equal(torch.get_rng_state(), before)
    assert listening.notes == ["drawing moved the global random generators of torch; they were put back"]


def test_the_model_is_left_as_it_was(suite: Suite, model: Model, store: Store) -> None:
    model.module.train()
    model.module[0].weight.requires_grad_(True)
    timed(suite, store)
    assert model.module.training
    assert model.module[0].weight.requires_grad
    assert not model.module._forward_hooks


def test_a_black_box_has_no_bare_gradient(model: Model, dataset: Dataset, store: Store) -> None:
    box = replace(model, differentiable=False)
    profile = timed(Suite("box", (block(box, dataset, ["gradient", "occlusion"], ["insertion"]),)), store)
    assert profile.what.tolist() == ["bare forward", "bare forward again", "method", "method"]
    assert profile.status.tolist() == ["ok", "ok", "unsupported", "ok"]
