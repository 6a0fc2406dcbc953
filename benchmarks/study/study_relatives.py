"""Do models agree more on the order of methods where they share data, an architecture or all but the seed?"""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from whybench.leaderboard.contest import Block
from whybench.leaderboard.field import Field, unseeded
from whybench.statistics import kendall_tau_b
from whybench.statistics.values import Array

KINDS = ("resnet", "mlp", "efficientnet", "cnn", "lenet")
"""Architectures by what their models' names hold."""


class Relation(NamedTuple):
    """Pairs of models of one relation: how many, and mean and extremes of Kendall's tau-b between their orders."""

    relation: str
    pairs: int
    tau: float
    lowest: float
    highest: float


def architecture(model: str) -> str:
    """The kind of a built-in model.

    >>> architecture("digits_resnet(seed=1)"), architecture("diabetes_mlp")
    ('resnet', 'mlp')
    """
    return next(kind for kind in KINDS if kind in model)


def relation(one: Block, other: Block) -> str:
    """What two blocks of a pool share."""
    if one.dataset == other.dataset:
        return "same data, another architecture"
    if architecture(one.model) == architecture(other.model):
        return "same kind of architecture, other data"
    return "neither"


def agreement(
    blocks: Sequence[Block], scores: Array, related: Callable[[Block, Block], str] = relation
) -> list[Relation]:
    """scores: (methods, blocks). Pairs of blocks of which one has all methods equal have no order to agree with."""
    found: dict[str, list[float]] = {}
    for a, b in combinations(range(len(blocks)), 2):
        if min(np.ptp(scores[:, a]), np.ptp(scores[:, b])) > 0:
            tau = kendall_tau_b(scores[:, a], scores[:, b])
            found.setdefault(related(blocks[a], blocks[b]), []).append(tau)
    return [Relation(name, len(t), float(np.mean(t)), min(t), max(t)) for name, t in sorted(found.items())]


def twins(field: Field) -> Relation:
    """Models of one architecture on one data set, trained from several seeds; without controls."""
    own = [k for k, method in enumerate(field.pool) if method not in field.controls]
    found = agreement(
        [unseeded(block) for block in field.blocks],
        field.scores[own],
        lambda a, b: "the same model, another seed" if a == b else "other models",
    )
    return next(r for r in found if r.relation == "the same model, another seed")


def halves(tables: Sequence[Array]) -> Relation:
    """Each block beside itself: the order by its odd samples against that by its even ones.

    tables: of each block (methods, samples). What is below 1 here is the noise of so few samples.
    """
    taus = [kendall_tau_b(t[:, ::2].mean(axis=1), t[:, 1::2].mean(axis=1)) for t in tables]
    return Relation("the same model, other half of the samples", len(taus), float(np.mean(taus)), min(taus), max(taus))
