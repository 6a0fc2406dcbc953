"""Cases in memory for metrics that compare given maps with given masks."""

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import Domain, ImageDomain
from whybench.explanations import Polarity
from whybench.protocols import AttributionMethod, Case, Metric, Model, Query, Truth

F64 = torch.float64


@dataclass(frozen=True, eq=False)
class Stored(AttributionMethod):
    """Answers with maps made beforehand; a sample's id is its position."""

    name: ClassVar[str] = "stored"
    reference: ClassVar[str] = ""

    maps: Tensor

    def relevance(self, query: Query) -> Tensor:
        return self.maps[[int(i) for i in query.ids]]


class Counting(nn.Module):
    """Two logits, and how many rows were asked for."""

    rows = 0

    def forward(self, x: Tensor) -> Tensor:
        self.rows += len(x)
        total = x.flatten(1).sum(1)
        return torch.stack([total, -total], 1)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def blocks(n: int, height: int, width: int, seed: int = 0) -> Tensor:
    """A rectangle a sample, somewhere, never everything and never nothing."""
    generator = torch.Generator().manual_seed(seed)
    masks = torch.zeros(n, height, width, dtype=torch.bool)
    for mask in masks:
        top, left = (int(torch.randint(0, side - 1, (), generator=generator)) for side in (height, width))
        mask[top : top + height // 2, left : left + width // 2] = True
    return masks


def case(
    maps: Tensor,
    masks: Tensor | None,
    *,
    difficult: Tensor | None = None,
    labels: Tensor | None = None,
    inputs: Tensor | None = None,
    domain: Domain | None = None,
    module: nn.Module | None = None,
    polarity: Polarity = "contribution",
    rows: int = 64,
) -> Case[Any]:
    """Maps (n, channels, height, width) judged by masks (n, height, width)."""
    n = len(maps)
    given = torch.zeros_like(maps) if inputs is None else inputs
    model = Model("tiny", module or Counting(), domain or ImageDomain())
    return open_case(
        Stored(maps, polarity=polarity),
        model,
        given,
        torch.zeros(n, dtype=torch.int64),
        ids=tuple(str(i) for i in range(n)),
        labels=labels,
        rows=rows,
        truth=None if masks is None else Truth(masks, difficult),
    )


def scored(metric: Metric[Any], maps: Tensor, masks: Tensor | None, **options: Any) -> Tensor:
    return metric.score(case(maps, masks, **options)).values
