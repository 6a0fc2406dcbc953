"""Which cells were planned: as the registered suite has them, or as the publisher lists them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from whybench import registries
from whybench.digests import canonical_json
from whybench.errors import WhybenchError
from whybench.leaderboard.addresses import Address, Place, address_of
from whybench.leaderboard.variants import Variant
from whybench.parameters import parameters
from whybench.records import Record
from whybench.suite import Block, Cell, Suite
from whybench.suite import suite as find_suite


@dataclass(frozen=True)
class Grid:
    """Methods x metrics on one model and dataset."""

    dataset: str
    model: str
    methods: tuple[Variant, ...]
    metrics: tuple[Variant, ...]

    def addresses(self) -> list[Address]:
        """All of its cells."""
        return [Address(self.dataset, self.model, m, x) for m in self.methods for x in self.metrics]


@dataclass(frozen=True)
class Planned:
    """A cell of a suite, with the block that loads its bench."""

    block: Block
    cell: Cell


def grids(records: Iterable[Record]) -> tuple[Grid, ...]:
    """Records as few grids: methods with the same metrics on the same model and dataset stand together."""
    asked: dict[Place, list[Variant]] = {}
    for a in map(address_of, records):
        asked.setdefault(a.place, []).append(a.metric)
    together: dict[tuple[str, str, tuple[Variant, ...]], list[Variant]] = {}
    for (dataset, model, method), found in asked.items():
        together.setdefault((dataset, model, tuple(sorted(found))), []).append(method)
    return tuple(Grid(dataset, model, tuple(sorted(m)), x) for (dataset, model, x), m in together.items())


def registered(name: str) -> Suite | None:
    """The suite that is registered under a bare name; None where there is none, or it needs to be told more."""
    registries.fill()
    if name not in registries.suites:
        return None
    try:
        return find_suite(name)
    except (WhybenchError, TypeError):
        return None


def cells_of(suite: Suite) -> dict[Address, Planned]:
    """A suite's cells by their addresses."""
    found: dict[Address, Planned] = {}
    for block in suite.blocks:
        for cell in block.cells():
            method, metric = (canonical_json(parameters(thing)) for thing in (cell.entry.method, cell.metric))
            named = Variant(cell.entry.label, method), Variant(cell.metric.name, metric)
            found.setdefault(Address(cell.dataset, cell.model, *named), Planned(block, cell))
    return found


def compared(addresses: Sequence[Address], planned: Iterable[Address]) -> list[str]:
    """Cells that are missing, not planned, or there twice."""
    there, wanted = set(addresses), set(planned)
    problems = [f"missing: {address}" for address in sorted(wanted - there)]
    problems += [f"not planned: {address}" for address in sorted(there - wanted)]
    problems += [f"twice: {a}" for a in sorted(there) if addresses.count(a) > 1] if len(there) < len(addresses) else []
    return problems


def written_grid(grid: Grid) -> dict[str, Any]:
    """A grid as JSON."""
    named = {sort: [[v.name, v.values()] for v in getattr(grid, sort)] for sort in ("methods", "metrics")}
    return {"dataset": grid.dataset, "model": grid.model, **named}


def read_grid(found: Mapping[str, Any]) -> Grid:
    """The inverse of `written_grid`."""

    def variants(pairs: Any) -> tuple[Variant, ...]:
        return tuple(Variant(str(name), canonical_json(dict(values))) for name, values in pairs)

    return Grid(str(found["dataset"]), str(found["model"]), variants(found["methods"]), variants(found["metrics"]))
