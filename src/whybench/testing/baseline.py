"""The cells of a test beside the same cells of an earlier store."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from whybench.errors import UnknownName, UsageError, WhybenchError
from whybench.leaderboard.addresses import seeded_address_of
from whybench.records import Record
from whybench.registries import fill, metrics
from whybench.store import Store
from whybench.testing.regression import by_sample
from whybench.testing.thresholds import Threshold

Verdict = Literal["kept", "worse", "new"]


@dataclass(frozen=True)
class Comparison:
    """One cell by one threshold as it was asked for: kept, worse (why), or new: the baseline has no such cell."""

    cell: str
    asked: str
    verdict: Verdict
    why: str = ""


def store_at(place: str, create: bool) -> Store:
    """A store by URL or by the path of its file."""
    return Store.open(place if "://" in place else f"sqlite:///{Path(place).as_posix()}", create=create)


class Baseline:
    """An earlier store and what may not get worse; raises UsageError where there is none, UnknownName for a threshold
    on a metric that is neither registered nor in the store."""

    def __init__(self, place: str, thresholds: tuple[Threshold, ...]) -> None:
        fill()
        try:
            store = store_at(place, create=False)
        except WhybenchError as error:
            raise UsageError(f"--whybench-baseline={place!r}: {error}; --whybench-save=STORE makes one") from error
        try:
            self._known = {seeded_address_of(record): record for record in store.records()}
        finally:
            store.close()
        own = {record.metric for record in self._known.values()}
        for one in thresholds:
            if one.metric not in metrics and one.metric not in own:
                raise UnknownName("metric", one.metric, [*metrics, *own])
        self.place, self.thresholds = place, thresholds

    def compare(self, record: Record) -> list[Comparison]:
        """A cell by every threshold of its metric."""
        s = record.subject
        cell = f"{s.method} by {record.metric} on {s.model} and {s.dataset}"
        then = self._known.get(seeded_address_of(record))
        asked = [one for one in self.thresholds if one.metric == record.metric]
        return [self._judge(cell, one, record, then) for one in asked]

    def _judge(self, cell: str, threshold: Threshold, record: Record, then: Record | None) -> Comparison:
        if then is None or then.status != "ok":
            return Comparison(cell, threshold.asked, "new")
        if then.subject.protocol != record.subject.protocol:
            why = f"protocol {record.subject.protocol}, the baseline's is {then.subject.protocol}: not comparable"
        else:
            why = threshold.broken(by_sample(record), by_sample(then), record.higher_is_better) or ""
        return Comparison(cell, threshold.asked, "worse" if why else "kept", why)
