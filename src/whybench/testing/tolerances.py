"""How far a number may be from its golden: per floating-point type, and relative to what a sample holds."""

from dataclasses import dataclass

import torch

from whybench.errors import BadInput, BadParameter


@dataclass(frozen=True)
class Tolerance:
    """|found - golden| <= relative * the largest |golden| of the sample + absolute.

    Relative to the sample's largest value, since small relevances are differences of large ones. Raises BadParameter
    for a negative number or NaN.

    >>> Tolerance(0.5, 0.0)
    Tolerance(relative=0.5, absolute=0.0)
    """

    relative: float
    absolute: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value >= 0:
                raise BadParameter(f"tolerance {name}={value!r}; a number >= 0 is needed")


TOLERANCES: dict[torch.dtype, Tolerance] = {
    torch.float64: Tolerance(1e-9, 1e-12),
    torch.float32: Tolerance(1e-4, 1e-7),
    torch.bfloat16: Tolerance(5e-2, 1e-4),
    torch.float16: Tolerance(1e-2, 1e-5),
}
"""What other versions, threads and batches may move: rounding of sums, and not a rank or a kink."""


def tolerance_of(dtype: torch.dtype, asked: Tolerance | None = None) -> Tolerance:
    """What was asked for, or the tolerance of a type.

    Raises BadParameter where no Tolerance was asked for, BadInput for what is no floating-point type.

    >>> tolerance_of(torch.float64)
    Tolerance(relative=1e-09, absolute=1e-12)
    """
    if asked is not None:
        if not isinstance(asked, Tolerance):
            raise BadParameter(f"tolerance={asked!r}; a whybench.testing.tolerances.Tolerance is needed")
        return asked
    if dtype not in TOLERANCES:
        known = ", ".join(str(one).removeprefix("torch.") for one in TOLERANCES)
        raise BadInput(f"no tolerance for {dtype}; a golden holds one of {known}")
    return TOLERANCES[dtype]
