"""The per-sample scores as tidy rows: all that an outside program needs to recompute a board."""

from collections.abc import Iterable
from typing import NamedTuple

from whybench.records import Record


class ScoreRow(NamedTuple):
    """One sample's score in one cell; a cell without scores is one row with an empty sample id and its reason."""

    kind: str
    suite: str
    dataset: str
    model: str
    method: str
    metric: str
    parameters: str
    sample_id: str
    score: float | None
    status: str
    reason: str
    seed: int
    protocol: int


def score_rows(records: Iterable[Record]) -> Iterable[ScoreRow]:
    """The rows of records, samples in the order of their ids."""
    for record in records:
        if record.status != "ok":
            yield _row(record, "", None, record.status, record.reason)
        elif not record.samples:
            yield _row(record, "", None, "undefined", "no samples")
        else:
            for s in sorted(record.samples, key=lambda sample: sample.sample_id):
                yield _row(record, s.sample_id, s.score, s.status, s.reason)


def _row(record: Record, sample_id: str, score: float | None, status: str, reason: str) -> ScoreRow:
    s = record.subject
    address = (s.kind, s.suite, s.dataset, s.model, s.method, record.metric, record.parameters)
    return ScoreRow(*address, sample_id, score, status, reason, s.seed, s.protocol)
