"""A family's table as numbers: a row a method, columns for each metric."""

import pandas as pd

from whybench.leaderboard.standings import standings
from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View

KNOWN = ("status", "mean", "low", "high", "n", "rank", "rank_low", "rank_high", "tie_group")
GAINS = ("gain", "gain_low", "gain_high")
"""What is known of a method under a metric, and under one that is ranked beside a control."""


def wide(view: View, family: str) -> pd.DataFrame:
    """method, control, and for each metric of the family in this block `metric: mean`, `metric: low` and so on.

    Columns that nothing fills are left out. Everything else that is known of a method under a metric is in board.csv.
    """
    rows: dict[str, dict[str, object]] = {}
    for contest in (c for c in view.contests if c.family == family):
        metric = view.metric_names[contest.metric]
        for one in standings([contest]):
            name = view.method_names[Variant(one.method, one.method_parameters)]
            row = rows.setdefault(name, {"method": name, "control": one.control})
            known = (*KNOWN, *GAINS) if contest.gains else KNOWN
            row |= {f"{metric}: {fact}": getattr(one, fact) for fact in known}
    return pd.DataFrame(list(rows.values()), dtype=object).dropna(axis="columns", how="all")
