"""What a report is made from: a suite's board with all that its store holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from whybench.leaderboard import Leaderboard
from whybench.leaderboard.view import View, views
from whybench.report.links import Links, links
from whybench.report.pace import Pace, pace
from whybench.report.provenance import commands
from whybench.store import Store
from whybench.timing import timing_profile


@dataclass(frozen=True, eq=False)
class Origin:
    """Everything that pages are made from; each part is computed once."""

    store: Store
    suite: str
    board: Leaderboard

    @cached_property
    def views(self) -> Sequence[View]:
        """The blocks of the board."""
        return views(self.board)

    @cached_property
    def links(self) -> Links:
        return links(self.views)

    @cached_property
    def timing(self) -> pd.DataFrame:
        """What the run noted of costs."""
        return self.board.timing

    @cached_property
    def profile(self) -> pd.DataFrame:
        """What timing runs measured."""
        return timing_profile(self.store, self.suite)

    @cached_property
    def controls(self) -> frozenset[str]:
        """The bare names of all controls."""
        return frozenset(e.method.name for c in self.board.contests for e in c.entries if e.control)

    @cached_property
    def commands(self) -> list[str]:
        """What remakes the records."""
        return commands(self.board, self.views, self.suite, self.store.boards.asked(self.suite))

    def view(self, dataset: str, model: str) -> View | None:
        """The block of a table's row."""
        return next((v for v in self.views if (v.block.dataset, v.block.model) == (dataset, model)), None)

    def pace(self, view: View) -> Pace:
        """How long explanations take in a block."""
        return pace(view, self.profile)
