"""Running a suite: what the store knows is read, the rest is computed cell by cell and stored at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from whybench import keys
from whybench.batch_plan import BatchPlan
from whybench.digests import json_digest
from whybench.environment import environment
from whybench.loading import Bench, load
from whybench.meter import Meter
from whybench.parameters import parameters
from whybench.planning import planned
from whybench.progress import Listener, Silent
from whybench.protocols import Metric
from whybench.records import Record, Subject
from whybench.registries import fill
from whybench.session import Session
from whybench.store import Store
from whybench.store.boards import Member
from whybench.suite import Entry, Suite


@dataclass(frozen=True)
class Options:
    """How a run is done; none of it but device, rows and channels_last can change a score.

    rows: rows a pass instead of the calibrated ones; channels_last: the memory layout of images instead of the
    declared or calibrated one; fresh: compute everything again; replace: the suite's board holds this run's cells
    only; asked: what `whybench run` was asked for, as it can be pasted again.
    """

    device: str = "cpu"
    rows: int | None = None
    channels_last: bool | None = None
    fresh: bool = False
    replace: bool = True
    asked: str = ""


@torch.inference_mode(False)
def run(suite: Suite, store: Store, options: Options | None = None, listener: Listener | None = None) -> list[Record]:
    """Run all cells of a suite that the store does not hold as `ok` or `unsupported`; returns all of its records.

    What a cell pays of what cells share is known when all are done: it stands in the store's records.
    A run that was cut off goes on from what is stored. A method or metric that raises costs its own cells only: they
    become rows with a reason and are tried again at the next run.
    """
    fill()
    options, listener = options or Options(), listener or Silent()
    listener.started(suite.name, len(suite.plan()))
    note = {"seed": suite.seed, "device": options.device, "asked": options.asked, "environment": environment()}
    records: list[Record] = []
    for number, block in enumerate(suite.blocks):
        listener.working(f"loading {block.model_name} and {block.dataset_name}")
        bench = load(block, options.device)
        if number == 0:  # not before: a suite that cannot be loaded leaves the board of its last run alone
            store.boards.begin(suite.name, note, clear=options.replace)
        runner = BlockRunner(suite, bench, store, options, listener, first=len(records))
        records += runner.run(block.methods, block.metrics)
    return records


class BlockRunner:
    """Runs methods x metrics on one bench."""

    def __init__(
        self, suite: Suite, bench: Bench, store: Store, options: Options, listener: Listener, first: int = 0
    ) -> None:
        self.suite, self.bench, self.store, self.options, self.listener = suite, bench, store, options, listener
        self.position = first
        self.meter = Meter(options.device)

    def run(self, entries: Sequence[Entry], metrics: Sequence[Metric[Any]]) -> list[Record]:
        """All cells of the block, in order."""
        options, module = self.options, self.bench.model.module
        self.bench, plan = planned(self.bench, self.store, options.device, options.rows, options.channels_last)
        threads = torch.get_num_threads()
        torch.set_num_threads(plan.threads)
        try:
            with self.meter.watching(module):
                session = Session(self.bench, plan, self.store, self.meter, self.listener, self.suite.seed)
                return [record for entry in entries for record in self._entry(session, plan, entry, metrics)]
        finally:
            torch.set_num_threads(threads)

    def _entry(self, session: Session, plan: BatchPlan, entry: Entry, metrics: Sequence[Metric[Any]]) -> list[Record]:
        """All cells of one method; its explanation is made only where a cell is missing."""
        key = keys.explanation_key(self.bench, plan, entry, self.suite.seed)
        subject = subject_of(self.suite, self.bench, entry)
        records, members = [], []
        cells = [keys.cell_key(self.bench, key, metric) for metric in metrics]
        stored = {} if self.options.fresh else self.store.cells(cells)
        for metric, cell in zip(metrics, cells, strict=True):
            record = stored.get(cell)
            known = record is not None and record.status != "failed" and self._explained(key, record)
            if record is None or not known:
                self.listener.working(f"{subject.model}: {entry.label} by {metric.name}")
                record = session.cell(cell, key, subject, entry.method, metric, self.options.fresh)
            self.listener.finished(record, known)
            records.append(record)
            address = json_digest([subject.dataset, subject.model, subject.method, metric.name, record.parameters])
            members.append(Member(address, self.position, cell, key))
            self.position += 1
        left = self.store.join(self.suite.name, members)
        if left:
            self.listener.note(
                f"{left} cells of {entry.label} on {subject.model} and {subject.dataset} from earlier runs (of other "
                f"samples or another seed, say) left the board {self.suite.name!r}; they are kept, and come back when "
                "they are run like that again"
            )
        return records

    def _explained(self, key: str, record: Record) -> bool:
        """Whether the explanation behind a stored cell is there too, whole."""
        return record.status != "ok" or self.store.has_explanation(key)


def subject_of(suite: Suite, bench: Bench, entry: Entry) -> Subject:
    """What an entry's explanation on a bench is called everywhere."""
    return Subject(
        kind=entry.method.kind.kind,
        suite=suite.name,
        dataset=bench.dataset,
        model=bench.model.name,
        method=entry.label,
        method_parameters=parameters(entry.method),
        seed=suite.seed,
    )
