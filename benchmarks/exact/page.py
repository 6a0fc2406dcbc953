"""The page of results/exact_worlds: tables of regrets, of sizes and of how far metrics can be trusted, and words."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from whybench.statistics import estimate

AREAS = ("deletion", "insertion", "srg")
SIZES = ("ssr", "sdr")
ORACLES = ("best_order", "exact_shapley")


def table(frame: Any) -> str:
    """A frame in Markdown; numbers to three places."""
    head = [str(column) for column in frame.columns]
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    for row in frame.itertuples(index=False):
        lines.append(" | ".join(_shown(value) for value in row))
    return "\n".join(f"| {line} |" for line in lines)


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return "" if pd.isna(value) else f"{value:.3f}"
    return f"`{value}`" if isinstance(value, str) and ("(" in value or "_" in value) else str(value)


def worlds(regrets: Any, facts: Any) -> Any:
    """One row a network and infill: areas under deletion, and how much regions do together."""
    rows = []
    for (network, infill), part in regrets[regrets.of == "deletion"].groupby(["network", "infill"], sort=False):
        mean = part.groupby("method").own.mean()
        real = mean[[m for m in mean.index if not _control(part, m) and not m.startswith(ORACLES)]]
        fact = facts[(facts.network == network) & (facts.infill == infill)]
        best = part.drop_duplicates("sample")
        rows.append(
            {
                "network": network,
                "infill": infill,
                "samples": part["sample"].nunique(),
                "best order": best.best.mean(),
                "Shapley order": (fact.best_deletion + fact.shapley_deletion).mean(),
                "best method": real.min(),
                "which": real.idxmin(),
                "input x gradient": mean["input_x_gradient"],
                "random": mean["random"],
                "worst order": best.worst.mean(),
                "interaction": fact.score.mean(),
            }
        )
    return pd.DataFrame(rows)


def sizes(regrets: Any) -> Any:
    """One row a network, infill and size: the exact one, and what methods find."""
    rows = []
    for (network, infill, of), part in regrets[regrets.of.isin(SIZES)].groupby(["network", "infill", "of"], sort=False):
        mean = part.groupby("method").own.mean()
        real = mean[[m for m in mean.index if not _control(part, m) and not m.startswith(ORACLES)]]
        chosen = part[part.method == real.idxmin()]
        rows.append(
            {
                "network": network,
                "infill": infill,
                "size": of,
                "exact": part.drop_duplicates("sample").best.mean(),
                "best method": real.min(),
                "which": real.idxmin(),
                "exact in": f"{(chosen.regret < 1e-12).mean():.0%}",
                "median method": real.median(),
                "input x gradient": mean["input_x_gradient"],
                "random": mean["random"],
            }
        )
    return pd.DataFrame(rows)


def by_method(regrets: Any) -> Any:
    """One row a method: regret as a share of what lies between the best and the worst order, mean over networks.

    `ahead`: of how many of the worlds' criteria (infill x area) it is ahead of every control: the interval of the
    paired difference to each, over samples, lies above 0.
    """
    areas = regrets[regrets.of.isin(AREAS)]
    worlds = areas.groupby(["infill", "of"])
    wide = areas.pivot_table(index=["infill", "of", "sample"], columns="method", values="normalised")
    raw = areas.pivot_table(index=["infill", "of", "sample"], columns="method", values="regret")
    everywhere = areas.groupby("method").network.nunique()
    controls = sorted(areas[areas.control].method.unique())
    rows: list[dict[str, Any]] = []
    for method in wide.columns:
        if everywhere[method] < areas.network.nunique():
            continue
        row: dict[str, Any] = {"method": method, "control": method in controls}
        ahead = 0
        for world, _ in worlds:
            row[" ".join(world)] = wide.loc[world][method].mean()
            gaps = [(raw.loc[world][c] - raw.loc[world][method]).dropna().to_numpy() for c in controls if c != method]
            lows = [estimate(gap).low for gap in gaps if len(gap) > 1]
            ahead += bool(lows) and all(low is not None and low > 0 for low in lows)
        every = wide[method].dropna().groupby("sample").mean()
        spread = estimate(every.to_numpy())
        row |= {"mean": spread.mean, "low": spread.low, "high": spread.high, "ahead": f"{ahead}/{len(worlds)}"}
        rows.append(row)
    return pd.DataFrame(rows).sort_values("mean").reset_index(drop=True)


def places_of_oracles(scores: Any) -> Any:
    """One row a metric: the place, by mean score, that it gives to the oracles among all methods, where they are."""
    with_oracles = scores[scores.method.str.startswith(ORACLES)].network.unique()
    part = scores[scores.network.isin(with_oracles[:1])]
    count = part.groupby(["metric", "method"]).score.agg(["mean", "count"]).reset_index()
    rows = []
    for metric, scored in count.groupby("metric"):
        whole = scored[scored["count"] == part["sample"].nunique()].set_index("method")["mean"]
        found = {o: next((m for m in whole.index if m.startswith(o)), None) for o in ORACLES}
        if not all(found.values()):
            continue
        rank = whole.rank(ascending=False, method="min")
        rows.append({"metric": metric, **{o: int(rank[m]) for o, m in found.items()}, "of": len(whole)})
    frame = pd.DataFrame(rows, columns=["metric", *ORACLES, "of"])
    return frame.sort_values(["best_order", "metric"]).reset_index(drop=True)


def _control(part: Any, method: str) -> bool:
    return bool(part[part.method == method].control.iloc[0])


def compact(frame: Any, interval: Sequence[str]) -> Any:
    """Intervals in one column each, as `low to high`."""
    frame = frame.copy()
    for name in interval:
        low, high = (
            f"{name}_low" if f"{name}_low" in frame else "low",
            f"{name}_high" if f"{name}_high" in frame else "high",
        )
        shown = [f"{a:.3f} to {b:.3f}" for a, b in zip(frame[low], frame[high], strict=True)]
        frame.insert(list(frame.columns).index(name) + 1, f"{name}: 95 %", shown)
        frame = frame.drop(columns=[low, high])
    return frame
