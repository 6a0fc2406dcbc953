"""A cell as it is compared: named by what it is, whatever version computed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from whybench.leaderboard.addresses import SeededAddress, seeded_address_of
from whybench.records import Record, SampleScore, Status


@dataclass(frozen=True, eq=False)
class ScoredCell:
    """One cell of one side.

    samples: by id; higher_is_better: None where nobody says; dtype: of the inputs, None where nobody says; trivial:
    the metric is not ranked.
    """

    address: SeededAddress
    status: Status
    reason: str
    samples: Mapping[str, SampleScore]
    higher_is_better: bool | None
    trivial: bool
    dtype: str | None
    protocol: int


def scored_cell(record: Record, dtype: str | None) -> ScoredCell:
    """A store's record as it is compared."""
    return ScoredCell(
        address=seeded_address_of(record),
        status=record.status,
        reason=record.reason,
        samples={sample.sample_id: sample for sample in record.samples},
        higher_is_better=record.higher_is_better,
        trivial=record.trivial,
        dtype=dtype,
        protocol=record.subject.protocol,
    )


def changed_facts(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The facts that differ, `name: old -> new`, a dash for what is not there.

    >>> changed_facts({"cores": 2, "system": "Linux"}, {"cores": 4, "system": "Linux"})
    ['cores: 2 -> 4']
    """
    names = sorted({*before, *after})
    return [f"{n}: {before.get(n, '-')} -> {after.get(n, '-')}" for n in names if before.get(n) != after.get(n)]
