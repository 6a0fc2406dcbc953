"""Centre control."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from whybench.errors import BadParameter
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class Centre(AttributionMethod):
    """A Gaussian bump in the middle of the image: photographers put the object there.

    R_uv = exp(-(u^2 + v^2) / (2 width^2)), u and v the distance of a pixel's centre from the image's, in heights and
    widths of the image; (n, 1, height, width), without a unit.

    width: standard deviation, as a share of each side.

    Source: zhang2018.

    >>> net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3, 2))
    >>> Centre().attribute(net, torch.zeros(1, 1, 1, 3)).argmax().item()
    1
    """

    name: ClassVar[str] = "centre"
    reference: ClassVar[str] = "zhang2018"
    needs: ClassVar[frozenset[str]] = frozenset({"image"})
    signed: ClassVar[bool] = False
    control: ClassVar[bool] = True
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"

    width: float = 0.25

    def __post_init__(self) -> None:
        if not self.width > 0:
            raise BadParameter(f"centre: width={self.width!r}; a number > 0 is needed")

    def relevance(self, query: Query) -> Tensor:
        height, width = (self._bump(size) for size in query.inputs.shape[2:])
        bump = torch.outer(height, width).to(query.inputs)
        return bump.expand(len(query), 1, *bump.shape).clone()

    def _bump(self, size: int) -> Tensor:
        distance = (torch.arange(size, dtype=torch.float64) + 0.5) / size - 0.5
        return torch.exp(-distance.square() / (2 * self.width**2))
