"""What a verification found: checks, and how far each row of the boards was reproduced."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from whybench.leaderboard.addresses import Address, Place

Level = Literal["claimed", "reproduced in part", "reproduced in full", "contradicted"]
SHOWN = 20
"""Problems of one check that are kept; the rest is counted."""


@dataclass(frozen=True)
class Check:
    """One check: how many things were looked at, what is wrong, and what a reader should know."""

    name: str
    checked: int
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Again:
    """A cell that was run again.

    difference: the largest between a published and a new value, over the tolerance's scale; samples: how many are off;
    same: whether key and explanation are the very same; reason: why it is not reproduced, or what else differs.
    reproduced is None where nothing can be said: the map's draws are named by weights, and the weights are others here.
    """

    key: str
    address: Address
    reproduced: bool | None
    difference: float
    samples: int
    same: bool
    reason: str


@dataclass(frozen=True)
class Row:
    """A method on one model and dataset, a row of the boards: how many of its cells were run again with success."""

    dataset: str
    model: str
    method: str
    method_parameters: str
    cells: int
    reproduced: int
    level: Level


@dataclass(frozen=True)
class Verification:
    """What was found of one publication; nonce and tolerance: of the cells that were run again, if any were."""

    manifest: str
    suite: str
    checks: tuple[Check, ...]
    rows: tuple[Row, ...]
    again: tuple[Again, ...] = ()
    nonce: str | None = None
    tolerance: float | None = None

    @property
    def ok(self) -> bool:
        return all(check.ok for check in self.checks)

    @property
    def problems(self) -> list[str]:
        """Everything that is wrong, check by check."""
        return [f"{check.name}: {problem}" for check in self.checks for problem in check.problems]

    def levels(self) -> dict[str, int]:
        """How many rows stand at each level."""
        found = [row.level for row in self.rows]
        return {level: found.count(level) for level in sorted(set(found))}

    def facts(self) -> dict[str, Any]:
        """Everything as JSON."""
        return {
            "schema": "whybench.verification",
            "version": 1,
            "manifest": self.manifest,
            "suite": self.suite,
            "ok": self.ok,
            "nonce": self.nonce,
            "tolerance": self.tolerance,
            "checks": [{**asdict(check), "ok": check.ok} for check in self.checks],
            "levels": self.levels(),
            "again": [{**asdict(one), "address": _written(one.address)} for one in self.again],
            "rows": [asdict(row) for row in self.rows],
        }


def check(name: str, checked: int, problems: Sequence[str], notes: Sequence[str] = ()) -> Check:
    """A check whose problems are cut to what a reader can use."""
    more = [f"and {len(problems) - SHOWN} more"] if len(problems) > SHOWN else []
    return Check(name, checked, (*problems[:SHOWN], *more), tuple(notes))


def rows(addresses: Collection[Address], again: Collection[Again]) -> tuple[Row, ...]:
    """The rows of the boards, in order, with their levels."""
    found = {one.address: one.reproduced for one in again if one.reproduced is not None}
    held: dict[Place, list[Address]] = {}
    for address in sorted(addresses):
        held.setdefault(address.place, []).append(address)
    made = []
    for place, cells in held.items():
        answers = [found[cell] for cell in cells if cell in found]
        named = place.dataset, place.model, place.method.name, place.method.parameters
        made.append(Row(*named, cells=len(cells), reproduced=sum(answers), level=_level(len(cells), answers)))
    return tuple(made)


def _written(address: Address) -> dict[str, str]:
    return {
        "dataset": address.dataset,
        "model": address.model,
        "method": address.method.name,
        "method_parameters": address.method.parameters,
        "metric": address.metric.name,
        "metric_parameters": address.metric.parameters,
    }


def _level(cells: int, answers: Sequence[bool]) -> Level:
    if not all(answers):
        return "contradicted"
    if not answers:
        return "claimed"
    return "reproduced in full" if len(answers) == cells else "reproduced in part"
