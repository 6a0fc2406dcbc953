"""Whether metrics put methods in the order of their true regret, and how far readings get that never ask the model."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from whybench.statistics import estimate

CONTROL_READINGS = ("like_control", "complexity", "gini", "effective_complexity")
"""Of these nothing is said by the model: they read the map alone, beside the input at most."""
LEAST = 8
"""Methods that a metric must have scored for an order to count."""


def per_sample(found: Any, truth: Any) -> Any:
    """Kendall's tau-b of each metric with each truth, on every sample, over the methods that are no controls.

    found: scores, more is better; truth: regrets, fewer are better: tau is 1 where both say the same.
    One row a network, infill, criterion, metric and sample; only samples on which both sides tell methods apart.
    """
    wide = found.pivot_table(index=["network", "sample"], columns=["metric", "method"], values="score")
    rows = []
    for (network, infill, of), part in truth.groupby(["network", "infill", "of"]):
        regret = part.pivot_table(index="sample", columns="method", values="regret")
        scored = wide.loc[network]
        for metric in scored.columns.get_level_values(0).unique():
            one = scored[metric]
            methods = [m for m in regret.columns if m in one.columns and one[m].notna().any()]
            if len(methods) < LEAST:
                continue
            left, right = one[methods].reindex(regret.index).to_numpy(), -regret[methods].to_numpy()
            for sample, a, b in zip(regret.index, left, right, strict=True):
                known = np.isfinite(a) & np.isfinite(b)
                if known.sum() >= LEAST and np.ptp(a[known]) > 0 and np.ptp(b[known]) > 0:
                    tau = kendalltau(a[known], b[known]).statistic
                    rows.append((network, infill, of, metric, sample, tau, int(known.sum())))
    return pd.DataFrame(rows, columns=["network", "infill", "of", "metric", "sample", "tau", "methods"])


def of_means(found: Any, truth: Any) -> Any:
    """Kendall's tau-b of the order of the methods' means with that of their mean regrets, one row a world and metric.

    Of methods with a score on every sample.
    """
    rows = []
    samples = truth.groupby("network")["sample"].nunique()
    counted = found.dropna(subset=["score"]).groupby(["network", "metric", "method"]).score.agg(["mean", "count"])
    for (network, infill, of), part in truth.groupby(["network", "infill", "of"]):
        regret = part.groupby("method").regret.mean()
        for metric, scored in counted.loc[network].groupby(level=0):
            whole = scored.droplevel(0)
            whole = whole[whole["count"] == samples[network]]["mean"]
            both = regret.index.intersection(whole.index)
            if len(both) >= LEAST and whole[both].nunique() > 1 and regret[both].nunique() > 1:
                rows.append((network, infill, of, metric, kendalltau(whole[both], -regret[both]).statistic, len(both)))
    return pd.DataFrame(rows, columns=["network", "infill", "of", "metric", "tau", "methods"])


def identical(taus: Any) -> Any:
    """The pairs of truth and metric that are the same number, but for a factor or a bound: tau is 1 on most samples."""
    usual = taus.groupby(["infill", "of", "metric"]).tau.median()
    return set(usual[usual > 1 - 1e-9].index)


def mean_over_truths(orders: Any, taus: Any, criteria: tuple[str, ...]) -> Any:
    """Of each metric the mean tau between orders of means, without truths that are the metric itself."""
    same = identical(taus[taus.of.isin(criteria)])
    kept = orders[orders.of.isin(criteria)]
    other = [k not in same for k in zip(kept.infill, kept.of, kept.metric, strict=True)]
    return kept[other].groupby("metric").tau.mean()


def beyond(taus: Any, criteria: tuple[str, ...]) -> Any:
    """Each metric's mean tau, and what is left of it beyond the best that readings without the model reach.

    Of every sample the mean over networks, infills and criteria, without truths that are the metric itself; the control
    is the reading (with the sign that serves it best) whose mean is largest over the same truths, so that the
    difference is paired. Samples are what intervals are over.
    """
    chosen = taus[taus.of.isin(criteria)]
    same = identical(chosen)
    key = list(zip(chosen.infill, chosen.of, chosen.metric, strict=True))
    chosen = chosen[[k not in same for k in key]]
    wide = chosen.pivot_table(index=["sample", "network", "infill", "of"], columns="metric", values="tau")
    controls = [m for m in wide.columns if m.startswith(CONTROL_READINGS)]
    rows = []
    for metric in wide.columns:
        known = wide[metric].dropna()
        own = known.groupby("sample").mean()
        if len(own) < 2:
            continue
        reached = {}
        for control in controls:
            theirs = wide[control].reindex(known.index).fillna(0.0).groupby("sample").mean()
            reached[control] = theirs * (1 if theirs.mean() >= 0 else -1)
        best = max(reached, key=lambda name: reached[name].mean())
        gain, mean = estimate((own - reached[best]).to_numpy()), estimate(own.to_numpy())
        rows.append(
            {
                "metric": metric,
                "asks the model": metric not in controls,
                "tau": mean.mean,
                "tau_low": mean.low,
                "tau_high": mean.high,
                "best control": best,
                "control tau": reached[best].mean(),
                "beyond": gain.mean,
                "beyond_low": gain.low,
                "beyond_high": gain.high,
                "samples": gain.n,
                "truths": known.reset_index()[["network", "infill", "of"]].drop_duplicates().shape[0],
            }
        )
    return pd.DataFrame(rows).sort_values("tau", ascending=False).reset_index(drop=True)
