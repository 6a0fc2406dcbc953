"""The best map that knows nothing of the model, for a given metric: searched on some samples, judged on others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from whybench.protocols import Method, Metric, Truth
from whybench.statistics.intervals import Estimate, estimate
from whybench.statistics.values import Array
from whybench.validity.agreement import often
from whybench.validity.judging import judge
from whybench.validity.model_free import ModelFree
from whybench.validity.world import World

WEIGHTS = 8
"""How many of a map's numbers are weights of pictures; the others are shapes."""
PLAIN = np.array([0.5, 0.5, 0.25, 0.0, 1.0])
SPREAD = np.array([*[0.5] * WEIGHTS, 0.2, 0.2, 0.15, 0.3, 0.5])


@dataclass(frozen=True)
class Contest:
    """A map found by the search against the best real method, both chosen on the first half of the samples.

    gain: the map's score less the method's on the other half, in the metric's units and turned so that above 0 the map
    wins; None where they have fewer than two samples in common. found, method: which they are; tried: maps that the
    search has scored.
    """

    world: str
    metric: str
    found: ModelFree
    method: str
    gain: Estimate | None
    tried: int

    @property
    def won(self) -> bool:
        """Whether the map that knows nothing is at least as good in the mean."""
        return self.gain is not None and self.gain.mean >= 0


def candidates(count: int, seed: int = 0) -> list[ModelFree]:
    """Every picture by itself, as it is and reversed, and `count` drawn mixtures of a few of them."""
    drawn = np.random.default_rng(seed)
    vectors = [np.concatenate([sign * row, PLAIN]) for row in np.eye(WEIGHTS) for sign in (1, -1)]
    for _ in range(count):
        weights = drawn.normal(size=WEIGHTS) * (drawn.random(WEIGHTS) < 0.4)
        shape = [*drawn.uniform(0, 1, 2), drawn.uniform(0.05, 0.6), drawn.choice([0, drawn.random()]), 1.0]
        vectors.append(np.concatenate([weights, shape]))
    return [ModelFree.from_vector(vector) for vector in vectors]


def red_team(
    world: World,
    methods: Mapping[str, Method[Any]],
    metrics: Mapping[str, Metric[Any]],
    drawn: int = 48,
    rounds: int = 2,
    brood: int = 8,
    seed: int = 0,
) -> list[Contest]:
    """For each metric the best model-free map that is found, against the best of the methods.

    On every second sample all candidates are scored by all metrics; from the best of them each metric's own search
    goes on, (1 + brood) at a time with steps that halve every round. Where nothing has a score, a metric is left out.
    """
    first, second = (part(world, list(range(start, len(world.ids), 2))) for start in (0, 1))
    pool = {f"map {k}": found for k, found in enumerate(candidates(drawn, seed))}
    scored = judge(first, {**pool, **methods}, metrics, seed)
    contests = []
    for name, metric in metrics.items():
        means = standing(scored.scores[name], metric.higher_is_better)
        maps, real = means[: len(pool)], means[len(pool) :]
        if not (np.isfinite(maps).any() and np.isfinite(real).any()):
            continue
        start = pool[f"map {int(maps.argmax())}"]
        found = climb(first, start, float(maps.max()), name, metric, rounds, brood, seed)
        method = list(methods)[int(real.argmax())]
        both = judge(second, {"found": found, method: methods[method]}, {name: metric}, seed).scores[name]
        known = np.isfinite(both).all(0)
        gain = (both[0] - both[1])[known] * (1 if metric.higher_is_better else -1)
        tried = len(pool) + rounds * brood
        contests.append(
            Contest(world.name, name, found, method, estimate(list(gain)) if known.sum() > 1 else None, tried)
        )
    return contests


def climb(
    world: World, start: ModelFree, best: float, name: str, metric: Metric[Any], rounds: int, brood: int, seed: int
) -> ModelFree:
    """Steps around the best map so far; a step that is better is taken."""
    drawn = np.random.default_rng([seed, 1])
    found = start
    for turn in range(rounds):
        steps = drawn.normal(size=(brood, len(SPREAD))) * SPREAD / 2**turn
        tried = {str(k): ModelFree.from_vector(found.vector() + step) for k, step in enumerate(steps)}
        means = standing(judge(world, tried, {name: metric}, seed).scores[name], metric.higher_is_better)
        if means.max() > best:
            best, found = float(means.max()), tried[str(int(means.argmax()))]
    return found


def standing(scores: Array, higher_is_better: bool) -> Array:
    """Each method's mean score, turned so that more is better; -inf where too few samples have one."""
    known = np.isfinite(scores)
    sums = np.where(known, scores, 0.0).sum(1) / np.maximum(known.sum(1), 1)
    turned: Array = np.where(often(known), sums if higher_is_better else -sums, -np.inf)
    return turned


def part(world: World, rows: Sequence[int]) -> World:
    """Some of a world's samples."""
    chosen = torch.tensor(rows)
    truth = None if world.truth is None else Truth(world.truth.masks[chosen])
    return replace(
        world,
        inputs=world.inputs[chosen],
        targets=world.targets[chosen],
        labels=world.labels[chosen],
        ids=tuple(world.ids[row] for row in rows),
        worth=world.worth[chosen],
        truth=truth,
        others={name: worth[chosen] for name, worth in world.others.items()},
    )
