"""Inputs that are none of their domain are told by their shape, with the way out."""

import re

import pytest
import torch
from torch import Tensor, nn

import whybench
from whybench.cases import open_case
from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadInput
from whybench.methods.attribution import Gradient
from whybench.protocols import Model

IMAGES = torch.rand(4, 4, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
SAID = r"image inputs of shape \(4, 4, 6\); images are \(n, channels, height, width\): .*pass inputs\[:, None\]"
SWEEPS = ["pixel_flipping", "srg", "insertion", "ssr", "infidelity", "gini", "sensitivity_n", "continuity"]


class Rows(nn.Module):
    """A classifier of images without channels."""

    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(24, 3).double().requires_grad_(False)
        self.last.weight.data = torch.randn(3, 24, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    def forward(self, inputs: Tensor) -> Tensor:
        assert inputs.shape[1:] == (4, 6)
        found: Tensor = self.last(inputs.flatten(1))
        return found


@pytest.mark.parametrize("metric", SWEEPS)
def test_an_image_without_channels_is_told_by_its_shape(metric: str) -> None:
    model = Model("rows", Rows(), ImageDomain())
    with pytest.raises(BadInput, match=SAID):
        whybench.evaluate(model, IMAGES, methods=["gradient"], metrics=[metric])
    targets = torch.zeros(4, dtype=torch.int64)
    case = open_case(Gradient(), model, IMAGES, targets, ids=("a", "b", "c", "d"))
    with pytest.raises(BadInput, match=SAID):
        whybench.metric(metric).score(case)


def test_the_way_out_works() -> None:
    module = nn.Sequential(nn.Flatten(1, 2), Rows())
    found = whybench.evaluate(
        Model("rows", module, ImageDomain()), IMAGES[:, None], methods=["gradient"], metrics=["pixel_flipping", "ssr"]
    )
    assert list(found.scores["metric"].unique()) == ["pixel_flipping", "ssr"]
    assert found.scores["score"].notna().all()


def test_a_table_of_tables_is_told_by_its_shape_where_its_columns_are_asked_for() -> None:
    said = r"tabular inputs of shape \(4, 4, 6\); tables are \(n, columns\)"
    with pytest.raises(BadInput, match=said):
        TabularDomain().grid((4, 4, 6))
    model = Model("rows", Rows(), TabularDomain())
    board = whybench.evaluate(model, IMAGES, methods=["gradient"], metrics=["ssr"])
    assert [record.status for record in board.records] == ["failed"]
    assert re.search(said, board.records[0].reason)
    assert whybench.method("gradient").attribute(model, IMAGES, 0).shape == IMAGES.shape
