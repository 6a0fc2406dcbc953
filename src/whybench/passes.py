"""How many samples go through a model."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Passes:
    """Samples through a model, forward and backward.

    A backward pass has a forward pass before it, which is counted too: one gradient is 1 forward and 1 backward.

    >>> Passes(1, 1) * 25 + Passes(2)
    Passes(forward=27, backward=25)
    """

    forward: float = 0
    backward: float = 0

    def __add__(self, other: "Passes") -> "Passes":
        return Passes(self.forward + other.forward, self.backward + other.backward)

    def __mul__(self, times: float) -> "Passes":
        return Passes(self.forward * times, self.backward * times)


def total(parts: Iterable[Passes | None]) -> Passes | None:
    """The sum of what is needed, None where a part is not known.

    >>> total([Passes(1), Passes(2)]), total([Passes(1), None])
    (Passes(forward=3, backward=0), None)
    """
    found = Passes()
    for part in parts:
        if part is None:
            return None
        found += part
    return found
