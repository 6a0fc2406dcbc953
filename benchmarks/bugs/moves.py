"""How far a board moves: one metric's order of methods before and after something in it was changed."""

from collections.abc import Mapping
from dataclasses import dataclass

from whybench.statistics import kendall_tau_b, ranks


@dataclass(frozen=True)
class Move:
    """tau: Kendall's tau-b between both orders, None where all tie; places: the farthest that a method went.

    reversed_pairs: pairs of methods that changed sides; leaders: the best method before and after.
    """

    tau: float | None
    places: int
    reversed_pairs: int
    pairs: int
    leaders: tuple[str, str]


def move(before: Mapping[str, float], after: Mapping[str, float]) -> Move:
    """From one order to the other, over the methods that both have a value for; larger is better in both."""
    names = [name for name in before if name in after]
    old, new = [before[name] for name in names], [after[name] for name in names]
    told = len(set(old)) > 1 and len(set(new)) > 1
    where, there = ranks(old).tolist(), ranks(new).tolist()
    turned = sum((old[i] - old[j]) * (new[i] - new[j]) < 0 for i in range(len(names)) for j in range(i))
    return Move(
        tau=kendall_tau_b(old, new) if told else None,
        places=max(abs(a - b) for a, b in zip(where, there, strict=True)),
        reversed_pairs=turned,
        pairs=len(names) * (len(names) - 1) // 2,
        leaders=(leader(names, old), leader(names, new)),
    )


def leader(names: list[str], values: list[float]) -> str:
    """The best, or how many are."""
    best = [name for name, value in zip(names, values, strict=True) if value == max(values)]
    return best[0] if len(best) == 1 else f"{len(best)} methods tie"
