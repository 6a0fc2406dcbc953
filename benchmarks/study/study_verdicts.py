"""Who is ahead of whom on some of the models, and how that compares with all of them."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from whybench.statistics.values import Array
from whybench.statistics.wilcoxon import signed_ranks

ALPHA = 0.05
DRAWS = 400
Signs = np.ndarray[Any, np.dtype[np.int64]]


class Verdict(NamedTuple):
    """Pairs of methods on `models` models drawn from the pool, beside the whole pool; shares of (pair, draw).

    pairs: how many pairs are judged; claimed: in what share the signed-rank test says who is ahead, at 5 % and
    uncorrected; contradicted: what share of those claims names the method that is behind in the whole pool; wrong_way:
    the share in which the majority of the drawn models prefers the method that the whole pool has behind, tested or
    not, draws counting one half.
    """

    models: int
    pairs: int
    claimed: float
    contradicted: float | None
    wrong_way: float


def differences(ranks: Array) -> Array:
    """(pairs, models): by how many places the first of each pair is ahead of the second."""
    return np.stack([ranks[b] - ranks[a] for a, b in combinations(range(len(ranks)), 2)])


def claims(ahead: Array, alpha: float = ALPHA) -> Signs:
    """Of each row, what the signed-rank test says: 1 where it is above zero, -1 below, 0 where it cannot tell."""
    return np.array([int(np.sign(t.positive - t.negative)) if t.p <= alpha else 0 for t in signed_ranks(ahead)])


def subpools(ahead: Array, sizes: Sequence[int], seed: int = 0) -> list[Verdict]:
    """The verdicts of random sub-pools, for the pairs that the whole pool separates at 5 %.

    ahead: (pairs, models), as `differences` has it. A size's sub-pools are `DRAWS` random ones.
    """
    truth = claims(ahead)
    sure = np.flatnonzero(truth)
    oriented = ahead[sure] * truth[sure, None]
    generator = np.random.default_rng(seed)
    found = []
    for size in sizes:
        said, wrong = [], []
        for _ in range(DRAWS):
            part = oriented[:, generator.permutation(oriented.shape[1])[:size]]
            said.append(claims(part))
            majority = np.sign(part).sum(axis=1)
            wrong.append((majority < 0) + 0.5 * (majority == 0))
        table = np.stack(said)
        made = int((table != 0).sum())
        found.append(
            Verdict(
                size,
                len(sure),
                made / table.size,
                float((table < 0).sum() / made) if made else None,
                float(np.mean(wrong)),
            )
        )
    return found


class Contradiction(NamedTuple):
    """Claims about one model each, with samples as the unit.

    claims: significant differences, (pair, model); pairs: about how many pairs there is one; clash: the chance that
    two claims about one pair, from two models drawn at random, name different methods.
    """

    claims: int
    pairs: int
    clash: float


def contradictions(claimed: Signs) -> Contradiction:
    """claimed: (pairs, models), 1 where the first method is significantly ahead on that model, -1 behind, else 0."""
    up, down = (claimed > 0).sum(axis=1), (claimed < 0).sum(axis=1)
    both, twice = float((up * down).sum()), float(((up + down) * (up + down - 1) / 2).sum())
    return Contradiction(int((claimed != 0).sum()), int(((up + down) > 0).sum()), both / twice if twice else 0.0)
