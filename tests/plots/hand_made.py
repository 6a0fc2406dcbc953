"""Boards made by hand: two models, two families, curves, a control, a metric under two specifications."""

import numpy as np

from whybench.leaderboard import Leaderboard
from whybench.passes import Passes
from whybench.records import Cost, CurveArrays, ExplanationRecord, Record, SampleScore, Subject

LEVELS = {"lrp": 0.9, "gradient": 0.5, "occlusion": 0.7, "random": 0.0}
"""The mean score of each method by the first metric."""
METRICS = {"srg": "faithfulness", "sdr": "faithfulness", "max_sensitivity": "robustness"}
SAMPLES = 8


def subject(method: str, model: str) -> Subject:
    return Subject("attribution", "hand", "digits", model, method, {})


def cell(method: str, model: str, metric: str, scores: list[float], **parameters: object) -> Record:
    x = np.tile([0.0, 0.5, 1.0], (SAMPLES, 1))
    curves = CurveArrays(x, 1 - x * np.array(scores)[:, None], "fraction removed", "probability")
    return Record(
        key=f"{method}/{model}/{metric}/{sorted(parameters.items())}",
        subject=subject(method, model),
        metric=metric,
        metric_parameters=dict(parameters),
        family=METRICS[metric],
        higher_is_better=metric != "max_sensitivity",
        trivial=False,
        control=method == "random",
        leak=False,
        status="ok",
        reason="",
        samples=tuple(SampleScore(f"s{i}", value) for i, value in enumerate(scores)),
        curves=curves if metric != "max_sensitivity" else None,
        headline=metric != "sdr",
        own=Cost(10 * SAMPLES, 0, 0.1, 0.1, None),
        needed=Passes(5 * SAMPLES, 0),
    )


def explanation(method: str, model: str) -> ExplanationRecord:
    ids = tuple(f"s{i}" for i in range(SAMPLES))
    seconds = 0.001 * (1 + list(LEVELS).index(method)) * SAMPLES
    cost = Cost(SAMPLES, SAMPLES, seconds, seconds, None)
    return ExplanationRecord(
        f"{method}/{model}", subject(method, model), "ok", "", "d", ids, cost, 0.001, control=False
    )


def board(models: tuple[str, ...] = ("cnn", "mlp")) -> Leaderboard:
    """Scores rise with LEVELS and differ from sample to sample; `sdr` is there with two infills."""
    draws = np.random.default_rng(0)
    records = []
    for model in models:
        for method, level in LEVELS.items():
            noise = 0.02 * draws.standard_normal(SAMPLES)
            records.append(cell(method, model, "srg", (level + noise).tolist()))
            records.append(cell(method, model, "sdr", (level - noise**2).tolist(), infill="mean"))
            turned = 0.6 if method == "lrp" else level
            records.append(cell(method, model, "sdr", (turned + noise**3).tolist(), infill="blur"))
            records.append(cell(method, model, "max_sensitivity", (level + 0.1 + np.abs(noise)).tolist()))
    return Leaderboard(records, [explanation(method, model) for model in models for method in LEVELS])
