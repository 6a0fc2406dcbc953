"""From the records of benchmarks/metric_validity.py to numbers: one table a question."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from validity_stages import CONTROLS, FEW, NOTHING, REAL, TRIVIAL, asked

from whybench.statistics import estimate
from whybench.validity import (
    Judged,
    agreement,
    inter_consistency,
    inter_reactivity,
    intra_consistency,
    only,
)
from whybench.validity.agreement import FEWEST_METHODS, common, tau

FREE = (*(name for name in NOTHING if name != "chance"), "gini", "complexity")
"""Criteria that ask the model nothing."""
POOLS: Mapping[str, Sequence[str]] = {"methods": REAL, "methods and controls": REAL + CONTROLS}


def worlds(table: pd.DataFrame) -> Iterator[Judged]:
    """The records of one stage as one `Judged` a world."""
    better = {name: metric.higher_is_better for name, metric in asked(costly=True).items()}
    for world, rows in table.groupby("world", sort=False):
        methods, ids = rows["method"].unique(), rows["sample_id"].unique()
        known = {
            str(name): part["score"].to_numpy().reshape(len(methods), len(ids))  # in the order in which they were made
            for name, part in rows.groupby("metric", sort=False)
        }
        scores = {name: values for name, values in known.items() if name in better}
        errors = {name.removeprefix("error/"): values for name, values in known.items() if name not in better}
        yield Judged(str(world), tuple(map(str, methods)), scores, errors, better)


def taus(table: pd.DataFrame) -> pd.DataFrame:
    """Kendall's tau-b of every metric on every world, by distance and pool of methods."""
    found = []
    for judged in worlds(table):
        for pool, names in POOLS.items():
            some = only(judged, names)
            for metric in some.scores:
                for distance in some.errors if pool == "methods" else ("misplaced",):
                    one = agreement(some, metric, distance)
                    facts = {"tau": one.tau, "methods": one.methods, "samples": one.samples}
                    found.append({"world": one.world, "metric": metric, "distance": distance, "pool": pool, **facts})
    return pd.DataFrame(found)


def summed(found: pd.DataFrame, distance: str = "misplaced", pool: str = "methods") -> pd.DataFrame:
    """The mean tau of each metric with its interval over worlds, and on how many of them it has one."""
    chosen = found[(found["distance"] == distance) & (found["pool"] == pool)]
    made = {}
    for metric, rows in chosen.groupby("metric", sort=False):
        known = rows["tau"].dropna().astype(float).tolist()
        mean = estimate(known) if known else None
        made[metric] = {
            "tau": np.nan if mean is None else mean.mean,
            "low": np.nan if mean is None or mean.low is None else mean.low,
            "high": np.nan if mean is None or mean.high is None else mean.high,
            "worlds": len(known),
            "of": len(rows),
        }
    return pd.DataFrame.from_dict(made, orient="index")


def beyond(found: pd.DataFrame, distance: str = "misplaced", pool: str = "methods") -> pd.DataFrame:
    """Each metric's tau less that of the best criterion that asks nothing, paired by world.

    The best one has the largest mean tau over all worlds: one criterion, not the best of each world.
    """
    chosen = found[(found["distance"] == distance) & (found["pool"] == pool)]
    wide = chosen.pivot(index="world", columns="metric", values="tau").astype(float)
    free = str(wide[list(FREE)].mean().idxmax())
    made = {}
    for metric in wide:
        gain = (wide[metric] - wide[free]).dropna().tolist()
        if len(gain) > 1 and metric not in FREE:
            mean = estimate(gain)
            made[metric] = {"free": free, "gain": mean.mean, "low": mean.low, "high": mean.high, "worlds": len(gain)}
    return pd.DataFrame.from_dict(made, orient="index")


def noise(table: pd.DataFrame) -> pd.DataFrame:
    """Intra- and inter-consistency of each metric by kind of noise: means over networks, draws and methods."""
    better = {name: metric.higher_is_better for name, metric in asked(costly=False).items()}
    found = []
    scored = table[table["metric"].isin(list(better))]
    for (world, metric), rows in scored.groupby(["world", "metric"], sort=False):
        wide = rows.pivot(index=["noise", "drawn", "method"], columns="sample_id", values="score")
        clean = wide.loc[("none", 0)].reindex(list(FEW))
        for kind, draw in wide.index.droplevel("method").unique():
            if kind == "none":
                continue
            before, after = _paired(clean, wide.loc[(kind, draw)].reindex(list(FEW)))
            disruptive = "disruptive" in kind
            intra = [intra_consistency(a, b, disruptive) for a, b in zip(before, after, strict=True)]
            higher = better[str(metric)]
            inter = inter_reactivity(before, after, higher) if disruptive else inter_consistency(before, after)
            facts = {"intra": _mean(intra), "inter": np.nan if inter is None else inter, "samples": before.shape[1]}
            found.append({"world": world, "metric": metric, "noise": kind, "drawn": draw, **facts})
    return pd.DataFrame(found)


def _paired(clean: pd.DataFrame, other: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Scores before and after, of the methods and samples that have both."""
    before, after = clean.to_numpy(), other.reindex(columns=clean.columns).to_numpy()
    kept, samples = common(before, after)
    return before[kept][:, samples], after[kept][:, samples]


def _mean(values: Sequence[float | None]) -> float:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else np.nan


def seeds(first: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame:
    """Tau-b between the orders of methods under two seeds, for every network, metric and pair of seeds."""
    own = first[first["world"].isin(others["world"].unique()) & first["method"].isin(REAL)].assign(drawn=0)
    table = pd.concat([own, others], ignore_index=True)
    better = asked(costly=False)
    found = []
    for (world, metric), rows in table[table["metric"].isin(list(better))].groupby(["world", "metric"], sort=False):
        by_seed = {
            drawn: part.pivot(index="method", columns="sample_id", values="score").reindex(list(REAL)).to_numpy()
            for drawn, part in rows.groupby("drawn")
        }
        for one, other in combinations(by_seed, 2):
            kept, samples = common(by_seed[one], by_seed[other])
            if kept.sum() >= FEWEST_METHODS and samples.any():
                means = [by_seed[seed][kept][:, samples].mean(1) for seed in (one, other)]
                found.append({"world": world, "metric": metric, "seeds": f"{one}, {other}", "tau": tau(*means)})
    return pd.DataFrame(found)


def trivial(metric: str) -> bool:
    """Whether maps that know nothing win this metric by definition."""
    return metric in TRIVIAL
