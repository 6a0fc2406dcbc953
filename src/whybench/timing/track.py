"""One block being timed: its methods and the bare model on the same batch, in the same rounds."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from whybench import bare
from whybench.batch_plan import BatchPlan
from whybench.cases import ask
from whybench.environment import environment
from whybench.errors import BadExplanation
from whybench.explaining import Explainer
from whybench.explanations import Explanation
from whybench.isolation import isolated
from whybench.loading import Bench
from whybench.meter import Meter
from whybench.outcomes import outcome
from whybench.parameters import parameters
from whybench.progress import Listener
from whybench.protocols.model import steady
from whybench.records import PROTOCOL
from whybench.suite import Entry, Suite
from whybench.timing.records import BlockTiming, Timed
from whybench.timing.rounds import Contender, Rounds, race

SAME = 1e-3
"""How far a timed explanation may be from the untimed one, as a share of the largest value: on a GPU the order of
sums varies from call to call."""

Work = Callable[[], Any]


@dataclass(frozen=True, eq=False)
class Track:
    """One block, on which contenders are warmed up and raced."""

    suite: Suite
    bench: Bench
    plan: BatchPlan
    explainer: Explainer
    meter: Meter
    listener: Listener

    def time(self, entries: Sequence[Entry], rounds: Rounds) -> BlockTiming:
        """Warm up, race, and gather what the laps say."""
        module, before = self.bench.model.module, _load()
        with steady(module):
            with self.meter.watching(module):
                pairs = [self._warmed(timed, work) for timed, work in self._works(entries)]
            running = [contender for _, contender in pairs if contender is not None]
            race(running, rounds, self.bench.inputs.device, self.explainer.streams, partial(self._tell, rounds))
        return BlockTiming(
            suite=self.suite.name,
            dataset=self.bench.dataset,
            model=self.bench.model.name,
            samples=len(self.bench.ids),
            seed=self.suite.seed,
            protocol=PROTOCOL,
            machine=environment(),
            plan=asdict(self.plan),
            load=(*before, *_load()),
            contenders=tuple(_timed(timed, contender) for timed, contender in pairs),
        )

    def _works(self, entries: Sequence[Entry]) -> Iterator[tuple[Timed, Work]]:
        """What is timed: the bare passes first, then the methods in the order of the suite."""
        bench, plan, targets = self.bench, self.plan, self.explainer.targets
        yield Timed("bare forward"), partial(bare.forward, bench.model, bench.inputs, plan)
        yield Timed("bare forward again"), partial(bare.forward, bench.model, bench.inputs, plan)
        if bench.model.differentiable:
            yield Timed("bare gradient"), partial(bare.gradient, bench.model, bench.inputs, targets, plan)
        for entry in entries:
            timed = Timed(
                "method",
                method=entry.label,
                method_parameters=parameters(entry.method),
                kind=entry.method.kind.kind,
                control=entry.method.control,
            )
            yield timed, partial(self._explained, entry)

    def _explained(self, entry: Entry) -> Explanation:
        """One method's explanation; what it has to learn first is learned in the warm-up and not timed here."""
        bench, explainer, rows = self.bench, self.explainer, self.plan.rows
        learned = explainer.prepared(entry.method)[0]
        asked = partial(ask, entry.method, bench.model, bench.inputs, explainer.targets, bench.ids, explainer.streams)
        explanation: Explanation = asked(rows, learned)
        return explanation

    def _warmed(self, timed: Timed, work: Work) -> tuple[Timed, Contender | None]:
        """Run the work once, counted; a contender where that succeeds, else the reason why not."""
        name, module = timed.method or timed.what, self.bench.model.module
        self.listener.working(f"timing {self.bench.model.name}: warm-up of {name}")
        section = self.meter.section()
        try:
            with isolated(name, module, self.listener.note), section:
                result = work()
        except Exception as error:  # whatever a method raises costs its own row only
            status, reason = outcome(error)
            return replace(timed, status=status, reason=reason), None
        contender = Contender(
            work,
            check=partial(same_answer, name, result),
            around=partial(isolated, name, module, lambda text: None),
            warm_up=section.cost.wall_seconds,
        )
        return replace(timed, cost=section.cost), contender

    def _tell(self, rounds: Rounds, number: int) -> None:
        self.listener.working(f"timing {self.bench.model.name}: round {number} of {rounds.most}")


def same_answer(name: str, untimed: Any, timed: Any) -> None:
    """Raise BadExplanation where a timed explanation is not the one that the same call gave untimed."""
    if not isinstance(untimed, Explanation):
        return
    expected, found = untimed.tensors(), timed.tensors()
    for part, values in expected.items():
        far = (found[part].double() - values.double()).abs().max() if values.numel() else 0.0
        if far > SAME * values.double().abs().max():
            raise BadExplanation(f"{name}: the timed explanation is not the one that the untimed call gave")


def _timed(timed: Timed, contender: Contender | None) -> Timed:
    """What is known of a contender after the race."""
    if contender is None:
        return timed
    if contender.error is not None:
        status, reason = outcome(contender.error)
        return replace(timed, status=status, reason=reason)
    laps = contender.laps
    return replace(
        timed, repeats=contender.repeats, wall=tuple(lap.wall for lap in laps), cpu=tuple(lap.cpu for lap in laps)
    )


def _load() -> tuple[float, ...]:
    """The load average of the last 1, 5 and 15 minutes, where the system knows it."""
    return os.getloadavg() if hasattr(os, "getloadavg") else ()
