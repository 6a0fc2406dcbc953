"""non_sensitivity: planted networks of which it is known what they use."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.errors import BadParameter
from whybench.meter import Meter
from whybench.methods.attribution import Gradient
from whybench.metrics.attribution.non_sensitivity import NonSensitivity
from whybench.protocols import AttributionMethod, Case, Query
from whybench.protocols.asking import wrap

TABLE = torch.randn(4, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
IMAGES = torch.randn(2, 3, 4, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
USED = torch.tensor([1.0, 0.0, -2.0, 0.0, 0.5, 0.0], dtype=torch.float64)


@dataclass(frozen=True)
class Row(AttributionMethod):
    """The same numbers for every sample."""

    name: ClassVar[str] = "row"
    reference: ClassVar[str] = ""

    values: tuple[float, ...] = ()

    def relevance(self, query: Query) -> Tensor:
        return torch.tensor(self.values).to(query.inputs).expand(len(query), -1).clone()


def planted() -> nn.Module:
    """Uses columns 0, 2 and 4 in a curved way."""
    net = nn.Sequential(nn.Linear(6, 4, bias=False), nn.Tanh(), nn.Linear(4, 2)).double()
    for k, parameter in enumerate(net.parameters()):
        parameter.data.copy_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(k)))
    net[0].weight.data *= USED != 0  # type: ignore[operator]
    return net.eval()


def case(method: AttributionMethod, inputs: Tensor = TABLE, net: nn.Module | None = None, **how: Any) -> Case[Any]:
    chosen = list(how.get("order", range(len(inputs))))
    ids, targets = tuple(f"s{i}" for i in chosen), torch.tensor(chosen) % 2
    return open_case(method, wrap(net or planted(), inputs), inputs[chosen], targets, ids=ids, rows=how.get("rows", 64))


def test_the_gradient_is_right_everywhere() -> None:
    found = NonSensitivity().score(case(Gradient()))
    assert found.values.tolist() == [0.0] * 4
    assert found.details["unused"].tolist() == [0.5] * 4


@pytest.mark.parametrize(
    ("values", "spurious", "missed"),
    [
        ((1.0, 0.0, -1.0, 0.0, 1.0, 0.0), 0, 0),
        ((1.0, 1.0, -1.0, 0.0, 1.0, 0.0), 1, 0),
        ((0.0, 1.0, 0.0, 1.0, 0.0, 1.0), 3, 3),
        ((0.0,) * 6, 0, 3),
        ((2.0,) * 6, 3, 0),
        ((1.0, 1e-9, -1.0, 0.0, 1.0, 0.0), 0, 0),
    ],
)
def test_both_kinds_of_error_are_counted(values: tuple[float, ...], spurious: int, missed: int) -> None:
    """Counting one kind only, or features that are right instead of wrong, fails here."""
    found = NonSensitivity().score(case(Row(values)))
    assert found.details["spurious"].tolist() == [spurious / 6] * 4
    assert found.details["missed"].tolist() == [missed / 6] * 4
    assert found.values.tolist() == [(spurious + missed) / 6] * 4


def test_regions_of_images_against_a_slow_count() -> None:
    """Looks at the left third of one channel only; 2 x 2 regions of 4 x 6 pixels."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(72, 2)).double()
    keep = torch.zeros(3, 4, 6)
    keep[1, :, :2] = 1
    net[1].weight.data *= keep.flatten()  # type: ignore[operator]
    maps = torch.zeros(4, 6)
    maps[0, 3], maps[1, 0] = 5.0, -1.0

    @dataclass(frozen=True)
    class Drawn(Row):
        def relevance(self, query: Query) -> Tensor:
            return maps.to(query.inputs)[None, None].expand(len(query), 3, -1, -1).clone()

    used, relevant = np.zeros((2, 3), bool), np.zeros((2, 3), bool)
    for down in range(2):
        for right in range(3):
            part = slice(2 * down, 2 * down + 2), slice(2 * right, 2 * right + 2)
            used[down, right] = bool(keep[:, part[0], part[1]].any())
            relevant[down, right] = bool(maps[part].any())
    expected = float((used != relevant).mean())
    assert NonSensitivity(region=2).score(case(Drawn(), IMAGES, net)).values.tolist() == [expected] * 2 == [2 / 6] * 2


def test_batches_do_not_matter() -> None:
    net, method = planted(), Row((1.0, 1.0, 0.0, 0.0, 1.0, 0.0))
    whole = NonSensitivity().score(case(method, net=net)).values
    for order in ((2,), (3, 0)):
        found = NonSensitivity().score(case(method, net=net, order=order, rows=1)).values
        assert found.tolist() == whole[list(order)].tolist()


def test_passes_are_shared_by_methods() -> None:
    opened, meter = case(Gradient()), Meter()
    with meter.watching(opened.model.module):
        NonSensitivity().score(opened)
        NonSensitivity(threshold=0.5).score(opened)
    assert (meter.forward, meter.backward) == (4 * (6 * 2 + 1), 0)


@pytest.mark.parametrize("wrong", [{"draws": 0}, {"region": 0}, {"threshold": 1.0}])
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadParameter, match=f"non_sensitivity: {next(iter(wrong))}="):
        NonSensitivity(**wrong)
