"""What all speed benchmarks share: loaded benches, and the comparison with references in interleaved rounds."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Protocol

import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from saved_base import (  # noqa: F401
    LAPS,
    pytest_benchmark_compare_machine_info,
    pytest_benchmark_generate_machine_info,
    pytest_benchmark_group_stats,
    pytest_terminal_summary,
)
from speed_moves import AGAIN, BARE, OWN
from torch import Tensor, nn

from whybench import bare, registries
from whybench.allocator import keep_freed_memory
from whybench.batch_plan import BatchPlan, plan_by_shapes
from whybench.cases import Memory, ask, open_case
from whybench.environment import environment, library_version
from whybench.loading import Bench, load
from whybench.protocols import Case, Model
from whybench.protocols.asking import ask_targets
from whybench.protocols.model import steady
from whybench.statistics import median_interval
from whybench.streams import Streams
from whybench.suite import MethodLike, block, method
from whybench.timing import Rounds
from whybench.timing.rounds import Contender, race

registries.fill()
keep_freed_memory()

ROUNDS = Rounds(most=6, least=3, budget=1.0, shortest=0.02)
"""Enough to tell what moved since a saved run: fewer rounds have no noise floor."""
PUBLISHED = Rounds(most=25, least=6, budget=15.0, shortest=0.05)
"""For the tables of results/performance."""
PEERS = ("quantus", "captum", "shap", "lime")
STARTED, LOAD = time.perf_counter(), os.getloadavg()

Work = Callable[[], object]
Where = tuple[str | Model, str, int]
"""A model, a dataset and how many of its samples."""


@dataclass(frozen=True, eq=False)
class Place:
    """A model and its samples, ready to be asked; the batch plan is that of a run."""

    bench: Bench
    plan: BatchPlan
    targets: Tensor

    def explain(self, spec: MethodLike) -> Any:
        """What a run does to explain all samples, with a method that it has built before."""
        b = self.bench
        return ask(built(spec), b.model, b.inputs, self.targets, b.ids, Streams(0), self.plan.rows)

    def case(self, spec: MethodLike) -> Case[Any]:
        """What a metric sees of a method."""
        b, rows = self.bench, self.plan.rows
        judged = method(spec)
        return open_case(judged, b.model, b.inputs, self.targets, ids=b.ids, labels=b.labels, rows=rows, truth=b.truth)

    def forward(self) -> None:
        """The bare forward pass of all samples."""
        bare.forward(self.bench.model, self.bench.inputs, self.plan)

    def gradient(self) -> None:
        """The bare forward and backward pass of all samples."""
        bare.gradient(self.bench.model, self.bench.inputs, self.targets, self.plan)


@cache
def built(spec: MethodLike) -> Any:
    """The method of a spec."""
    return method(spec)


@cache
def place(model: str | Model, dataset: str, samples: int) -> Place:
    """A block's model and samples, loaded once."""
    bench = load(block(model, dataset, [], [], samples=samples), "cpu")
    plan = plan_by_shapes(bench.model, bench.inputs)
    return Place(bench, plan, ask_targets(bench.model, bench.inputs, None, plan.rows))


@contextmanager
def opened(model: str | Model, dataset: str, samples: int) -> Iterator[Place]:
    """A place whose model stays frozen and in eval mode, as within a run."""
    found = place(model, dataset, samples)
    with steady(found.bench.model.module):
        yield found


@pytest.fixture
def digits() -> Iterator[Place]:
    """digits_cnn and 32 digits."""
    with opened("digits_cnn", "digits", 32) as found:
        yield found


@pytest.fixture
def photographs() -> Iterator[Place]:
    """EfficientNet-Lite0 and four photographs."""
    with opened("efficientnet_lite0", "imagenet_photos", 4) as found:
        yield found


def unshared(case: Case[Any]) -> Case[Any]:
    """The same case with no artifact known yet, so that a metric pays for its own."""
    memory = Memory()
    memory.case = replace(case, fetch=memory.fetch)
    return memory.case


class Passes:
    """The rows that go through a module while something runs, to be sent through it again in full batches."""

    def __init__(self, place: Place, work: Work) -> None:
        self.place = place
        self.rows: dict[bool, list[Tensor]] = {False: [], True: []}
        handle = place.bench.model.module.register_forward_hook(self._see)
        try:
            work()
        finally:
            handle.remove()
        self.forward = self._joined(False)
        self.backward = self._joined(True)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Passes":
        """Itself, so that rows through a copy of the module (a randomised one) are seen too."""
        return self

    def again(self) -> None:
        """The same rows through the bare model: without a graph, or forward and backward where there was one."""
        send(self.place, self.forward, self.backward)

    def at(self, best: Place) -> Work:
        """The same rows through the bare model of another place, by the layout and the batches of that place."""
        return partial(send, best, laid_out(self.forward, best), laid_out(self.backward, best))

    def gradients_at(self, best: Place) -> Work:
        """Of these rows only those that were differentiated."""
        return partial(send, best, self.forward[:0], laid_out(self.backward, best))

    def _see(self, module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None:
        self.rows[output.requires_grad].append(args[0])  # no operation here: methods may be watching

    def _joined(self, graph: bool) -> Tensor:
        inputs = self.place.bench.inputs  # a rewritten copy is checked in float64
        return laid_out(torch.cat([inputs[:0], *(rows.to(inputs) for rows in self.rows[graph])]).detach(), self.place)


def send(place: Place, forward: Tensor, backward: Tensor) -> None:
    """Rows through the bare model of a place: the first without a graph, the others forward and backward."""
    model, plan = place.bench.model, place.plan
    if len(forward):
        bare.forward(model, forward, plan)
    if len(backward):
        bare.gradient(model, backward, torch.zeros(len(backward), dtype=torch.int64), plan)


def laid_out(rows: Tensor, place: Place) -> Tensor:
    """Rows in the memory layout of a place's model."""
    last = place.bench.model.channels_last and rows.ndim == 4
    return rows.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


class Against(Protocol):
    """See the fixture `against`."""

    def __call__(self, work: Work, references: Mapping[str, Work | None], rounds: Rounds = ROUNDS) -> None: ...


@pytest.fixture
def against(benchmark: BenchmarkFixture) -> Against:
    """Measure work as a multiple of references, in interleaved rounds; pytest-benchmark itself sees the first call.

    `extra_info` gets the CPU seconds of a call, and under each reference's name the ratio to it, by CPU time and by the
    wall clock: medians over the rounds with their 95 % intervals. A reference that is None is not installed. In every
    round the bare forward pass of 32 digits runs twice: by it runs are compared with each other (`speed_moves`).
    """

    def measure(work: Work, references: Mapping[str, Work | None], rounds: Rounds = ROUNDS) -> None:
        there = {name: other for name, other in references.items() if other is not None}
        with opened("digits_cnn", "digits", 32) as yard:
            everything = (work, *there.values(), yard.forward, yard.forward)
            contenders = [Contender(w, lambda result: None) for w in everything]
            first = partial(benchmark.pedantic, work, rounds=1, iterations=1)
            for contender, warm_up in zip(contenders, (first, *everything[1:]), strict=True):
                start = time.perf_counter()
                warm_up()
                contender.warm_up = time.perf_counter() - start
            race(contenders, rounds, "cpu", Streams(0), lambda number: None)
        for contender in contenders:
            if contender.error is not None:
                raise contender.error
        own, *others, bare_pass, again = contenders
        LAPS[benchmark.fullname] = {
            name: [lap.cpu for lap in one.laps] for name, one in ((OWN, own), (BARE, bare_pass), (AGAIN, again))
        }
        benchmark.extra_info["CPU seconds"] = list(median_interval([a.cpu for a in own.laps]))
        benchmark.extra_info["rounds"] = len(own.laps)
        benchmark.extra_info |= {f"x {name}": "not installed" for name in references if name not in there}
        for name, other in zip(there, others, strict=True):
            laps = list(zip(own.laps, other.laps, strict=True))
            benchmark.extra_info[f"x {name}"] = {
                "cpu": list(median_interval([a.cpu / b.cpu for a, b in laps])),
                "wall": list(median_interval([a.wall / b.wall for a, b in laps])),
            }

    return measure


def pytest_benchmark_update_json(config: pytest.Config, benchmarks: object, output_json: dict[str, Any]) -> None:
    """What a reader of the numbers has to know of the run, the tests that failed among it."""
    reporter: Any = config.pluginmanager.get_plugin("terminalreporter")
    failed = [report.nodeid.rpartition("::")[2] for report in reporter.stats.get("failed", [])]
    output_json["whybench"] = {
        "failed": failed,
        "environment": environment(),
        "peers": {name: library_version(name) for name in PEERS},
        "load": {"start": LOAD, "end": os.getloadavg()},
        "minutes": (time.perf_counter() - STARTED) / 60,
        "laps": LAPS,
    }
