"""Faults of the field put back into a copy of what is here: the comparison names the cells that they touch."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from whybench import registries
from whybench.comparing import compared, store_side
from whybench.domains import ImageDomain
from whybench.methods.attribution import InputDifference, Occlusion
from whybench.methods.attribution.backpropagation import rules
from whybench.metrics.attribution.pixel_flipping import PixelFlipping
from whybench.protocols import Dataset, Model
from whybench.store import Store
from whybench.suite import Suite, block

registries.fill()

METHODS = ("lrp(composite='epsilon')", "occlusion(window=1)", "input_difference", "gradient")
METRICS = ("pixel_flipping(region=1)", "ssr(region=1)")
HEIGHT, WIDTH = 4, 6

Patch = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(scope="module")
def suite() -> Suite:
    generator = torch.Generator().manual_seed(3)
    net = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(4 * HEIGHT * WIDTH, 3)
    )
    for parameter in net.parameters():
        parameter.data = 0.5 * torch.randn(parameter.shape, generator=generator)
    images = np.random.default_rng(0).normal(size=(6, 1, HEIGHT, WIDTH)).astype("float32")
    dataset = Dataset("images", list(images), tuple("abcdef"), torch.arange(6) % 3)
    return Suite("faults", (block(Model("net", net, ImageDomain()), dataset, METHODS, METRICS),))


def ran(suite: Suite, place: Path) -> str:
    store = Store.open(f"sqlite:///{place}")
    suite.run(store)
    store.close()
    return f"sqlite:///{place}"


@pytest.fixture(scope="module")
def right(suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> str:
    return ran(suite, tmp_path_factory.mktemp("right") / "store.db")


def wrong_rule(patch: pytest.MonkeyPatch) -> None:
    """The stabiliser is a thousandth, not a millionth."""
    share = rules.share
    patch.setattr(rules, "share", lambda relevance, total, epsilon: share(relevance, total, 1e3 * epsilon))


def transposed(patch: pytest.MonkeyPatch) -> None:
    """Height and width are switched before the map is laid out again."""
    relevance = Occlusion.relevance

    def switched(self: Occlusion, query: object) -> Tensor:
        found = relevance(self, query)  # type: ignore[arg-type]
        return found.transpose(2, 3).reshape(found.shape)

    patch.setattr(Occlusion, "relevance", switched)


def dropped_abs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(InputDifference, "relevance", lambda self, query: query.inputs - query.baseline(self.infill))


def off_by_one(patch: pytest.MonkeyPatch) -> None:
    """The area begins with the second point."""
    averaged = PixelFlipping.averaged

    def late(self: PixelFlipping, fraction: Tensor, values: Tensor) -> Tensor:
        return averaged(self, fraction[..., 1:], values[..., 1:])

    patch.setattr(PixelFlipping, "averaged", late)


@pytest.mark.parametrize(
    ("fault", "touched"),
    [
        (wrong_rule, {("lrp", "pixel_flipping")}),
        (transposed, {("occlusion", "pixel_flipping"), ("occlusion", "ssr")}),
        (dropped_abs, {("input_difference", "pixel_flipping"), ("input_difference", "ssr")}),
        (off_by_one, {(m, "pixel_flipping") for m in ("lrp", "occlusion", "input_difference", "gradient")}),
    ],
)
def test_a_fault_is_caught_in_the_cells_that_it_touches(
    suite: Suite, right: str, tmp_path: Path, fault: Patch, touched: set[tuple[str, str]]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fault(patch)
        wrong = ran(suite, tmp_path / "store.db")
    found = compared(store_side(right), store_side(wrong))
    assert {(c.address.method.name, c.address.metric.name) for c in found.regressions} == touched
    assert found.counts == {"changed": len(touched), "unchanged": 8 - len(touched)}


def test_the_same_code_again_gives_the_same_bits(suite: Suite, right: str, tmp_path: Path) -> None:
    found = compared(store_side(right), store_side(ran(suite, tmp_path / "store.db")))
    assert found.counts == {"unchanged": 8}
    assert {c.difference for c in found.cells} == {0.0}
