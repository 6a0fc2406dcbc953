"""A board as figures need it: block by block, everything under the names that its tables show."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from whybench.leaderboard.board import Leaderboard
from whybench.leaderboard.contest import Block, Contest
from whybench.leaderboard.entry import Entry
from whybench.leaderboard.gathering import block_of, method_of, metric_of
from whybench.leaderboard.names import names
from whybench.leaderboard.variants import Variant
from whybench.records import ExplanationRecord, Record


@dataclass(frozen=True, eq=False)
class View:
    """One block of a board."""

    board: Leaderboard
    block: Block
    method_names: dict[Variant, str]
    metric_names: dict[Variant, str]

    @property
    def title(self) -> str:
        return f"{self.block.model} on {self.block.dataset}"

    @cached_property
    def contests(self) -> list[Contest]:
        return [c for c in self.board.contests if c.block == self.block]

    @cached_property
    def lead(self) -> Contest | None:
        """The first ranked contest: the headline of the first family that has one."""
        return next((c for c in self.contests if c.ranked), None)

    def entries(self, contest: Contest) -> list[Entry]:
        """All entries: those ranked, best first, then the others by name."""
        ranked = {e.method for e in contest.pool}
        rest = [e for e in contest.entries if e.method not in ranked]
        return [*contest.pool, *sorted(rest, key=lambda e: self.method_names[e.method])]

    @cached_property
    def methods(self) -> list[Variant]:
        """All methods and then all controls, in the order of the lead."""
        order = {e.method: i for i, e in enumerate(self.entries(self.lead))} if self.lead else {}
        return sorted(
            self.method_names, key=lambda v: (v in self.controls, order.get(v, len(order)), self.method_names[v])
        )

    @cached_property
    def controls(self) -> frozenset[Variant]:
        """The methods that are controls."""
        return frozenset(e.method for c in self.contests for e in c.entries if e.control)

    def records(self, contest: Contest, method: Variant) -> list[Record]:
        """The cells of one entry, one a seed."""
        return self._cells.get((contest.metric, method), [])

    def explanations(self, method: Variant) -> list[ExplanationRecord]:
        """A method's explanations, one a seed and set of samples."""
        return self._made.get(method, [])

    @cached_property
    def _made(self) -> dict[Variant, list[ExplanationRecord]]:
        made: dict[Variant, list[ExplanationRecord]] = {}
        for record in self.board.explanations:
            if block_of(record.subject) == self.block:
                made.setdefault(method_of(record.subject), []).append(record)
        return made

    @cached_property
    def _cells(self) -> dict[tuple[Variant, Variant], list[Record]]:
        cells: dict[tuple[Variant, Variant], list[Record]] = {}
        for record in self.board.records:
            if block_of(record.subject) == self.block:
                cells.setdefault((metric_of(record), method_of(record.subject)), []).append(record)
        return cells


def views(board: Leaderboard) -> Sequence[View]:
    """The blocks of a board, in its order."""
    methods, metrics = names(board.contests)
    return [
        View(
            board,
            block,
            {variant: name for (where, variant), name in methods.items() if where == block},
            {variant: name for (where, variant), name in metrics.items() if where == block},
        )
        for block in sorted({c.block for c in board.contests})
    ]
