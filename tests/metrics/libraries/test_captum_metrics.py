"""Captum's metrics behind their adapters: the numbers of ours on the same draws, and nothing left behind."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import torch
from captum import metrics as captum
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import ImageDomain
from whybench.errors import BadParameter, Unsupported
from whybench.meter import Meter
from whybench.methods.attribution import Gradient, SmoothGrad
from whybench.metrics.attribution import Infidelity, SensitivityMax
from whybench.metrics.attribution.captum_adapters import CaptumInfidelity, CaptumSensitivityMax
from whybench.protocols import AttributionMethod, Case, Metric, Model, Query

SAMPLES = 4


def draw(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Parameter(draw(50, 6, seed=1) / 5), nn.Parameter(draw(6, 3, seed=2))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x.flatten(1) @ self.first) @ self.second


IMAGES, TARGETS = draw(SAMPLES, 2, 5, 5, seed=3), torch.tensor([0, 2, 1, 0])


def opened(method: AttributionMethod | None = None, order: tuple[int, ...] = (0, 1, 2, 3), rows: int = 64) -> Case[Any]:
    model = Model(name="net", module=Net(), domain=ImageDomain(low=-4.0, high=4.0, mean=0.0))
    ids = tuple(f"s{i}" for i in order)
    return open_case(method or Gradient(), model, IMAGES[list(order)], TARGETS[list(order)], ids=ids, rows=rows)


def same(found: Tensor, wanted: Tensor, tolerance: float = 1e-12) -> None:
    torch.testing.assert_close(found, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("scaled", [False, True])
def test_infidelity_is_ours_on_the_same_noise(scaled: bool) -> None:
    ours = Infidelity(perturbation="noise", noise=0.2, draws=7, scaled=scaled).score(opened()).values
    theirs = CaptumInfidelity(n_perturb_samples=7, noise=0.2, normalize=scaled).score(opened()).values
    same(theirs, ours, 1e-9)
    assert ours.min() > 1e-6


@pytest.mark.parametrize("method", [Gradient(), SmoothGrad(samples=3)])
def test_sensitivity_is_ours_on_the_same_draws(method: AttributionMethod) -> None:
    ours = SensitivityMax(draws=5, radius=0.1).score(opened(method)).values
    theirs = CaptumSensitivityMax(n_perturb_samples=5, perturb_radius=0.1).score(opened(method)).values
    same(theirs, ours, 1e-9)
    assert len(ours.unique()) == SAMPLES


def test_infidelity_is_what_captum_says_when_it_is_called_by_hand() -> None:
    case = opened()
    scale = 0.2 * (IMAGES.flatten(1).amax(1) - IMAGES.flatten(1).amin(1))
    noise = torch.stack(
        [scale[i] * case.streams.normal("noisy_outputs", f"s{i}", 0, (1, 2, 5, 5))[0] for i in range(4)]
    )
    by_hand = captum.infidelity(
        case.model.module,
        lambda x: (-noise, x + noise),
        IMAGES,
        case.explanation.relevance,
        target=TARGETS,
        n_perturb_samples=1,
    )
    same(CaptumInfidelity(n_perturb_samples=1, noise=0.2).score(case).values, by_hand, 1e-10)


METRICS: tuple[Metric[Any], ...] = (CaptumInfidelity(), CaptumSensitivityMax())
each = pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)


@each
def test_batch_and_order_do_not_matter(metric: Metric[Any]) -> None:
    values = metric.score(opened()).values
    same(metric.score(opened(rows=1)).values, values)
    same(metric.score(opened(order=(2, 0, 3, 1))).values, values[[2, 0, 3, 1]])
    same(metric.score(opened(order=(3,))).values, values[3:])


@each
def test_nothing_is_left_behind_and_passes_are_said(metric: Metric[Any]) -> None:
    case, before = opened(), torch.get_rng_state()
    inputs, maps = case.inputs.clone(), case.explanation.relevance.clone()
    meter = Meter()
    with meter.watching(case.model.module):
        metric.score(case)
    said = metric.passes(case)
    assert said is not None
    assert (meter.forward, meter.backward) == (said.forward, said.backward)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(case.inputs, inputs)
    assert torch.equal(case.explanation.relevance, maps)


@dataclass(frozen=True)
class Coarse(AttributionMethod):
    """One channel for both, zero everywhere."""

    name: ClassVar[str] = "coarse"
    reference: ClassVar[str] = ""
    grid: ClassVar[Any] = "spatial"

    def relevance(self, query: Query) -> Tensor:
        return query.inputs[:, :1] * 0


def test_what_has_no_value_says_why() -> None:
    zero = CaptumSensitivityMax().score(opened(Coarse()))
    assert dict(zero.undefined) == dict.fromkeys(range(SAMPLES), "the map is zero everywhere")
    with pytest.raises(Unsupported, match=r"the map is \(4, 1, 5, 5\)"):
        CaptumInfidelity().score(opened(Coarse()))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CaptumInfidelity(n_perturb_samples=0), "n_perturb_samples=0; at least 1"),
        (lambda: CaptumInfidelity(noise=0.0), "noise=0.0; a finite number above 0"),
        (lambda: CaptumSensitivityMax(n_perturb_samples=0), "n_perturb_samples=0; at least 1"),
        (lambda: CaptumSensitivityMax(perturb_radius=-1.0), "perturb_radius=-1.0; a finite number > 0"),
    ],
)
def test_values_that_make_no_sense_are_named(make: Any, message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        make()


def test_captum_takes_the_first_map_for_all_where_maps_are_no_tuple() -> None:
    """Why the adapter gives it tuples: maps that never move have sensitivity 0, and Captum says otherwise."""
    inputs, maps = draw(3, 3, seed=5), torch.eye(3, dtype=torch.float64)
    asked = {"n_perturb_samples": 1, "perturb_radius": 0.1}
    assert captum.sensitivity_max(lambda x: (maps.clone(),), inputs, **asked).tolist() == [0.0, 0.0, 0.0]
    wrong = captum.sensitivity_max(lambda x: maps.clone(), inputs, **asked).tolist()
    assert wrong == pytest.approx([0.0, 2**0.5, 2**0.5])
