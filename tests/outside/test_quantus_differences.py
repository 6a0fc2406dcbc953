"""Why numbers of Quantus 0.6 are not ours where they are not: each reason on a case small enough to see it."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import ImageDomain
from whybench.errors import Unsupported
from whybench.methods.attribution import Gradient, InputXGradient
from whybench.metrics.attribution import (
    Completeness,
    EffectiveComplexity,
    InputInvariance,
    NonSensitivity,
    RandomLogit,
    RelativeInputStability,
)
from whybench.metrics.attribution.quantus_adapters import METRICS
from whybench.protocols import AttributionMethod, Case, Model, Query

quantus = pytest.importorskip("quantus", reason="Quantus is not installed; python -m pip install 'whybench[quantus]'")

SAMPLES = 3


def draw(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@dataclass(frozen=True, eq=False)
class Stored(AttributionMethod):
    """Maps by sample, whatever is asked."""

    name: ClassVar[str] = "stored"
    reference: ClassVar[str] = ""
    maps: Tensor

    def relevance(self, query: Query) -> Tensor:
        return self.maps[[int(i) for i in query.ids]]


def linear(side: int = 4, channels: int = 1) -> nn.Module:
    """A linear classifier without a bias, f(0) = 0."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(channels * side * side, 3, bias=False)).double()
    net[1].weight.data = draw(3, channels * side * side, seed=1)
    return net.eval()


def opened(module: nn.Module, images: Tensor, method: AttributionMethod) -> Case[Any]:
    model = Model(name="tiny", module=module, domain=ImageDomain(low=-4.0, high=4.0, mean=0.0))
    ids = tuple(str(i) for i in range(len(images)))
    return open_case(method, model, images, module(images).argmax(1), ids=ids)


def theirs(name: str, case: Case[Any], /, **parameters: Any) -> list[float]:
    return METRICS[f"quantus/{name}"](**parameters).score(case).values.tolist()


def test_road_depends_on_the_global_generator() -> None:
    """Called by hand, twice from one state of everything but the generator: other noise, other images."""
    images = draw(1, 1, 8, 8, seed=2).numpy()[0]
    impute = quantus.functions.perturb_func.noisy_linear_imputation
    first, second = (impute(arr=images, indices=np.arange(20), noise=0.1).copy() for _ in range(2))
    assert np.abs(first - second).max() > 1e-3


def test_nearby_inputs_come_from_the_global_generator() -> None:
    """A sample's draws depend on its company."""
    images = draw(SAMPLES, 1, 4, 4, seed=3)
    module = nn.Sequential(nn.Flatten(), nn.Linear(16, 3), nn.Tanh(), nn.Linear(3, 3)).double().eval()
    together = theirs("max_sensitivity", opened(module, images, Gradient()), nr_samples=3)
    alone = theirs("max_sensitivity", opened(module, images[:1], Gradient()), nr_samples=3)
    assert abs(together[0] - alone[0]) > 1e-4
    backwards = theirs("max_sensitivity", opened(module, images.flip(0), Gradient()), nr_samples=3)
    assert abs(together[0] - backwards[2]) > 1e-4


def test_relative_stabilities_divide_zeros_by_a_millionth() -> None:
    """One black pixel among bright ones decides Quantus' quotients, and how small 1e-6 is."""
    images = draw(SAMPLES, 1, 4, 4, seed=4).abs() + 1
    images[:, :, 0, 0] = 0
    module = linear()
    case = opened(module, images, InputXGradient())
    found = theirs("relative_input_stability", case, nr_samples=4, return_nan_when_prediction_changes=False)
    coarser = theirs(
        "relative_input_stability", case, nr_samples=4, eps_min=1e-3, return_nan_when_prediction_changes=False
    )
    ours = RelativeInputStability(draws=4).score(case).values.tolist()
    assert all(abs(a - b) < 0.2 for a, b in zip(found, coarser, strict=True))  # both halves of the ratio are that pixel
    assert all(0 < value < 2 for value in ours if value == value)
    bright = theirs("relative_output_stability", case, nr_samples=4, return_nan_when_prediction_changes=False)
    dimmer = theirs(
        "relative_output_stability", case, nr_samples=4, eps_min=1e-3, return_nan_when_prediction_changes=False
    )
    assert all(a / b == pytest.approx(1000, rel=1e-3) for a, b in zip(bright, dimmer, strict=True))


def test_a_batch_mate_changes_effective_complexity() -> None:
    maps = draw(SAMPLES, 1, 4, 4, seed=5)
    larger = maps.clone()
    larger[1] *= 1e6
    images = draw(SAMPLES, 1, 4, 4, seed=6)
    before, after = (theirs("effective_complexity", opened(linear(), images, Stored(m))) for m in (maps, larger))
    assert (before[0], after[0]) == (16.0, 0.0)
    ours = [EffectiveComplexity().score(opened(linear(), images, Stored(m))).values.tolist() for m in (maps, larger)]
    assert ours[0] == ours[1] == [16.0] * SAMPLES


def test_the_similarity_of_images_is_that_of_rows() -> None:
    """The SSIM of flattened maps: turning both images changes it; ours does not change."""
    images = draw(SAMPLES, 1, 8, 8, seed=7)
    module = linear(8)

    class Turned(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return module(x.transpose(2, 3))  # type: ignore[no-any-return]

    upright = opened(module, images, InputXGradient())
    turned = opened(Turned().eval(), images.transpose(2, 3).contiguous(), InputXGradient())
    one, other = theirs("random_logit", upright), theirs("random_logit", turned)
    assert max(abs(a - b) for a, b in zip(one, other, strict=True)) > 1e-3
    ours = [RandomLogit(similarity="ssim").score(case).values for case in (upright, turned)]
    torch.testing.assert_close(ours[0], ours[1], rtol=0, atol=1e-12)


def test_mprt_averages_the_original_in() -> None:
    """With L layers the score is (1 + sum) / (L + 1), smooth MPRT's likewise."""
    module = nn.Sequential(nn.Flatten(), nn.Linear(16, 6), nn.Tanh(), nn.Linear(6, 3)).double().eval()
    case = opened(module, draw(SAMPLES, 1, 4, 4, seed=8), InputXGradient())
    for name, parameters in (("mprt", {}), ("smooth_mprt", {"nr_samples": 2})):
        scores = METRICS[f"quantus/{name}"](**parameters).score(case)
        assert scores.curves is not None
        assert scores.curves.y.shape == (SAMPLES, 3)
        torch.testing.assert_close(scores.curves.y.mean(1), scores.values)
        if name == "mprt":
            torch.testing.assert_close(scores.curves.y[:, 0], torch.ones(SAMPLES, dtype=torch.float64))
        asked = METRICS[f"quantus/{name}"](**parameters, return_average_correlation=True).score(case)
        torch.testing.assert_close(asked.values, scores.values, rtol=0, atol=1e-12)


def test_layers_are_seeded_alike() -> None:
    """Two layers of one shape get the same weights."""
    module = nn.Sequential(nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, 5)).eval()
    wrapped = quantus.helpers.model.pytorch_model.PyTorchModel(module, channel_first=True)
    state = torch.get_rng_state()
    (_, last) = list(wrapped.get_random_layer_generator(order="bottom_up", seed=1))[-1]
    assert torch.equal(last[0].weight, last[2].weight)
    assert not torch.equal(torch.get_rng_state(), state)
    torch.set_rng_state(state)


def test_a_complete_map_fails_completeness() -> None:
    """Gradient times input of a linear model without a bias, with the fill 0: complete up to rounding."""
    case = opened(linear(), draw(8, 1, 4, 4, seed=9), InputXGradient())
    assert theirs("completeness", case, perturb_baseline=0.0) == [0.0] * 8
    sums = case.explanation.relevance.flatten(1).sum(1)
    outputs = case.model.explained(case.model.module(case.inputs), case.targets)
    torch.testing.assert_close(sums, outputs, rtol=1e-12, atol=1e-12)
    with pytest.raises(Unsupported, match="claims no sum"):
        Completeness().score(case)


def test_non_sensitivity_is_a_count_of_one_fill() -> None:
    """A pixel that is black already is removed by black, and counts as one that the model does not use."""
    images = draw(SAMPLES, 1, 4, 4, seed=10).abs()
    images[:, 0, 1] = 0
    case = opened(linear(), images, Gradient())
    assert theirs("non_sensitivity", case, softmax=False, normalise=False) == [4.0] * SAMPLES
    assert NonSensitivity(region=1).score(case).values.tolist() == [0.0] * SAMPLES


def test_input_invariance_leaves_the_first_element_where_it_was() -> None:
    arr, where = np.zeros((1, 1, 2, 2)), np.arange(4)[None]
    shift = quantus.functions.perturb_func.baseline_replacement_by_shift
    moved = quantus.functions.perturb_func.perturb_batch(
        perturb_func=shift, arr=arr, indices=where, indexed_axes=np.arange(3), input_shift=-1.0
    )
    assert moved.ravel().tolist() == [0.0, -1.0, -1.0, -1.0]

    padded = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(32, 3)).double().eval()
    case = opened(padded, draw(SAMPLES, 1, 4, 4, seed=11), Gradient())
    assert theirs("input_invariance", case) == [0.0] * SAMPLES
    torch.testing.assert_close(
        InputInvariance().score(case).values, torch.zeros(SAMPLES, dtype=torch.float64), rtol=0, atol=1e-12
    )


def test_road_fails_on_colour() -> None:
    case = opened(linear(4, channels=3), draw(SAMPLES, 3, 4, 4, seed=12), InputXGradient())
    with pytest.raises(Unsupported, match="Quantus fails: IndexError"):
        theirs("road", case, percentages=(50,))


def test_two_directions_are_not_as_declared() -> None:
    """Removing what matters drops the output more; equal maps of equal predictions agree."""
    images = draw(SAMPLES, 1, 4, 4, seed=13)
    good = InputXGradient()
    best = opened(linear(), images, good)
    worst = opened(linear(), images, Stored(-best.explanation.relevance))
    asked = {"patch_size": 1, "perturb_baseline": 0.0, "softmax": False}
    drops = [theirs("region_perturbation", case, **asked) for case in (best, worst)]
    assert all(a > b for a, b in zip(*drops, strict=True))
    assert METRICS["quantus/region_perturbation"]().higher_is_better
    assert quantus.RegionPerturbation.score_direction.value == "lower"

    same = torch.ones(4, 1, 4, 4, dtype=torch.float64)
    same[:, :, 0] = -1
    alike = images[:1].expand(4, -1, -1, -1).contiguous()
    agreeing = theirs("consistency", opened(linear(), alike, Stored(same)))
    apart = torch.cat([alike[:2], -alike[:2]])
    assert agreeing == pytest.approx([1.0] * 4)
    assert max(theirs("consistency", opened(linear(), apart, Stored(same)))) == pytest.approx(1 / 3)
    assert METRICS["quantus/consistency"]().higher_is_better
    assert quantus.Consistency.score_direction.value == "lower"
