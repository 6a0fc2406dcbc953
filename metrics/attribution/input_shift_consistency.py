"""Consistency of maps under translations of the input."""

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.shifted_distances import ShiftedDistances
from whybench.metrics.attribution.translations import Shift
from whybench.protocols import Case, Metric, Scores
from whybench.registries import register

DIRECTIONS = ((0, 1), (1, 0), (0, -1), (-1, 0))
DISTANCES = (1, 2, 4, 8)
LARGEST_SHARE = 8
"""Default shifts are at most an eighth of the image's shorter side."""


@register
@dataclass(frozen=True)
class InputShiftConsistency(Metric[Attribution]):
    """How far maps depart from following the image when it is moved by a few pixels.

    equivariant: mean over shifts T of |R(Tx) - T R(x)|_1 / (|R(Tx)|_1 + |T R(x)|_1), in [0, 1], 0 when the map moves
    along with the image; on the pixels that are on both images, maps divided by their L1 norms there; a map that is
    zero on one of the two counts as 1. montavon: max over T of |R(Tx) - R(x)|_1 / |Tx - x|_2, in 1 / unit of input,
    on maps divided by their L1 norms, so that small values do not win (the ratio of the maps as they are is the
    detail `plain_ratio`); a map that follows the image perfectly does not score well there. Constant maps win both.

    form: which of the two; shifts: pixels, each as (down, right), or as one number for all four directions; by
    default one shift in each direction, by 1, 2, 4 and 8 pixels or an eighth of the shorter side, whichever is less.
    Multiples of the model's total stride are worth asking for, since a strided network is equivariant only to those.
    Pixels that become free repeat the border.

    Only shifts that leave the predicted class as it is are judged (`unchanged` is their share); `output_change` is
    the equivariant form's distance, taken of the model's outputs over the judged shifts. A sample is undefined where
    no shift can be judged, or where its map is zero.

    Raises BadParameter; Unsupported where a shift leaves nothing of the image.

    Source: montavon2018.
    """

    name: ClassVar[str] = "input_shift_consistency"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "consistency"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    reference: ClassVar[str] = "montavon2018"
    needs: ClassVar[frozenset[str]] = frozenset({"image"})
    trivial: ClassVar[bool] = True

    form: Literal["equivariant", "montavon"] = "equivariant"
    shifts: tuple[int | Shift, ...] | None = None

    def __post_init__(self) -> None:
        if self.form not in ("equivariant", "montavon"):
            raise BadParameter(f"input_shift_consistency: form={self.form!r}; allowed: equivariant, montavon")
        if self.shifts is not None and not (self.shifts and all(_is_shift(shift) for shift in self.shifts)):
            raise BadParameter(
                f"input_shift_consistency: shifts={self.shifts!r}; expected a tuple of whole pixels such as (1, 8), or "
                "of (down, right) pairs such as ((0, 1), (-4, 4)), none of them zero"
            )

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        height, width = case.domain.grid(case.inputs.shape)
        shifts = self.pairs(height, width)
        found = case.artifact(ShiftedDistances(shifts))
        usable = found["comparable"] if self.form == "equivariant" else found["moved"]
        judged = found["unchanged"] & usable & ~found["zero"][:, None]
        defined = torch.where(judged.any(1), 1.0, torch.nan).double()
        details = {
            "output_change": _mean(found["output"], judged) * defined,
            "unchanged": found["unchanged"].double().mean(1),
        }
        if self.form == "equivariant":
            values = _mean(found["equivariant"], judged)
        else:
            values = (found["ratio"] * judged).amax(1)
            details["plain_ratio"] = (found["plain_ratio"] * judged).amax(1) * defined
        return Scores(values * defined, self._reasons(found, judged), details=details)

    def pairs(self, height: int, width: int) -> tuple[Shift, ...]:
        """The shifts as (down, right) for images of a size."""
        if self.shifts is None:
            most = max(1, min(height, width) // LARGEST_SHARE)
            pairs = [
                (down * min(d, most), right * min(d, most))
                for (down, right), d in zip(DIRECTIONS, DISTANCES, strict=True)
            ]
        else:
            pairs = [
                pair
                for shift in self.shifts
                for pair in ([(dy * shift, dx * shift) for dy, dx in DIRECTIONS] if isinstance(shift, int) else [shift])
            ]
        for down, right in pairs:
            if abs(down) >= height or abs(right) >= width:
                raise Unsupported(f"a shift by {(down, right)} pixels leaves nothing of an image of {height} x {width}")
        return tuple(pairs)

    def _reasons(self, found: dict[str, Tensor], judged: Tensor) -> dict[int, str]:
        """Why each sample without a judged shift has none."""
        nothing = (
            "the map is zero wherever images overlap" if self.form == "equivariant" else "no shift moves the image"
        )
        reasons = {}
        for i in (~judged.any(1)).nonzero().flatten().tolist():
            if found["zero"][i]:
                reasons[i] = "the map is zero everywhere"
            elif not found["unchanged"][i].any():
                reasons[i] = "the predicted class changes at every shift"
            else:
                reasons[i] = f"{nothing} at the shifts that keep the predicted class"
        return reasons


def _mean(values: Tensor, judged: Tensor) -> Tensor:
    """The mean of each row over the judged shifts, 0 where there are none."""
    return (values * judged).sum(1) / judged.sum(1).clamp(min=1)


def _is_shift(shift: object) -> bool:
    """Whether `shift` is a number of pixels or a pair of them, and moves anything."""
    if isinstance(shift, tuple):
        return len(shift) == 2 and all(isinstance(s, int) for s in shift) and any(shift)
    return isinstance(shift, int) and shift != 0
