"""How far maps move away from themselves when images are translated."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from whybench.explanations import Attribution
from whybench.metrics.attribution.translations import Shift, overlap, translated
from whybench.passes import Passes
from whybench.protocols import Artifact, Case
from whybench.protocols.blocks import by_block
from whybench.protocols.model import steady


@dataclass(frozen=True)
class ShiftedDistances(Artifact):
    """What becomes of map and output when images are translated by each of `shifts`, (down, right) in pixels.

    Tensors (n, shifts), float64 unless said otherwise, with T the translation, R the maps divided by their L1 norm,
    d(a, b) = |a - b|_1 / (|a|_1 + |b|_1), which is 0 for equal and 1 for disjoint or opposite maps:
    `equivariant` d(R(Tx), T R(x)) on the pixels that are on both images, the maps divided by their norms there;
    `ratio` |R(Tx) - R(x)|_1 / |Tx - x|_2; `plain_ratio` the same of the maps as they are; `output` d(f(Tx), f(x)) of
    all of the model's outputs; `unchanged` (bool) whether the predicted class is the same; `comparable` (bool)
    whether at least one of the two maps is not zero on the pixels that are on both; `moved` (bool) whether Tx differs
    from x (where it does not, the ratios are 0). `zero` (n,) bool: whether R(x) is zero.
    """

    name: ClassVar[str] = "shifted_distances"

    shifts: tuple[Shift, ...]

    def compute(self, case: Case[Any]) -> dict[str, Tensor]:
        return by_block(self._moves, case)

    def _moves(self, case: Case[Any]) -> dict[str, Tensor]:
        before = self._maps(case, case.explanation)
        outputs = self._outputs(case, case.inputs)
        columns = [self._distances(case, shift, before, outputs) for shift in self.shifts]
        stacked = {name: torch.stack([column[name] for column in columns], 1).cpu() for name in columns[0]}
        return {"zero": (norm(before) == 0).cpu(), **stacked}

    def passes(self, case: Case[Any], tensors: Mapping[str, Tensor]) -> Passes | None:
        explaining = case.asked(len(self.shifts))
        return None if explaining is None else explaining + Passes((1 + len(self.shifts)) * len(case))

    def _distances(self, case: Case[Any], shift: Shift, before: Tensor, outputs: Tensor) -> dict[str, Tensor]:
        moved = translated(case.inputs, shift)
        after = self._maps(case, case.explain(inputs=moved))
        here, there = overlap(after, shift), overlap(before, (-shift[0], -shift[1]))
        step = (moved.double() - case.inputs.double()).flatten(1).norm(dim=1)
        far = torch.where(step > 0, step, 1.0)
        new_outputs = self._outputs(case, moved)
        return {
            "equivariant": distance(unit(here), unit(there)),
            "ratio": norm(unit(after) - unit(before)) * (step > 0) / far,
            "plain_ratio": norm(after - before) * (step > 0) / far,
            "output": distance(new_outputs, outputs),
            "unchanged": new_outputs.argmax(1) == outputs.argmax(1),
            "comparable": (norm(here) > 0) | (norm(there) > 0),
            "moved": step > 0,
        }

    def _maps(self, case: Case[Any], explanation: Attribution) -> Tensor:
        return case.domain.per_feature(explanation.relevance, explanation.polarity, case.inputs.shape)

    def _outputs(self, case: Case[Any], inputs: Tensor) -> Tensor:
        with steady(case.model.module):
            return case.predict(inputs).double()


def norm(rows: Tensor) -> Tensor:
    """The L1 norm of each row, (n,)."""
    return rows.flatten(1).abs().sum(1)


def unit(maps: Tensor) -> Tensor:
    """Maps (n, height, width) divided by their L1 norms; a zero map stays zero."""
    norms = norm(maps).view(-1, 1, 1)
    return maps / torch.where(norms > 0, norms, 1.0)


def distance(a: Tensor, b: Tensor) -> Tensor:
    """|a - b|_1 / (|a|_1 + |b|_1) of each row, in [0, 1]; 0 where both are zero.

    >>> distance(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]])).item()
    1.0
    """
    total = norm(a) + norm(b)
    return norm(a - b) / torch.where(total > 0, total, 1.0)
