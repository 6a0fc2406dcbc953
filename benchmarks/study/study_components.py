"""Where the differences between scores come from: models, samples, infills and both sorts of seeds."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from whybench.leaderboard import Leaderboard
from whybench.leaderboard.field import SEED
from whybench.records import Record
from whybench.statistics import Component, variance_components
from whybench.statistics.values import Array

HEADLINE = "srg"
SAMPLE, TRAINING = "sample in model", "training seed in model"


def scores(board: Leaderboard, infills: Sequence[str]) -> pd.DataFrame:
    """The headline's scores of all methods but controls: model, infill, method, seed, sample_id, score."""
    rows = [
        (r.subject.model, r.metric_parameters["infill"], _method(r), r.subject.seed, s.sample_id, s.score)
        for r in board.records
        if r.metric == HEADLINE and r.metric_parameters["infill"] in infills and not r.control and r.status == "ok"
        for s in r.samples
        if s.score is not None
    ]
    return pd.DataFrame(rows, columns=["model", "infill", "method", "run", "sample_id", "score"])


def _method(record: Record) -> str:
    """The same on all models, whatever steps it is given there."""
    composite = record.subject.method_parameters.get("composite")
    return f"{record.subject.method}({composite})" if composite else record.subject.method


def table(frame: pd.DataFrame, factors: Sequence[str]) -> tuple[Array, Mapping[str, int]]:
    """A balanced table of the scores, an axis a factor, and the number of levels of each.

    Samples are the first of each model, as many as the smallest has: the k-th of one is another than that of the next.
    Raises ValueError where a combination is missing or there twice.
    """
    rest = [name for name in frame.columns if name not in ("sample_id", "score")]
    numbered = frame.assign(sample=frame.groupby(rest)["sample_id"].rank("first"))
    few = int(numbered.groupby(rest)["sample"].max().min())
    held = numbered[numbered["sample"] <= few].set_index(list(factors))["score"]
    levels = {factor: held.index.get_level_values(factor).unique().sort_values() for factor in factors}
    index = pd.MultiIndex.from_product(list(levels.values()), names=list(factors))
    if len(index) != len(held) or held.index.has_duplicates:
        raise ValueError(f"{len(held)} scores for {len(index)} combinations of {', '.join(factors)}")
    shape = [len(level) for level in levels.values()]
    return held.reindex(index).to_numpy().reshape(shape), dict(zip(factors, shape, strict=True))


def of_models(board: Leaderboard, infill: str = "mean") -> tuple[tuple[Component, ...], Mapping[str, int]]:
    """method, model, sample in model and their interactions."""
    found, levels = table(scores(board, [infill]), ("method", "model", "sample"))
    return variance_components(found, ("method", "model", "sample"), {"sample": ["model"]}), levels


def of_infills(board: Leaderboard, infills: Sequence[str]) -> tuple[tuple[Component, ...], Mapping[str, int]]:
    """The same with the infill, on models that have all of them."""
    frame = scores(board, infills)
    have = frame.groupby("model")["infill"].nunique() == len(infills)
    whole = frame[frame["model"].map(have)]
    factors = ("method", "model", "sample", "infill")
    found, levels = table(whole, factors)
    return variance_components(found, factors, {"sample": ["model"]}), levels


def of_seeds(board: Leaderboard, infill: str = "mean") -> tuple[tuple[Component, ...], Mapping[str, int]]:
    """Of models trained from several seeds, and of runs with several seeds of the methods' own draws."""
    frame = scores(board, [infill])
    trained = frame["model"].str.extract(r"seed=(\d+)")[0].fillna("0")
    frame = frame.assign(training=trained, model=frame["model"].str.replace(SEED, "", regex=True))
    factors = ("method", "model", "training", "sample", "run")
    found, levels = table(frame, factors)
    within = {"training": ["model"], "sample": ["model"]}
    return variance_components(found, factors, within), levels


def called(factors: Sequence[str], names: Mapping[str, str]) -> str:
    """An interaction in words: a nested factor already says where it lies."""
    inner = {"model"} if {"sample", "training"} & set(factors) else set()
    return " x ".join(names.get(f, f) for f in factors if f not in inner)


NAMES = {"sample": SAMPLE, "training": TRAINING, "run": "seed of the method"}


def shares(components: Sequence[Component]) -> dict[str, tuple[float, float]]:
    """Variance and share of the total by name, largest first."""
    rows = {called(c.factors, NAMES): (c.variance, c.share) for c in components}
    return dict(sorted(rows.items(), key=lambda item: -item[1][1]))


def variance(components: Sequence[Component], *factors: str) -> float:
    """The variance of one component, 0 where its estimate is below."""
    found = next(c for c in components if set(c.factors) == set(factors))
    return float(np.maximum(found.variance, 0.0))
