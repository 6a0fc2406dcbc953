"""Tie groups: who cannot be told apart."""

from typing import Any

import numpy as np


def tie_groups(separated: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[str, ...]:
    """A compact letter display: two contenders share a letter if and only if they are not separated.

    separated: symmetric (m, m), contenders in order from best to worst. Each letter stands for a largest possible
    set of contenders of which no two are separated; the best contender bears an `a`. After z comes a2.
    Source: piepho2004.

    >>> tie_groups(np.array([[0, 0, 1], [0, 0, 0], [1, 0, 0]], dtype=bool))
    ('a', 'ab', 'b')
    """
    m = len(separated)
    together = np.zeros((m, m), dtype=np.bool_)
    groups: list[list[int]] = []
    for first in range(m):
        for last in reversed(range(first, m)):
            if separated[first, last] or together[first, last]:
                continue
            group = sorted({first, last})
            for other in range(m):
                if other not in group and not separated[other, group].any():
                    group.append(other)
            together[np.ix_(group, group)] = True
            groups.append(sorted(group))
    groups.sort()
    return tuple("".join(_letter(g) for g, group in enumerate(groups) if k in group) for k in range(m))


def _letter(index: int) -> str:
    turn, place = divmod(index, 26)
    return chr(ord("a") + place) + (str(turn + 1) if turn else "")
