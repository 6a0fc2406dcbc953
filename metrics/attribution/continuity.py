"""Continuity of maps under translations."""

import math
from dataclasses import dataclass
from typing import ClassVar

from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.input_shift_consistency import InputShiftConsistency
from whybench.metrics.attribution.translations import Shift
from whybench.protocols import Case, Metric, Scores
from whybench.registries import register


@register
@dataclass(frozen=True)
class Continuity(Metric[Attribution]):
    """The strongest change of a map, per change of the image, when the image is moved by a few pixels.

    score = max over shifts T of |R(Tx) - R(x)|_1 / |Tx - x|_2 on maps divided by their L1 norms, in [0, inf), in
    1 / unit of input: `input_shift_consistency(form='montavon')` by its own name, with the same shifts, maps and rules
    for what is judged. Lower counts as better, hence a constant map wins.

    shifts: pixels, each as (down, right), or as one number for all four directions; None for the default ones.

    Raises BadParameter; Unsupported where a shift leaves nothing of the image.

    Source: montavon2018.
    """

    name: ClassVar[str] = "continuity"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "robustness"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    reference: ClassVar[str] = "montavon2018"
    needs: ClassVar[frozenset[str]] = frozenset({"image"})
    trivial: ClassVar[bool] = True

    shifts: tuple[int | Shift, ...] | None = None

    def __post_init__(self) -> None:
        self._ratio()

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        return self._ratio().score(case)

    def _ratio(self) -> InputShiftConsistency:
        return InputShiftConsistency(form="montavon", shifts=self.shifts)
