"""Which cells are run again: a nonce chooses, that the publisher could not know."""

from collections.abc import Iterable
from hashlib import sha256
from math import comb

from whybench.errors import BadParameter

CELLS = 5
"""Cells that are run again where nobody says how many."""


def chosen(keys: Iterable[str], nonce: str, k: int) -> tuple[str, ...]:
    """The `k` keys whose sha256 together with the nonce is smallest: every set of `k` is as likely as any other.

    >>> chosen(["a", "b", "c", "d"], "1", 2), chosen(["d", "c", "b", "a"], "1", 2)
    (('d', 'a'), ('d', 'a'))
    """
    if k < 0:
        raise BadParameter(f"cells={k}; expected a number from 0")
    return tuple(sorted(set(keys), key=lambda key: sha256(f"{nonce}:{key}".encode()).digest())[:k])


def chance_of_catching(cells: int, forged: int, run_again: int) -> float:
    """The probability that at least one of `forged` among n = `cells` is among the k = `run_again` that are chosen.

    1 - C(n - forged, k) / C(n, k).

    >>> round(chance_of_catching(300, 30, 20), 4)
    0.8871
    >>> chance_of_catching(10, 1, 10)
    1.0
    """
    if not 0 <= forged <= cells or not 0 <= run_again <= cells:
        raise BadParameter(f"forged={forged} and run_again={run_again} of cells={cells}; expected parts of the cells")
    return 1 - comb(cells - forged, run_again) / comb(cells, run_again)
