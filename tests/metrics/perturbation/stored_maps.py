"""Cases in memory for metrics that perturb inputs: given maps, tiny models, and a slow walk along a map."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import Domain, ImageDomain
from whybench.protocols import AttributionMethod, Case, Model, Query
from whybench.streams import Streams

F64 = torch.float64


@dataclass(frozen=True, eq=False)
class Stored(AttributionMethod):
    """Answers with maps made beforehand; a sample's id is its position."""

    name: ClassVar[str] = "stored"
    reference: ClassVar[str] = ""

    maps: Tensor

    def relevance(self, query: Query) -> Tensor:
        return self.maps[[int(i) for i in query.ids]]


class Additive(nn.Module):
    """Two logits: the weighted sum of the input, and zero."""

    def __init__(self, weight: Tensor, scalar: bool = False) -> None:
        super().__init__()
        self.weight, self.scalar = weight, scalar

    def forward(self, x: Tensor) -> Tensor:
        total = (x * self.weight).flatten(1).sum(1)
        return total if self.scalar else torch.stack([total, torch.zeros_like(total)], 1)


def nonlinear(features: int, classes: int = 3, dtype: torch.dtype = F64) -> nn.Module:
    """A small net with kinks and products, the same at every call."""
    generator = torch.Generator().manual_seed(11)

    def linear(i: int, o: int) -> nn.Linear:
        layer = nn.Linear(i, o, dtype=F64)
        layer.weight.data = torch.randn(o, i, generator=generator, dtype=F64) / i**0.5
        layer.bias.data = torch.randn(o, generator=generator, dtype=F64)
        return layer

    net = nn.Sequential(nn.Flatten(), linear(features, 16), nn.Tanh(), linear(16, 16), nn.ReLU(), linear(16, classes))
    return net.to(dtype)


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def case(
    module: nn.Module,
    inputs: Tensor,
    maps: Tensor | AttributionMethod,
    *,
    domain: Domain | None = None,
    targets: Tensor | None = None,
    output: Any = "classes",
    rows: int = 64,
    **options: Any,
) -> Case[Any]:
    n = len(inputs)
    model = Model(name="tiny", module=module, domain=domain or ImageDomain(), output=output, **options)
    return open_case(
        maps if isinstance(maps, AttributionMethod) else Stored(maps),
        model,
        inputs,
        torch.zeros(n, dtype=torch.int64) if targets is None else targets,
        ids=tuple(str(i) for i in range(n)),
        rows=rows,
    )


def walk(
    relevance: Tensor,
    image: Tensor,
    fill: Tensor,
    answer: Callable[[Tensor], Any],
    *,
    region: int,
    points: list[int],
    insertion: bool = False,
    sample: str = "0",
    flipped: bool = False,
) -> tuple[list[float], list[Any]]:
    """One sample, one tie order, one model call a step: fractions and answers, from loops over regions."""
    height, width = image.shape[1:]
    across = -(-width // region)
    count = across * -(-height // region)
    sums, pixels = np.zeros(count), [[] for _ in range(count)]
    for y in range(height):
        for x in range(width):
            place = (y // region) * across + x // region
            sums[place] += float(relevance[:, y, x].sum())
            pixels[place].append((y, x))
    ties = Streams(0).permutation("sweep/ties", sample, 0, count).tolist()
    ties = ties[::-1] if flipped else ties
    order = sorted(range(count), key=lambda r: (-sums[r], ties.index(r)))
    fractions, answers = [], []
    for k in points:
        perturbed = fill.clone() if insertion else image.clone()
        changed = 0
        for place in order[:k]:
            for y, x in pixels[place]:
                perturbed[:, y, x] = (image if insertion else fill)[:, y, x]
                changed += 1
        fractions.append(changed / (height * width))
        answers.append(answer(perturbed[None]))
    return fractions, answers


def trapezoid(x: list[float], y: list[float]) -> float:
    return sum((b - a) * (v + w) / 2 for a, b, v, w in zip(x[:-1], x[1:], y[:-1], y[1:], strict=True))
