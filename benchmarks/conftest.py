"""What all speed benchmarks share: loaded benches, and the comparison with references in interleaved rounds."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn

from whybench import registries
from whybench.batch_plan import BatchPlan, calibrate
from whybench.cases import Memory, ask, open_case
from whybench.loading import Bench, load
from whybench.protocols import Case, Method
from whybench.protocols.asking import predict
from whybench.protocols.model import steady
from whybench.statistics import median_interval
from whybench.streams import Streams
from whybench.suite import block, method
from whybench.timing import Rounds, bare
from whybench.timing.clock import lap
from whybench.timing.rounds import Contender, race

registries.fill()

ROUNDS = Rounds(most=5, least=2, budget=4.0, shortest=0.05)
SLOW = 1.0
"""Seconds of a call from which on pytest-benchmark's own table gets one round instead of three."""

Work = Callable[[], object]


@dataclass(frozen=True, eq=False)
class Place:
    """A model and its samples, ready to be asked; the batch plan is that of a run."""

    bench: Bench
    plan: BatchPlan
    targets: Tensor

    def explain(self, spec: str | Method[Any]) -> Any:
        """What a run does to explain all samples."""
        b = self.bench
        return ask(method(spec), b.model, b.inputs, self.targets, b.ids, Streams(0), self.plan.rows)

    def case(self, spec: str) -> Case[Any]:
        """What a metric sees of a method."""
        b = self.bench
        return open_case(method(spec), b.model, b.inputs, self.targets, ids=b.ids, labels=b.labels, rows=self.plan.rows)

    def forward(self) -> None:
        """The bare forward pass of all samples."""
        bare.forward(self.bench.model, self.bench.inputs, self.plan)

    def gradient(self) -> None:
        """The bare forward and backward pass of all samples."""
        bare.gradient(self.bench.model, self.bench.inputs, self.targets, self.plan)


@cache
def place(model: str, dataset: str, samples: int) -> Place:
    """A block's model and samples, loaded once."""
    bench = load(block(model, dataset, [], [], samples=samples), "cpu")
    plan = calibrate(bench.model, bench.inputs)
    return Place(bench, plan, predict(bench.model, bench.inputs, plan.rows).argmax(1))


@pytest.fixture
def digits() -> Iterator[Place]:
    """digits_cnn and 32 digits; the model stays frozen and in eval mode, as within a run."""
    found = place("digits_cnn", "digits", 32)
    with steady(found.bench.model.module):
        yield found


@pytest.fixture
def photographs() -> Iterator[Place]:
    """EfficientNet-Lite0 and four photographs."""
    found = place("efficientnet_lite0", "imagenet_photos", 4)
    with steady(found.bench.model.module):
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
        model, plan = self.place.bench.model, self.place.plan
        if len(self.forward):
            bare.forward(model, self.forward, plan)
        if len(self.backward):
            targets = torch.zeros(len(self.backward), dtype=torch.int64)
            bare.gradient(model, self.backward, targets, plan)

    def _see(self, module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None:
        self.rows[output.requires_grad].append(args[0])  # no operation here: methods may be watching

    def _joined(self, graph: bool) -> Tensor:
        inputs = self.place.bench.inputs
        rows = torch.cat([inputs[:0], *self.rows[graph]]).detach()
        last = self.place.bench.model.channels_last
        return rows.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)


Against = Callable[[Work, Mapping[str, Work]], None]


@pytest.fixture
def against(benchmark: BenchmarkFixture) -> Against:
    """Measure work by pytest-benchmark, and as a multiple of references timed in the same interleaved rounds.

    Each ratio goes to `extra_info` under the reference's name: wall with its 95 % interval, and CPU.
    """

    def measure(work: Work, references: Mapping[str, Work]) -> None:
        contenders = [Contender(w, lambda result: None) for w in (work, *references.values())]
        for contender in contenders:
            contender.warm_up = lap(contender.work)[0].wall
        race(contenders, ROUNDS, "cpu", Streams(0), lambda number: None)
        for contender in contenders:
            if contender.error is not None:
                raise contender.error
        own, *others = contenders
        for name, other in zip(references, others, strict=True):
            wall, cpu = (
                median_interval(
                    np.array([getattr(a, c) / getattr(b, c) for a, b in zip(own.laps, other.laps, strict=True)])
                )
                for c in ("wall", "cpu")
            )
            benchmark.extra_info[f"x {name}"] = {"wall": list(wall), "cpu": cpu.median}
        slow = own.laps[0].wall > SLOW
        benchmark.pedantic(work, rounds=1 if slow else 3, iterations=own.repeats)

    return measure
