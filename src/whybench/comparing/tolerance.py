"""How far a sample's score may be from what it was, by the precision that it was computed in."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from whybench.errors import BadParameter

UNKNOWN = "float32"
"""What records that do not say their precision count as."""


@dataclass(frozen=True)
class Tolerance:
    """A score b is that of before, a, where |b - a| <= absolute + relative |a|.

    >>> Tolerance(relative=0.0, absolute=0.5).holds(1.0, 1.5)
    True
    """

    relative: float
    absolute: float

    def __post_init__(self) -> None:
        for option, value in (("--rtol", self.relative), ("--atol", self.absolute)):
            if not (isfinite(value) and value >= 0):
                raise BadParameter(f"{option}={value}; a finite number >= 0 is needed")

    def holds(self, before: float, after: float) -> bool:
        """Whether a score is what it was."""
        return abs(after - before) <= self.absolute + self.relative * abs(before)


TOLERANCES = {
    "float64": Tolerance(relative=1e-10, absolute=1e-12),
    "float32": Tolerance(relative=1e-4, absolute=1e-6),
    "float16": Tolerance(relative=1e-2, absolute=1e-3),
    "bfloat16": Tolerance(relative=1e-2, absolute=1e-3),
}
"""By dtype, from the coarsest that a score may lose between machines: the same machine gives the same bits."""


@dataclass(frozen=True)
class Tolerances:
    """The tolerance of each dtype, or what was asked for in its place; None asks for nothing."""

    relative: float | None = None
    absolute: float | None = None

    def __post_init__(self) -> None:
        self.of(())

    def of(self, dtypes: Iterable[str | None]) -> Tolerance:
        """The tolerance between records of these dtypes: that of the coarsest.

        >>> Tolerances(absolute=0.0).of(["float64", "float32"])
        Tolerance(relative=0.0001, absolute=0.0)
        """
        known = [TOLERANCES.get(name or UNKNOWN, TOLERANCES[UNKNOWN]) for name in dtypes]
        coarsest = max(known, key=lambda one: one.relative, default=TOLERANCES[UNKNOWN])
        return Tolerance(
            coarsest.relative if self.relative is None else self.relative,
            coarsest.absolute if self.absolute is None else self.absolute,
        )
