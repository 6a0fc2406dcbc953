"""What stands in for removed features."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from whybench.layout import taken

TOGETHER = 2**20
"""Values that are filled in at once: the fill of a whole batch of large inputs would be another batch."""


class Infill(Protocol):
    """Builds model inputs in which only some features are kept."""

    def apply(self, kept: Tensor, sample: Tensor) -> Tensor:
        """Rows of model inputs: row r is sample `sample[r]` with the features `kept[r]`, the others filled in.

        kept: (rows, *grid) bool; sample: (rows,) int64 positions in the batch that the infill was made for.
        A row depends on its own mask and sample only. The rows are made anew: whoever asks may write into them.
        """
        ...

    def imputed(self, kept: Tensor, sample: Tensor) -> Tensor:
        """What stands in for every feature where `kept` is known: `apply` is this with the kept features put back.

        Methods with soft masks blend it with the inputs. Shapes as in `apply`.
        """
        ...


@dataclass(frozen=True, eq=False)
class FixedInfill:
    """Removed features take the value that `fill` has there, whatever else is kept."""

    inputs: Tensor
    fill: Tensor
    over_channels: Callable[[Tensor], Tensor]

    def apply(self, kept: Tensor, sample: Tensor) -> Tensor:
        rows = taken(self.inputs, sample)
        few = max(1, TOGETHER // rows.shape[1:].numel())
        for one, mask, of in zip(*(torch.split(each, few) for each in (rows, kept, sample)), strict=True):
            # What is the same for all samples need not be brought together for each row.
            fill = self.fill[:1] if self.fill.stride(0) == 0 else taken(self.fill, of)
            torch.where(self.over_channels(mask), one, fill, out=one)
        return rows

    def imputed(self, kept: Tensor, sample: Tensor) -> Tensor:
        return taken(self.fill, sample)
