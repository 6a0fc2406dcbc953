"""Inputs that a sweep has seen before are found, and no others."""

import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import ImageDomain
from whybench.methods.attribution import Gradient
from whybench.protocols import Model
from whybench.streams import Streams
from whybench.sweeps import Sweep
from whybench.sweeps.ranks import tie_orders
from whybench.sweeps.repeats import first_seen


def turned(places: Tensor, points: Tensor, changes: Tensor) -> list[list[frozenset[int]]]:
    """For each sample, the regions that are turned and change anything, order by order and point by point."""
    return [
        [
            frozenset(r for r in range(places.shape[2]) if places[i, o, r] < points[i, o, k] and changes[i, r])
            for o in range(2)
            for k in range(points.shape[2])
        ]
        for i in range(len(places))
    ]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("levels", [1, 2, 4, 100])
@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_sources_are_equal_inputs_and_what_is_asked_is_new(seed: int, levels: int, share: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    values = torch.randint(levels, (5, 9), generator=generator).double()
    places = tie_orders(values, tuple("abcde"), Streams(seed))
    changes = torch.rand(5, 9, generator=generator) < share
    points = torch.tensor([0, 1, 3, 4, 7, 8, 9]).expand(5, 2, -1)
    if seed % 2:  # as stratified points of regions of unlike sizes may be
        points = torch.randint(10, (5, 2, 7), generator=generator).sort(2).values
    source, count = first_seen(places, points, changes), points.shape[2]
    for found, sets, at in zip(source.flatten(1).tolist(), turned(places, points, changes), points, strict=True):
        for position, first in enumerate(found):
            assert sets[first] == sets[position]
            assert found[first] == first
            assert first <= position
            order, k = divmod(position, count)
            if first == position:
                assert k == 0 or sets[position - 1] != sets[position]
                assert order == 0 or at[0, k] != at[1, k] or sets[k] != sets[position]


MEAN = torch.full((1, 1, 1), 0.3, dtype=torch.float64)


class Seen(nn.Module):
    """A model that keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[Tensor] = []
        self.weight = nn.Parameter(torch.linspace(-1, 1, 32, dtype=torch.float64).view(16, 2))

    def forward(self, inputs: Tensor) -> Tensor:
        self.rows += list(inputs.detach().clone())
        return (inputs.flatten(1) @ self.weight).tanh()


def image() -> Tensor:
    x = torch.arange(16, dtype=torch.float64).view(1, 1, 4, 4) / 16
    x[:, :, :2] = 0
    return x


@pytest.mark.parametrize(("infill", "asked"), [("zero", 9), ("mean", 17)])
@pytest.mark.parametrize("direction", ["deletion", "insertion"])
def test_pixels_that_are_black_already_cost_nothing(infill: str, asked: int, direction: str) -> None:
    """Eight of 16 pixels are zero: removing them changes nothing, with zeros."""
    module, x = Seen(), image()
    model = Model(name="seen", module=module, domain=ImageDomain(mean=MEAN))
    case = open_case(Gradient(), model, x, torch.zeros(1, dtype=torch.int64), ids=("a",), rows=64)
    module.rows.clear()
    sweep = Sweep(infill, 1, 16, direction).compute(case)  # type: ignore[arg-type]
    assert len(module.rows) == asked
    assert len({tuple(row.flatten().tolist()) for row in module.rows}) == asked
    assert sweep["ties"].tolist() == [0]
    order = case.explanation.relevance.square().flatten().argsort(descending=True).tolist()
    for k in range(17):
        fill = torch.full_like(x, 0.3 if infill == "mean" else 0.0)
        row, then = (x.clone(), fill) if direction == "deletion" else (fill, x)
        for r in order[:k]:
            row.view(-1)[r] = then.view(-1)[r]
        assert sweep["logit"][0, 0, k].item() == pytest.approx(module(row)[0, 0].item(), abs=1e-12)


def test_two_orders_share_what_is_no_tie() -> None:
    """One tie in the middle: of the second order only the point within it is new."""
    module, x = Seen(), torch.rand(1, 1, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64) + 1
    model = Model(name="seen", module=module, domain=ImageDomain())
    with torch.no_grad():
        module.weight[:, 0] = torch.arange(16) / 100
        module.weight[8, 0] = module.weight[7, 0]
    case = open_case(Gradient(), model, x, torch.zeros(1, dtype=torch.int64), ids=("a",), rows=64)
    module.rows.clear()
    sweep = Sweep("zero", 1, 16, "deletion").compute(case)
    assert sweep["ties"].tolist() == [2]
    assert len(module.rows) == 17 + 1
    differing = (sweep["logit"][0, 0] != sweep["logit"][0, 1]).nonzero().flatten().tolist()
    assert differing in ([8], [])
