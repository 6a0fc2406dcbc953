"""What a metric answers: one number a sample, and the curve behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from whybench.errors import BadScores


@dataclass(frozen=True, eq=False)
class Curves:
    """The curve behind each score: x and y of shape (n, points), float64; `x_name` and `y_name` label the axes."""

    x: Tensor
    y: Tensor
    x_name: str
    y_name: str


@dataclass(frozen=True, eq=False)
class Scores:
    """One number a sample.

    values: (n,) float64; undefined: position -> why this sample has no value (its value is NaN, and only then);
    censored: position -> why the value is a bound rather than a measurement; details: further numbers a sample, by
    name, NaN where undefined; curves: the curve behind the number, where there is one.

    >>> Scores(torch.tensor([0.5], dtype=torch.float64)).values.tolist()
    [0.5]

    Raises BadScores where a value is not finite without a reason.
    """

    values: Tensor
    undefined: Mapping[int, str] = field(default_factory=dict)
    censored: Mapping[int, str] = field(default_factory=dict)
    details: Mapping[str, Tensor] = field(default_factory=dict)
    curves: Curves | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 1 or self.values.dtype != torch.float64:
            raise BadScores(
                f"scores of shape {tuple(self.values.shape)} and dtype {self.values.dtype}; expected (n,) float64"
            )
        bad = {int(i) for i in (~torch.isfinite(self.values)).nonzero()}
        if bad != set(self.undefined):
            raise BadScores(f"scores not finite at positions {sorted(bad)}, reasons given for {sorted(self.undefined)}")
