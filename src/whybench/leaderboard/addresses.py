"""What a cell is asked, by names: its key is something else, which names versions and weights too."""

from dataclasses import dataclass
from typing import NamedTuple

from whybench.errors import shown
from whybench.leaderboard.gathering import method_of, metric_of
from whybench.leaderboard.variants import Variant
from whybench.records import Record


class Place(NamedTuple):
    """A row of the boards: a method on one model and dataset."""

    dataset: str
    model: str
    method: Variant


@dataclass(frozen=True, order=True)
class Address:
    """A method by a metric on one model and dataset."""

    dataset: str
    model: str
    method: Variant
    metric: Variant

    @property
    def place(self) -> Place:
        return Place(self.dataset, self.model, self.method)

    def __str__(self) -> str:
        method, metric = (f"{each.name} {each.parameters}" for each in (self.method, self.metric))
        return shown(f"{method} by {metric} on {self.model}, {self.dataset}")


@dataclass(frozen=True, order=True)
class SeededAddress(Address):
    """An address in a store, which holds cells of several kinds and seeds."""

    kind: str
    seed: int


def address_of(record: Record) -> Address:
    """A record's address."""
    s = record.subject
    return Address(s.dataset, s.model, method_of(s), metric_of(record))


def seeded_address_of(record: Record) -> SeededAddress:
    """A record's address, with its kind and seed."""
    s = record.subject
    return SeededAddress(s.dataset, s.model, method_of(s), metric_of(record), s.kind, s.seed)
