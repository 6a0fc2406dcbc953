"""Which columns of scores are the same numbers again."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from whybench.statistics.values import Array, finite

EXACT = 1e-9
"""What is left of a column, as a part of it, where others give it up to rounding."""
SPARE = 5
"""Values beyond the number of columns before a relation between them is no accident of counting."""


def restated(columns: Array) -> Mapping[int, tuple[int, ...]]:
    """The columns that exact linear relations make superfluous, each with those that give it.

    columns: (columns, contenders, units). Each unit's mean over the contenders is taken off first, so that an offset
    of the unit alone (the clean output, say) does not hide a relation: what is compared is how far contenders are
    apart. A multiple of an earlier column is given by that one; of a relation between several columns those are
    kept that have least to do with the others, and give the rest. Columns without differences, and tables with less
    than `SPARE` values more than columns, have no relations.

    >>> a, b = np.random.default_rng(0).normal(size=(2, 4, 6))
    >>> dict(restated(np.stack([b - a, a, b, 2 - a])))
    {3: (1,), 0: (1, 2)}
    """
    table = finite(columns, 3)
    count, contenders, units = table.shape
    if (contenders - 1) * units < count + SPARE:
        return {}
    apart: Array = (table - table.mean(axis=1, keepdims=True)).reshape(count, -1)
    lengths = np.linalg.norm(apart, axis=1)
    moving = [k for k in range(count) if lengths[k] > EXACT * np.linalg.norm(table[k])]
    unit = {k: apart[k] / float(lengths[k]) for k in moving}
    found: dict[int, tuple[int, ...]] = {}
    for place, k in enumerate(moving):
        twin = next((j for j in moving[:place] if j not in found and _gone(unit[k], [unit[j]])), None)
        if twin is not None:
            found[k] = (twin,)
    alone = [k for k in moving if k not in found]
    tied = [k for k in alone if _gone(unit[k], [unit[j] for j in alone if j != k])]
    kept: list[int] = []
    for k in _least_alike_first(tied, unit):
        if kept and _gone(unit[k], [unit[j] for j in kept]):
            found[k] = _givers(unit[k], kept, unit)
        else:
            kept.append(k)
    return found


def _gone(column: Array, others: Sequence[Array]) -> bool:
    """Whether the others give a column of length one up to rounding."""
    return bool(others) and float(np.linalg.norm(column - _weights(column, others) @ np.stack(others))) < EXACT


def _weights(column: Array, others: Sequence[Array]) -> Array:
    solved = np.linalg.lstsq(np.stack(others).T, column, rcond=EXACT)[0]
    return np.asarray(solved, dtype=np.float64)


def _givers(column: Array, kept: Sequence[int], unit: Mapping[int, Array]) -> tuple[int, ...]:
    weights = _weights(column, [unit[j] for j in kept])
    return tuple(sorted(j for j, weight in zip(kept, weights, strict=True) if abs(weight) > EXACT))


def _least_alike_first(columns: Sequence[int], unit: Mapping[int, Array]) -> list[int]:
    """In rising order of the sum of squared correlations with the others; equal ones as given."""

    def likeness(k: int) -> Any:
        return round(sum(float(unit[k] @ unit[j]) ** 2 for j in columns if j != k), 9)

    return sorted(columns, key=likeness)
