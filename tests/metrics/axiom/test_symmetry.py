"""symmetry: planted networks that treat known pairs of features alike."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.errors import BadParameter
from whybench.meter import Meter
from whybench.methods.attribution import Gradient, InputXGradient, IntegratedGradients
from whybench.metrics.attribution.interchangeable_features import InterchangeableFeatures
from whybench.metrics.attribution.symmetry import Symmetry
from whybench.protocols import AttributionMethod, Case, Query
from whybench.protocols.asking import wrap

TABLE = torch.randn(3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@dataclass(frozen=True)
class Position(AttributionMethod):
    """The number of the column, wherever its value goes."""

    name: ClassVar[str] = "position"
    reference: ClassVar[str] = ""

    scale: float = 1.0

    def relevance(self, query: Query) -> Tensor:
        return self.scale * torch.arange(query.inputs.shape[1]).to(query.inputs).expand(len(query), -1).clone()


def planted(alike: bool = True) -> nn.Module:
    """Treats columns 0 and 3 alike, and 1 and 4."""
    net = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    for k, parameter in enumerate(net.parameters()):
        parameter.data.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(k)))
    if alike:
        net[0].weight.data[:, 3:] = net[0].weight.data[:, :2]  # type: ignore[index]
    return net.eval()


def case(method: AttributionMethod, net: nn.Module | None = None, inputs: Tensor = TABLE, **how: Any) -> Case[Any]:
    chosen = list(how.get("order", range(len(inputs))))
    ids, targets = tuple(f"s{i}" for i in chosen), torch.tensor(chosen) % 2
    return open_case(method, wrap(net or planted(), inputs), inputs[chosen], targets, ids=ids, rows=how.get("rows", 64))


def test_the_pairs_are_found() -> None:
    found = case(Gradient()).artifact(InterchangeableFeatures(200, 2))["partner"]
    assert found.tolist() == [[3, 4, 2, 0, 1]] * 3


@pytest.mark.parametrize("method", [Gradient(), InputXGradient(), IntegratedGradients(steps=4)], ids=lambda m: m.name)
def test_functions_of_the_model_alone_are_symmetric(method: AttributionMethod) -> None:
    found = Symmetry().score(case(method))
    assert float(found.values.max()) < 1e-12
    assert found.details["paired"].tolist() == [0.8] * 3


@pytest.mark.parametrize("scale", [1.0, -1e-6, 1e6])
def test_a_map_that_stays_where_it_is_is_off_by_a_known_share(scale: float) -> None:
    """(0, 1, 2, 3, 4) against (3, 4, 2, 0, 1): 12 of 10."""
    assert Symmetry().score(case(Position(scale))).values.tolist() == pytest.approx([1.2] * 3, rel=1e-12)


def test_equal_values_alone_are_no_symmetry() -> None:
    """Swapping equal values changes nothing at x itself: without the noisy copies all pairs would count."""
    found = Symmetry().score(case(Gradient(), planted(alike=False), torch.ones(2, 5, dtype=torch.float64)))
    assert found.undefined == dict.fromkeys(range(2), "no two features were found that can be swapped")


def test_pixels_swap_with_all_channels() -> None:
    images = torch.randn(2, 2, 2, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    net = nn.Sequential(nn.Conv2d(2, 3, 1), nn.Tanh(), nn.AdaptiveAvgPool2d(1), nn.Flatten()).double()
    found = Symmetry().score(case(Gradient(), net, images))
    assert found.details["paired"].tolist() == [1.0] * 2
    assert float(found.values.max()) < 1e-12


def test_a_zero_map_is_undefined() -> None:
    assert set(Symmetry().score(case(Position(0.0))).undefined.values()) == {"the map is zero everywhere"}


def test_batches_do_not_matter() -> None:
    net = planted()
    whole = Symmetry(pairs=7).score(case(Position(), net)).values
    for order in ((1,), (2, 0)):
        found = Symmetry(pairs=7).score(case(Position(), net, order=order, rows=1)).values
        assert found.tolist() == pytest.approx(whole[list(order)].tolist(), abs=1e-12, nan_ok=True)


def test_passes() -> None:
    opened, meter = case(Gradient()), Meter()
    with meter.watching(opened.model.module):
        Symmetry().score(opened)
        assert (meter.forward, meter.backward) == (3 * (10 + 1) * 3 + 3, 3)
        Symmetry().score(opened)
    assert meter.forward == 3 * 11 * 3 + 6


@pytest.mark.parametrize("wrong", [{"pairs": 0}, {"draws": 0}])
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadParameter, match=f"symmetry: {next(iter(wrong))}="):
        Symmetry(**wrong)
