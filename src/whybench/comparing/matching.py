"""Which cell of one side is which of the other."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from whybench.comparing.cells import ScoredCell
from whybench.errors import BadInput, NothingSelected
from whybench.leaderboard.addresses import SeededAddress
from whybench.leaderboard.variants import Variant

SHOWN = 3
"""Values of a fact that a message names."""


class Pair(NamedTuple):
    """The same cell on both sides, or one that a side lacks; note: how its parameters differ, where they do."""

    before: ScoredCell | None
    after: ScoredCell | None
    note: str = ""

    @property
    def address(self) -> SeededAddress:
        """What the cell is, in the words of the first side that has it."""
        known = self.before or self.after
        assert known is not None
        return known.address


def matched(before: Sequence[ScoredCell], after: Sequence[ScoredCell]) -> list[Pair]:
    """The cells of both sides, each once, in the order of the first side.

    Cells are matched by their address; of those that are left, by an address of which one side says parameters that
    the other does not know yet (a new one of a later version, say), where that is one cell on either side.

    Raises BadInput where a side holds a cell twice, NothingSelected where no cell is on both sides.
    """
    first, second = _by_address(before, "A"), _by_address(after, "B")
    exact = {address: Pair(first[address], second[address]) for address in first if address in second}
    left = [cell for address, cell in first.items() if address not in second]
    right = [cell for address, cell in second.items() if address not in first]
    pairs = exact | {pair.address: pair for pair in _extended(left, right)}
    if not pairs:
        raise NothingSelected(f"no cell in common: {_apart(list(first), list(second))}")
    taken = {pair.after.address for pair in pairs.values() if pair.after is not None}
    both = [pairs.get(address) or Pair(cell, None) for address, cell in first.items()]
    return both + [Pair(None, cell) for address, cell in second.items() if address not in taken]


def _by_address(cells: Iterable[ScoredCell], side: str) -> dict[SeededAddress, ScoredCell]:
    found: dict[SeededAddress, ScoredCell] = {}
    for cell in cells:
        if cell.address in found:
            a = cell.address
            raise BadInput(
                f"{side} holds {a.method.name} x {a.metric.name} on {a.dataset}, {a.model}, seed {a.seed} twice; name "
                "one suite with --suite"
            )
        found[cell.address] = cell
    return found


def _extended(left: Sequence[ScoredCell], right: Sequence[ScoredCell]) -> list[Pair]:
    candidates: dict[tuple[Any, ...], list[ScoredCell]] = {}
    for cell in right:
        candidates.setdefault(_bare(cell.address), []).append(cell)
    possible = [(a, b) for a in left for b in candidates.get(_bare(a.address), ()) if _extends(a.address, b.address)]
    times_a, times_b = Counter(a.address for a, _ in possible), Counter(b.address for _, b in possible)
    return [
        Pair(a, b, _said(a.address, b.address))
        for a, b in possible
        if times_a[a.address] == 1 and times_b[b.address] == 1
    ]


def _bare(a: SeededAddress) -> tuple[Any, ...]:
    return a.kind, a.dataset, a.model, a.method.name, a.metric.name, a.seed


def _extends(a: SeededAddress, b: SeededAddress) -> bool:
    return _compatible(a.method, b.method) and _compatible(a.metric, b.metric)


def _compatible(a: Variant, b: Variant) -> bool:
    """Whether one's parameters are the other's and more."""
    first, second = a.values(), b.values()
    nested = first.keys() <= second.keys() or second.keys() <= first.keys()
    return nested and all(first[name] == second[name] for name in first.keys() & second.keys())


def _said(a: SeededAddress, b: SeededAddress) -> str:
    parts = []
    for one, other in ((a.method, b.method), (a.metric, b.metric)):
        old, new = one.values(), other.values()
        parts += [f"B adds {one.name}'s parameter {_written(new, name)}" for name in sorted(new.keys() - old.keys())]
        parts += [f"B lacks {one.name}'s parameter {_written(old, name)}" for name in sorted(old.keys() - new.keys())]
    return "; ".join(parts)


def _written(values: Mapping[str, Any], name: str) -> str:
    return f"{name}={values[name]!r}"


def _apart(a: Sequence[SeededAddress], b: Sequence[SeededAddress]) -> str:
    """Where two sides differ: the first facts of which they share no value."""
    if not a or not b:
        empty = " and ".join(side for side, cells in (("A", a), ("B", b)) if not cells)
        return f"{empty} hold{'s' if len(empty) == 1 else ''} no cells; run a suite there first"
    facts = {
        "datasets": ({x.dataset for x in a}, {x.dataset for x in b}),
        "models": ({x.model for x in a}, {x.model for x in b}),
        "methods": ({x.method.name for x in a}, {x.method.name for x in b}),
        "metrics": ({x.metric.name for x in a}, {x.metric.name for x in b}),
        "seeds": ({str(x.seed) for x in a}, {str(x.seed) for x in b}),
    }
    said = [f"{n} {_few(x)} in A, {_few(y)} in B" for n, (x, y) in facts.items() if not x & y]
    return f"{'; '.join(said) or 'the parameters differ'}; run both alike, or name another side"


def _few(values: set[str]) -> str:
    shown = sorted(values)
    return ", ".join(shown[:SHOWN]) + (f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else "")
