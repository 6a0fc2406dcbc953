"""Running: statuses, resuming, costs, isolation and determinism."""

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch

from whybench.protocols import Dataset, Model
from whybench.records import Record
from whybench.runner import Options, run
from whybench.store import Store
from whybench.suite import Suite, block


class Listening:
    def __init__(self) -> None:
        self.known: list[bool] = []
        self.notes: list[str] = []

    def started(self, suite: str, cells: int) -> None:
        self.cells = cells

    def working(self, what: str) -> None: ...

    def finished(self, record: Record, known: bool) -> None:
        self.known.append(known)

    def note(self, text: str) -> None:
        self.notes.append(text)


def scores(records: list[Record]) -> dict[tuple[str, str], list[float | None]]:
    return {(r.subject.method, r.parameters): [s.score for s in r.samples] for r in records}


def test_every_cell_is_a_row_with_a_status_and_a_reason(suite: Suite, open_store: Callable[..., Store]) -> None:
    records = run(suite, open_store())
    found = [(r.subject.method, r.status, r.reason) for r in records[::2]]
    assert found == [
        ("gradient", "ok", ""),
        ("integrated_gradients", "ok", ""),
        ("random", "ok", ""),
        ("sobel_edges", "unsupported", "sobel_edges needs image, which model 'net' does not give"),
        ("failing", "failed", "ValueError: boom"),
    ]
    assert all(len(r.samples) == (10 if r.status == "ok" else 0) for r in records)


def test_a_second_run_computes_only_what_failed(suite: Suite, open_store: Callable[..., Store]) -> None:
    store, listening = open_store(), Listening()
    first = run(suite, store)
    second = run(suite, store, listener=listening)
    assert listening.cells == 10
    assert listening.known == [True] * 8 + [False] * 2
    assert scores(first) == scores(second)
    assert [r.own for r in first[:8]] == [r.own for r in second[:8]]


def test_fresh_computes_everything_again(suite: Suite, open_store: Callable[..., Store]) -> None:
    store, listening = open_store(), Listening()
    run(suite, store)
    run(suite, store, Options(fresh=True), listening)
    assert not any(listening.known)


def test_costs_are_counted_exactly_and_shared(suite: Suite, open_store: Callable[..., Store]) -> None:
    store = open_store()
    run(suite, store)
    made = {e.subject.method: (e.cost.forward, e.cost.backward) for e in store.explanation_records()}
    assert made["gradient"] == (10, 10)
    assert made["integrated_gradients"] == (40, 40)
    assert made["random"] == (0, 0)
    for record in store.records()[:6]:
        assert (record.own.forward, record.own.backward) == (0, 0)
        assert record.shared.forward == 5.0


def test_scores_do_not_depend_on_what_else_runs(
    suite: Suite, model: Model, dataset: Dataset, open_store: Callable[..., Store]
) -> None:
    whole = scores(run(suite, open_store("whole")))
    (grid,) = suite.blocks
    turned = replace(suite, blocks=(replace(grid, methods=grid.methods[::-1], metrics=grid.metrics[::-1]),))
    assert scores(run(turned, open_store("turned"))) == whole
    alone = replace(suite, blocks=(replace(grid, methods=grid.methods[2:3], metrics=grid.metrics[1:]),))
    (record,) = run(alone, open_store("alone"))
    assert [s.score for s in record.samples] == whole[("random", record.parameters)]


def test_another_seed_changes_the_random_control_only(suite: Suite, open_store: Callable[..., Store]) -> None:
    zero, one = (scores(run(replace(suite, seed=s), open_store(f"seed{s}"))) for s in (0, 1))
    assert {method for (method, p) in zero if zero[(method, p)] != one[(method, p)]} == {"random"}


def test_more_samples_keep_the_scores_of_the_first(suite: Suite, open_store: Callable[..., Store]) -> None:
    few = run(suite.limited(samples=4), open_store("few"))
    all_of_them = scores(run(suite, open_store("all")))
    for record in few[:6]:
        ours = [s.score for s in record.samples]
        assert len(ours) == 4
        np.testing.assert_allclose(ours, all_of_them[(record.subject.method, record.parameters)][:4], rtol=1e-5)


def rude(module: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002
    random.random()
    module.register_forward_hook(lambda *args: None)
    module.train()
    torch.set_grad_enabled(False)
    raise RuntimeError("rude")


def test_what_rude_code_moves_is_put_back_and_named(
    model: Model, dataset: Dataset, open_store: Callable[..., Store]
) -> None:
    model.module.train()
    model.module[0].weight.requires_grad_(True)
    torch.manual_seed(5)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    listening = Listening()
    run(Suite("rude", (block(model, dataset, [rude], ["pixel_flipping"]),)), open_store(), listener=listening)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002
    assert random.getstate() == before[2]
    assert torch.is_grad_enabled()
    assert model.module.training
    assert model.module[0].weight.requires_grad
    assert not model.module._forward_hooks
    assert listening.notes == [
        "function moved the global random generators of random, numpy, torch; they were put back",
        "function changed torch's grad mode or default dtype; they were put back",
        "function left 1 hooks on the model; they were removed",
    ]


def test_a_method_that_returns_nan_fails_with_the_samples_named(
    model: Model, dataset: Dataset, open_store: Callable[..., Store]
) -> None:
    def broken(module: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        out = torch.ones_like(inputs)
        out[3] = float("nan")
        return out

    (record,) = run(Suite("nan", (block(model, dataset, [broken], ["pixel_flipping"]),)), open_store())
    assert record.status == "failed"
    assert record.reason == "BadExplanation: relevance is not finite for the samples at positions [3]"


def test_a_forced_batch_size_is_part_of_the_key(suite: Suite, open_store: Callable[..., Store]) -> None:
    store, listening = open_store(), Listening()
    run(suite, store)
    run(suite, store, Options(rows=3), listening)
    assert not any(listening.known)


@pytest.mark.parametrize("rows", [1, 3, 256])
def test_in_float64_the_batch_size_changes_nothing(
    network: torch.nn.Module, dataset: Dataset, open_store: Callable[..., Store], rows: int
) -> None:
    from whybench.domains import TabularDomain

    model = Model("double", network.double(), TabularDomain(), preprocess=lambda row: torch.as_tensor(row).double())
    suite = Suite("double", (block(model, dataset, ["integrated_gradients(steps=7)", "random"], ["pixel_flipping"]),))
    reference = scores(run(suite, open_store("reference"), Options(rows=10)))
    for name, values in scores(run(suite, open_store(f"rows{rows}"), Options(rows=rows))).items():
        np.testing.assert_allclose(values, reference[name], atol=1e-12, rtol=0)


def test_a_suite_runs_itself_in_memory_or_in_a_store(suite: Suite, open_store: Callable[..., Store]) -> None:
    store = open_store()
    board = suite.run(store)
    assert len(board.scores) == 6 * 10 + 4
    assert suite.run().to_csv() == board.to_csv()
    assert len(store.records("tiny")) == 10
