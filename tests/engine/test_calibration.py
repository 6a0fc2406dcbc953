"""The batch plan of a user's own module: what is timed, what decides, what is remembered, and what wins over it."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import whybench
from whybench import planning, user_cache
from whybench.batch_plan import BatchPlan, plan_by_shapes
from whybench.calibration import FAR, ROUNDS, calibrated
from whybench.cli.running import Request, Way
from whybench.convolutions import convolves
from whybench.domains import ImageDomain
from whybench.layout import laid_out, lies_last
from whybench.leaderboard import Leaderboard
from whybench.leaderboard.view import views
from whybench.loading import Bench, bench_digest
from whybench.progress import Silent
from whybench.protocols import Model
from whybench.protocols.asking import wrap
from whybench.report.provenance import facts
from whybench.runner import BlockRunner, Options
from whybench.store import Store
from whybench.suite import Suite, entries, judges

SPECS: Any = {"methods": ["gradient"], "metrics": ["pixel_flipping(steps=4)"]}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHYBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Watch:
    """A stopwatch that says what it is told: seconds by (rows a pass, channels last); it runs the work all the same."""

    def __init__(self, says: Callable[[int, bool], float]) -> None:
        self.says = says
        self.laps: list[tuple[int, bool]] = []

    def __call__(self, work: Callable[[], object], device: torch.device) -> float:
        assert isinstance(work, partial)
        plan, batch = work.args
        assert lies_last(batch) == plan.channels_last
        work()
        self.laps.append((plan.rows, plan.channels_last))
        return self.says(plan.rows, plan.channels_last)


def network(channels: int = 3) -> nn.Module:
    layers = nn.Conv2d(channels, 4, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)
    return nn.Sequential(*layers).double()


def images(channels: int = 3) -> Tensor:
    return torch.randn(5, channels, 8, 8, dtype=torch.float64)


def model_of(module: nn.Module, inputs: Tensor) -> tuple[Model, Tensor, BatchPlan]:
    model = wrap(module, inputs)
    return model, inputs, replace(plan_by_shapes(model, inputs), rows=8)


def kept(cache: Path) -> list[Path]:
    return sorted(cache.iterdir()) if cache.exists() else []


@pytest.mark.parametrize("channels", [1, 3])
def test_the_faster_layout_and_then_the_faster_size_are_taken(channels: int) -> None:
    asked = model_of(network(channels), images(channels))
    watch = Watch(lambda rows, last: (1.0 if last else 1.2) * rows**2 / 1000)
    assert calibrated(*asked, stopwatch=watch) == replace(asked[2], channels_last=True, rows=4)
    turns = [(8, False), (8, True)], [(8, True), (8, False)]
    layouts = [lap for number in range(ROUNDS) for lap in turns[number % 2]]
    assert watch.laps[: 2 * ROUNDS] == layouts  # by turns, neither of them always first
    assert watch.laps[2 * ROUNDS :] == [(8, True), (4, True)]  # one round is enough where one is far ahead


def test_rows_that_are_fixed_stay() -> None:
    asked = model_of(network(), images())
    watch = Watch(lambda rows, last: 1.0 if last else 1.0 + FAR)
    assert calibrated(*asked, rows=8, stopwatch=watch) == replace(asked[2], channels_last=True)
    assert watch.laps == [(8, False), (8, True)]


def test_what_is_not_clearly_slower_stays() -> None:
    asked = model_of(network(), images())
    assert calibrated(*asked, stopwatch=Watch(lambda rows, last: 0.97 if last else 1.0)) == asked[2]
    last = model_of(network(), laid_out(images(), True))
    assert last[2].channels_last
    assert calibrated(*last, stopwatch=Watch(lambda rows, last: 1.0 if last else 0.97)) == last[2]


def test_the_budget_ends_it() -> None:
    asked = model_of(network(), images())
    watch = Watch(lambda rows, last: 10.0 if last else 10.1)
    assert calibrated(*asked, stopwatch=watch) == asked[2]
    assert watch.laps == [(8, False), (8, True)]


def test_each_lap_is_a_forward_and_a_backward_pass_of_one_full_batch() -> None:
    module, inputs = network(), images()
    passes: list[tuple[int, bool]] = []
    asked = model_of(module, inputs)
    module.register_forward_hook(lambda m, args, out: passes.append((len(args[0]), out.requires_grad)))
    calibrated(*asked, rows=8, stopwatch=Watch(lambda rows, last: 1.0 if last else 2.0))
    before = [(1, False), (2, False), (2, False)]  # is there a convolution, do both layouts agree
    assert passes == before + [(8, False), (8, True)] * 2


def test_it_is_timed_once(cache: Path) -> None:
    asked = model_of(network(), images())
    watch = Watch(lambda rows, last: 1.0 if last else 2.0)
    found = calibrated(*asked, stopwatch=watch)
    laps = len(watch.laps)
    assert calibrated(*asked, stopwatch=Watch(lambda rows, last: 3.0 if last else 2.0)) == found
    assert [f.name.startswith("batch-plan-") for f in kept(cache)] == [True]
    other = model_of(network(), images())  # other weights
    assert calibrated(*other, stopwatch=watch).channels_last
    assert len(watch.laps) == 2 * laps
    assert len(kept(cache)) == 2


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"sha256": "x"}', b"\xff"])
def test_a_damaged_file_is_measured_again(cache: Path, damage: bytes) -> None:
    asked = model_of(network(), images())
    found = calibrated(*asked, stopwatch=Watch(lambda rows, last: 1.0 if last else 2.0))
    (file,) = kept(cache)
    whole = file.read_bytes()
    file.write_bytes(damage)
    with pytest.warns(UserWarning, match="batch plan kept in .* is damaged"):
        assert calibrated(*asked, stopwatch=Watch(lambda rows, last: 1.0 if last else 2.0)) == found
    assert file.read_bytes() == whole


def test_a_forged_answer_is_damage(cache: Path) -> None:
    asked = model_of(network(), images())
    calibrated(*asked, stopwatch=Watch(lambda rows, last: 1.0 if last else 2.0))
    (file,) = kept(cache)
    file.write_text(file.read_text().replace('"rows":8', '"rows":0'))
    with pytest.warns(UserWarning, match="is damaged"):
        assert calibrated(*asked, stopwatch=Watch(lambda rows, last: 1.0)).rows == 8


def test_a_cache_that_cannot_be_written_means_timing_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("WHYBENCH_CACHE", str(tmp_path / "file" / "cache"))
    asked, watch = model_of(network(), images()), Watch(lambda rows, last: 1.0 if last else 2.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert calibrated(*asked, stopwatch=watch) == calibrated(*asked, stopwatch=watch)
    assert watch.laps.count((8, False)) == 2


class Viewing(nn.Module):
    """Takes its inputs apart by `view`, which images with channels last do not allow."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution, self.linear = nn.Conv2d(3, 4, 3), nn.Linear(192, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x.view(len(x), -1)) + self.convolution(x).mean((1, 2, 3))[:, None]


class Moody(nn.Module):
    """Its answer depends on the layout."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.convolution(x).mean((2, 3)) * (1.001 if lies_last(x) else 1.0)


class Drawing(Moody):
    """Draws while it answers."""

    def forward(self, x: Tensor) -> Tensor:
        return self.convolution(x).mean((2, 3)) + torch.randn(1, dtype=x.dtype)


@pytest.mark.parametrize("module", [Viewing, Moody, Drawing])
def test_a_model_that_fails_or_differs_in_the_other_layout_keeps_its_own(
    module: Callable[[], nn.Module], cache: Path
) -> None:
    asked, watch = model_of(module().double(), images()), Watch(lambda rows, last: 1.0 if last else 9.0)
    state = torch.get_rng_state()
    assert calibrated(*asked, stopwatch=watch) == asked[2]
    assert watch.laps == []
    assert kept(cache) == []
    assert torch.equal(torch.get_rng_state(), state)


def test_a_model_that_starts_to_fail_is_not_given_what_was_kept() -> None:
    module = network()
    asked = model_of(module, images())
    assert calibrated(*asked, stopwatch=Watch(lambda rows, last: 1.0 if last else 9.0)).channels_last
    handle = module.register_forward_pre_hook(lambda m, args: (args[0].view(len(args[0]), -1).view(args[0].shape),))
    assert calibrated(*asked) == asked[2]
    handle.remove()
    assert calibrated(*asked).channels_last


@pytest.mark.parametrize(
    ("module", "inputs"),
    [
        (nn.Sequential(nn.Linear(5, 3)), torch.randn(4, 5)),
        (nn.Sequential(nn.Flatten(), nn.Linear(192, 3)), torch.randn(4, 3, 8, 8)),
        (nn.Sequential(nn.Flatten(2), nn.Conv1d(3, 3, 64), nn.Flatten()), torch.randn(4, 3, 8, 8)),
    ],
)
def test_nothing_is_timed_where_no_image_is_convolved(module: nn.Module, inputs: Tensor) -> None:
    watch, asked = Watch(lambda rows, last: 1.0 if last else 9.0), model_of(module, inputs)
    assert calibrated(*asked, stopwatch=watch) == asked[2]
    assert watch.laps == []


class Functional(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 3, 3, 3))

    def forward(self, x: Tensor) -> Tensor:
        return torch.nn.functional.conv2d(x, self.weight).mean((2, 3))


def test_convolutions_of_functions_are_seen() -> None:
    inputs = torch.randn(2, 3, 8, 8)
    for module in (Functional(), nn.Sequential(Functional()), nn.Sequential(nn.ConvTranspose2d(3, 3, 2), nn.Flatten())):
        assert convolves(wrap(module, inputs), inputs)


def test_the_module_is_left_as_it_was() -> None:
    module = network().train()
    strides = {name: value.stride() for name, value in module.state_dict().items()}
    before = {name: value.clone() for name, value in module.state_dict().items()}
    calibrated(*model_of(module, images()), stopwatch=Watch(lambda rows, last: 1.0))
    assert module.training
    assert all(p.requires_grad and p.grad is None for p in module.parameters())
    assert {name: value.stride() for name, value in module.state_dict().items()} == strides
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert not module._forward_hooks


class Seen(nn.Module):
    """Notes the layout of what reaches it."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.network = network(channels)
        self.layouts: set[bool] = set()
        self.rows: set[int] = set()

    def forward(self, x: Tensor) -> Tensor:
        self.layouts.add(lies_last(x))
        self.rows.add(len(x))
        return self.network(x)


@pytest.fixture
def fast_last(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Evaluation with a stopwatch that finds channels last faster, and no size."""
    watch = Watch(lambda rows, last: 1.0 if last else 2.0)
    monkeypatch.setattr(planning, "calibrated", partial(calibrated, stopwatch=watch))
    return watch


def viewing(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Takes views of inputs and gradients, which those with channels last do not allow."""
    leaf = inputs.view(len(inputs), -1).clone().requires_grad_()
    (gradient,) = torch.autograd.grad(module(leaf.view(inputs.shape)).gather(1, targets[:, None]).sum(), leaf)
    whole = inputs.clone().requires_grad_()
    (again,) = torch.autograd.grad(module(whole).gather(1, targets[:, None]).sum(), whole)
    assert torch.equal(again.view(len(inputs), -1), gradient)
    return gradient.view(inputs.shape)


@pytest.mark.parametrize("channels", [1, 3])
def test_evaluate_asks_in_the_layout_that_was_found(channels: int, fast_last: Watch) -> None:
    inputs = images(channels)
    methods = ["gradient", "smooth_grad(samples=3)", "occlusion", "lrp", "grad_cam(layer='network.0')", viewing]
    asked: Any = {"methods": methods, "metrics": ["pixel_flipping(steps=4)", "road", "input_invariance"]}
    seen = Seen(channels)
    plain = whybench.evaluate(seen, inputs, channels_last=False, **asked)
    assert fast_last.laps == []
    seen.layouts.clear()
    found = whybench.evaluate(seen, inputs, **asked)
    assert fast_last.laps
    assert {r.status for r in found.records} == {"ok"}
    scores = [
        board.scores.sort_values(["method", "metric", "sample_id"])["score"].to_numpy() for board in (plain, found)
    ]
    assert abs(scores[0] - scores[1]).max() < 1e-10
    timed = len(fast_last.laps)
    seen.layouts.clear()
    whybench.evaluate(seen, inputs, **{**asked, "methods": methods[:-1]})
    assert len(fast_last.laps) == timed  # remembered


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_given_wins(channels: int, fast_last: Watch) -> None:
    for last in (False, True):
        seen = Seen(channels)
        runner_inputs = images(channels)
        whybench.evaluate(seen, runner_inputs, channels_last=last, batch_size=3, **SPECS)
        assert last in seen.layouts
        assert max(seen.rows) <= 5  # five samples go through it once, before there is a plan
        declared = Model("declared", network(channels), ImageDomain(), channels_last=last)
        whybench.evaluate(declared, runner_inputs, **SPECS)
    assert fast_last.laps == []


def bench_of(module: nn.Module, inputs: Tensor, **declared: Any) -> Bench:
    model = replace(wrap(module, inputs), **declared)
    targets, ids = torch.zeros(len(inputs), dtype=torch.int64), tuple("abcde")
    digest = bench_digest(model, inputs, targets, targets, ids)
    return Bench(model, inputs, targets, ids, "inputs", "predicted", targets, digest)


@pytest.mark.parametrize("channels", [1, 3])
def test_every_pass_has_the_layout_of_the_plan(channels: int, fast_last: Watch) -> None:
    seen, store = Seen(channels), Store.memory()
    bench, _ = planning.planned(bench_of(seen, images(channels)), store, "cpu")
    seen.layouts.clear()
    store.boards.begin("own", {}, clear=True)
    runner = BlockRunner(Suite("own", ()), bench, store, Options(), Silent())
    methods = ["smooth_grad(samples=2)", "occlusion", "rise(masks=4)", "lrp", "deep_lift", "guided_backprop"]
    metrics = ["srg(steps=4)", "infidelity", "efficient_mprt"]
    records = runner.run(entries([*methods, "captum/saliency", viewing]), judges(metrics))
    assert {r.status for r in records} == {"ok"}
    assert seen.layouts == {True}


def test_a_store_goes_on_with_the_plan_that_it_has(monkeypatch: pytest.MonkeyPatch, fast_last: Watch) -> None:
    bench, store = bench_of(network(), images()), Store.memory()
    laid, plan = planning.planned(bench, store, "cpu")
    assert plan.channels_last
    assert laid.model.channels_last
    assert lies_last(laid.inputs)
    assert not lies_last(bench.inputs)
    monkeypatch.setattr(planning, "calibrated", lambda model, inputs, plan, rows: plan)  # another machine, say
    assert planning.planned(bench, store, "cpu")[1] == plan
    assert not planning.planned(bench, Store.memory(), "cpu")[1].channels_last
    declared = bench_of(bench.model.module, bench.inputs, channels_last=False)
    assert not planning.planned(declared, store, "cpu")[1].channels_last  # what is declared wins over the store
    assert not planning.planned(bench, store, "cpu", channels_last=False)[1].channels_last


def test_explanations_say_by_which_plan_they_were_made(fast_last: Watch) -> None:
    bench, store, suite = bench_of(network(), images()), Store.memory(), Suite("own", ())
    store.boards.begin("own", {}, clear=True)
    BlockRunner(suite, bench, store, Options(), Silent()).run(entries(["gradient"]), judges(["gini"]))
    (made,) = store.explanation_records()
    assert made.plan is not None
    assert BatchPlan(**made.plan) == planning.planned(bench, store, "cpu")[1]
    assert made.cost.forward == made.cost.backward == 5  # what calibration sent through the model is no cell's
    board = Leaderboard(store.records(), store.explanation_records())
    said = {fact.name: fact.value for fact in facts(board, views(board), "own", None)}
    rows, threads = made.plan["rows"], made.plan["threads"]
    assert said["batch plan"].endswith(f": {rows} rows a pass, channels last, {threads} thread(s), float64")


def test_what_is_remembered_is_named_by_its_facts(cache: Path) -> None:
    user_cache.remember("toy", {"a": 1}, {"b": 2})
    assert user_cache.remembered("toy", {"a": 1}) == {"b": 2}
    assert user_cache.remembered("toy", {"a": 2}) is None
    (file,) = kept(cache)
    file.rename(file.with_name(user_cache._file("toy", {"a": 2}).name))
    with pytest.warns(UserWarning, match="damaged"):
        assert user_cache.remembered("toy", {"a": 2}) is None


def test_the_command_that_is_pasted_says_the_plan() -> None:
    request = Request("quickstart", None, None, (), (), None, None)
    assert request.written(Way()) == "quickstart"
    assert request.written(Way("cpu", 3, False)) == "quickstart --batch-size 3 --channels-first"
    assert request.written(Way(channels_last=True)) == "quickstart --channels-last"
