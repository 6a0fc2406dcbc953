"""One method judged by one metric inside a test, in memory or into a store that later runs are compared with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from whybench.errors import UsageError, shown
from whybench.explanations import Explanation
from whybench.loading import Bench, bench_digest, load
from whybench.progress import Silent
from whybench.protocols import Model, Truth
from whybench.protocols.asking import ask_targets, sample_ids
from whybench.records import Record
from whybench.registries import fill
from whybench.resolver import parse
from whybench.runner import BlockRunner, Options
from whybench.store import Store
from whybench.suite import MethodLike, MetricLike, Suite, block, entries, judges

BOARD = "pytest"
"""The suite under which tests' cells stand in a store."""
ROWS = 64
"""Rows a pass, the same on every machine, and nothing is timed to find them."""


@dataclass(frozen=True, eq=False)
class Cell:
    """What `run_cell` gives: the record, and the explanation that was judged."""

    record: Record
    explanation: Explanation

    @property
    def scores(self) -> dict[str, float | None]:
        """By sample id, None where undefined."""
        return {sample.sample_id: sample.score for sample in self.record.samples}

    @property
    def relevance(self) -> Tensor:
        """The map, where the explanation is an attribution."""
        return self.explanation.tensors()["relevance"]


@dataclass
class CellRunner:
    """The fixture `run_cell`: judges the method of the marker `whybench` by its metric.

    marked: what the marker says, by keyword; folder: where its files are looked for first; store: where cells are
    kept; seen: is told every record.
    """

    marked: Mapping[str, Any]
    folder: Path
    store: Callable[[], Store]
    seen: Callable[[Record], None]

    def __call__(
        self,
        world: Any = None,
        *,
        method: MethodLike | None = None,
        metric: MetricLike | None = None,
        model: str | None = None,
        dataset: str | None = None,
        samples: int | None = None,
        seed: int | None = None,
    ) -> Cell:
        """Run one cell; a parameter given here comes before that of the marker.

        world: a planted world, or anything else with a model, inputs and perhaps targets, ids and truth; without one,
        model and dataset are named, and samples says how many. Raises AssertionError, with the reason, where the pair
        is unsupported or fails; UsageError where something is not said.
        """
        fill()
        chosen = self._place("method", method), self._place("metric", metric)
        entry, judge = entries([chosen[0]])[0], judges([chosen[1]])[0]
        if world is None:
            count = self._said("samples", samples)
            named = block(self._place("model", model), self._place("dataset", dataset), [], [], count)
            bench = load(named, "cpu")
        else:
            bench = bench_of(world)
        suite = Suite(BOARD, (), self._said("seed", seed) or 0)
        store = self.store()
        store.boards.begin(BOARD, {"seed": suite.seed}, clear=False)
        # Functions of one name may hold different things: nothing is read that an earlier cell has left.
        options = Options(rows=ROWS, channels_last=False, fresh=True)
        (record,) = BlockRunner(suite, bench, store, options, Silent()).run([entry], [judge])
        if record.status != "ok":
            raise AssertionError(f"{entry.label} by {judge.name}: {record.status}: {record.reason}")
        self.seen(record)
        made = [one.key for one in store.explanation_records(BOARD) if one.subject == record.subject]
        known = store.explanation(made[-1])
        assert known is not None
        assert known[1] is not None
        return Cell(record, known[1])

    def _said(self, name: str, given: Any) -> Any:
        return self.marked.get(name) if given is None else given

    def _place(self, name: str, given: Any) -> Any:
        """What is asked for; a file beside the test comes before one in the working directory."""
        thing = self._said(name, given)
        if thing is None:
            raise UsageError(f"run_cell: no {name}; say @pytest.mark.whybench({name}=...) or run_cell({name}=...)")
        if isinstance(thing, str) and ":" in parse(thing).target:
            beside = self.folder / thing.partition(":")[0]
            return f"{self.folder / thing}" if beside.is_file() else thing
        return thing


def bench_of(world: Any) -> Bench:
    """A bench of a world's model and samples; raises UsageError for what has neither."""
    model, inputs = getattr(world, "model", None), getattr(world, "inputs", None)
    if not isinstance(model, Model) or not isinstance(inputs, Tensor):
        raise UsageError(f"run_cell: {shown(world)} is no world: it needs a Model as .model and a tensor as .inputs")
    targets = ask_targets(model, inputs, getattr(world, "targets", None))
    ids = sample_ids(len(inputs), getattr(world, "ids", None))
    truth: Truth | None = getattr(world, "truth", None)
    name = str(getattr(world, "name", model.name))
    digest = bench_digest(model, inputs, targets, targets, ids, truth)
    return Bench(model, inputs, targets, ids, name, "predicted", targets, digest, truth)
