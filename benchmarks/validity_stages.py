"""What benchmarks/metric_validity.py computes: every stage as tasks that may run in any order and process."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from whybench.protocols import Method, Metric
from whybench.registries import fill, methods, metrics
from whybench.resolver import resolve
from whybench.validity import (
    DESIGNS,
    Chance,
    Judged,
    Noise,
    Resemblance,
    World,
    judge,
    perturbed,
    planted_world,
    red_team,
    shortcut_world,
    use,
)

REAL = (
    "gradient",
    "sensitivity",
    "input_x_gradient",
    "integrated_gradients(steps=16)",
    "smooth_grad(samples=10)",
    "var_grad(samples=10)",
    "guided_backprop",
    "deconvnet",
    "grad_cam",
    "layer_cam",
    "lrp(composite='epsilon_plus')",
    "lrp(composite='epsilon_gamma_box')",
    "lrp(composite='epsilon_alpha2_beta1_flat')",
    "excitation_backprop",
    "deep_lift",
    "occlusion(baseline='mean')",
    "expected_gradients(samples=16)",
    "deep_shap(background=10)",
    "shapley_sampling(permutations=2)",
    "lime(samples=128)",
)
CONTROLS = ("random", "constant", "sobel_edges", "centre", "input_difference")
FEW = tuple(REAL[k] for k in (0, 2, 3, 6, 8, 10, 15, 16))
"""Where every method is asked dozens of times."""

FAITHFULNESS = (
    "srg(steps=10)",
    "pixel_flipping",
    "pixel_flipping(infill='zero')",
    "insertion",
    "naopc",
    "road",
    "irof",
    "faithfulness_correlation",
    "faithfulness_estimate",
    "infidelity",
    "monotonicity_correlation",
    "sensitivity_n",
    "sufficiency",
    "average_gain",
)
REGIONS = ("ssr", "sdr", "saliency_metric")
LOCALISATION = (
    "relevance_mass",
    "rank_accuracy",
    "roc_auc",
    "pointing_game(tolerance=0)",
    "outside_inside_ratio",
    "top_k_intersection",
)
SANITY = ("efficient_mprt(seeds=2)",)
TRIVIAL = (
    "average_drop",
    "average_increase",
    "monotonicity",
    "mprt(blocks=1, seeds=1)",
    "random_logit",
    "input_invariance",
    "sensitivity_max(draws=2)",
    "local_lipschitz(draws=2)",
    "relative_input_stability(draws=2)",
    "non_sensitivity",
    "gini",
    "complexity",
)
"""Metrics that a map which knows nothing wins by definition; the board does not rank by them."""
NOTHING: Mapping[str, Metric[Any]] = {
    "chance": Chance(),
    "like |x - mean|": Resemblance("input_difference"),
    "like sobel_edges": Resemblance("sobel_edges"),
    "like centre": Resemblance("centre"),
}
"""Criteria that ask the model nothing, beside gini and complexity."""
JUDGED = FAITHFULNESS + REGIONS + LOCALISATION + SANITY
COSTLY = (
    "naopc",
    "irof",
    "efficient_mprt(seeds=2)",
    "mprt(blocks=1, seeds=1)",
    "random_logit",
    "input_invariance",
    "sensitivity_max(draws=2)",
)
"""They take more passes than all others together, and are asked on every third network."""
CHEAP = tuple(name for name in JUDGED + TRIVIAL if name not in COSTLY)

STRENGTHS, SEEDS, COSTLY_SEEDS = (0.0, 0.5, 0.8, 0.95, 0.99, 1.0), 9, 3
SAMPLES, TEAM_SAMPLES = 12, 20
FEW_STRENGTHS = (0.0, 0.8, 0.99, 1.0)
PLANTED_SEEDS = 3
NOISES = (
    Noise("inputs", 0.001, False),
    Noise("weights", 0.001, False),
    Noise("inputs", 1.0, True),
    Noise("weights", 2.0, True),
)
DRAWS = 2
OTHER_SEEDS = (1, 2)
DRAWN, ROUNDS, BROOD = 48, 2, 8
"""What the red team tries: mixtures for all metrics, then rounds of steps for each."""


@dataclass(frozen=True)
class Task:
    """One world in one stage."""

    stage: str
    where: tuple[Any, ...]

    @property
    def name(self) -> str:
        return "-".join(map(str, (self.stage, *self.where))).replace(".", "_")


def tasks() -> Iterator[Task]:
    """Everything, the longest first."""
    yield from (Task("red_team", (strength, 0)) for strength in FEW_STRENGTHS)
    yield from (Task("noise", (strength, 0)) for strength in FEW_STRENGTHS)
    yield from (Task("seeds", (strength, 0, seed)) for strength in FEW_STRENGTHS for seed in OTHER_SEEDS)
    yield from (Task("shortcut", (strength, seed)) for seed in range(SEEDS) for strength in STRENGTHS)
    yield from (Task("planted", (design, seed)) for seed in range(PLANTED_SEEDS) for design in DESIGNS)


def done(task: Task) -> dict[str, pd.DataFrame]:
    """The records of one task, by table."""
    torch.set_num_threads(1)
    fill()
    return STAGES[task.stage](*task.where)


def chosen(names: tuple[str, ...]) -> dict[str, Method[Any]]:
    return {name: resolve(methods, name) for name in names}


def judges(names: tuple[str, ...]) -> dict[str, Metric[Any]]:
    return {name: resolve(metrics, name) for name in names}


def asked(costly: bool) -> dict[str, Metric[Any]]:
    return {**judges(JUDGED + TRIVIAL if costly else CHEAP), **NOTHING}


def shortcut(strength: float, seed: int) -> dict[str, pd.DataFrame]:
    world = shortcut_world(strength, seed, SAMPLES)
    right = float((world.targets == world.labels).double().mean())
    facts = {"world": world.name, "strength": strength, "seed": seed, "right": right, **vars(use(world))}
    judged = judge(world, chosen(REAL + CONTROLS), asked(seed < COSTLY_SEEDS))
    return {"networks": pd.DataFrame([facts]), "shortcut": rows(judged, world), "absent": absent(judged)}


def planted(design: str, seed: int) -> dict[str, pd.DataFrame]:
    world = planted_world(design, seed, SAMPLES)
    judged = judge(world, chosen(REAL + CONTROLS), asked(costly=True))
    return {"planted": rows(judged, world), "absent": absent(judged)}


def seeds(strength: float, network: int, seed: int) -> dict[str, pd.DataFrame]:
    world = shortcut_world(strength, network, SAMPLES)
    return {"seeds": rows(judge(world, chosen(REAL), asked(costly=False), seed), world, drawn=seed)}


def noise(strength: float, seed: int) -> dict[str, pd.DataFrame]:
    """Clean scores, and those under every draw of noise for the samples that count."""
    world, few, by = shortcut_world(strength, seed, SAMPLES), chosen(FEW), asked(costly=False)
    found = [rows(judge(world, few, by), world, noise="none", drawn=0)]
    for kind in NOISES:
        for draw in range(DRAWS):
            other, counts = perturbed(world, kind, draw)
            name = f"{kind.on}, {'disruptive' if kind.disruptive else 'minor'}"
            table = rows(judge(other, few, by), world, noise=name, drawn=draw)
            kept = {i for i, counted in zip(world.ids, counts.tolist(), strict=True) if counted}
            found.append(table[table["sample_id"].isin(kept)])
    return {"noise": pd.concat(found)}


def team(strength: float, seed: int) -> dict[str, pd.DataFrame]:
    world = shortcut_world(strength, seed, TEAM_SAMPLES)
    contests = red_team(
        world, chosen(REAL), judges(tuple(name for name in JUDGED if name not in COSTLY)), DRAWN, ROUNDS, BROOD
    )
    table = [
        {
            "world": c.world,
            "metric": c.metric,
            "method": c.method,
            "won": c.won,
            "gain": np.nan if c.gain is None else c.gain.mean,
            "low": np.nan if c.gain is None or c.gain.low is None else c.gain.low,
            "high": np.nan if c.gain is None or c.gain.high is None else c.gain.high,
            "tried": c.tried,
            **vars(c.found),
        }
        for c in contests
    ]
    return {"red_team": pd.DataFrame(table)}


STAGES: Mapping[str, Callable[..., dict[str, pd.DataFrame]]] = {
    "shortcut": shortcut,
    "planted": planted,
    "seeds": seeds,
    "noise": noise,
    "red_team": team,
}


def rows(judged: Judged, world: World, **facts: Any) -> pd.DataFrame:
    """One row a (method, metric, sample); true errors are metrics named `error/...`."""
    tables = {**judged.scores, **{f"error/{name}": values for name, values in judged.errors.items()}}
    parts = []
    for name, values in tables.items():
        count, n = values.shape
        part = {
            "world": judged.world,
            "method": np.repeat(judged.methods, n),
            "metric": name,
            "sample_id": np.tile(world.ids, count),
            "score": values.flatten(),
        }
        parts.append(pd.DataFrame({**part, **facts}))
    return pd.concat(parts, ignore_index=True)


def absent(judged: Judged) -> pd.DataFrame:
    """Why there is no score."""
    found = [(judged.world, method, metric, reason) for (method, metric), reason in judged.reasons.items()]
    return pd.DataFrame(found, columns=["world", "method", "metric", "reason"])
