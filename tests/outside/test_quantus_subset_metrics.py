"""Metrics of subsets and squares beside Quantus 0.6: the same numbers where the definition is the same, and where not.

Conditions throughout: one channel, regions of one pixel, a fixed fill, logits (softmax=False), maps that are not
normalised, float64. Where Quantus draws, it is given our draws.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import ImageDomain
from whybench.metrics.attribution import (
    FaithfulnessCorrelation,
    FaithfulnessEstimate,
    Infidelity,
    Monotonicity,
    MonotonicityCorrelation,
    SensitivityN,
)
from whybench.metrics.attribution.infidelity import squared_error
from whybench.metrics.attribution.subset_outputs import random_subsets
from whybench.protocols import AttributionMethod, Case, Model, Query
from whybench.streams import Streams

quantus = pytest.importorskip("quantus", reason="Quantus is not installed; it has a tox environment of its own")

SAMPLES, SIDE, PIXELS = 5, 6, 36
FILL = 0.25
PLAIN = {"normalise": False, "abs": False, "return_aggregate": False, "disable_warnings": True}


def draw(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


IMAGES, MAPS = draw(SAMPLES, 1, SIDE, SIDE, seed=0), draw(SAMPLES, 1, SIDE, SIDE, seed=1)
TARGETS = torch.zeros(SAMPLES, dtype=torch.int64)


@dataclass(frozen=True, eq=False)
class Stored(AttributionMethod):
    name: ClassVar[str] = "stored"
    reference: ClassVar[str] = ""
    maps: Tensor

    def relevance(self, query: Query) -> Tensor:
        return self.maps[[int(i) for i in query.ids]]


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Parameter(draw(PIXELS, 8, seed=2) / 6)
        self.second = nn.Parameter(draw(8, 3, seed=3))

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x.flatten(1).to(self.first) @ self.first) @ self.second


def opened(maps: Tensor = MAPS) -> Case[Any]:
    model = Model(name="net", module=Net(), domain=ImageDomain(low=-1.0, high=2.0, mean=FILL))
    return open_case(Stored(maps), model, IMAGES, TARGETS, ids=tuple(map(str, range(SAMPLES))))


def theirs(metric: Any, maps: Tensor = MAPS, batch_size: int = 64) -> np.ndarray:
    return np.array(
        metric(
            model=Net().eval(),
            x_batch=IMAGES.numpy(),
            y_batch=TARGETS.numpy(),
            a_batch=maps.numpy(),
            softmax=False,
            device="cpu",
            batch_size=batch_size,
        )
    )


def check(ours: Tensor, reference: np.ndarray) -> None:
    np.testing.assert_allclose(ours.numpy(), reference, rtol=0, atol=1e-6)


def test_faithfulness_correlation_is_the_same_on_the_same_subsets(monkeypatch: pytest.MonkeyPatch) -> None:
    size, subsets = 11, 20
    drawn = list(random_subsets(Streams(0), [str(i) for i in range(SAMPLES)], PIXELS, size, subsets).numpy())
    ours = FaithfulnessCorrelation(region=1, subset=0.3, subsets=subsets).score(opened()).values
    order: Iterator[np.ndarray] = iter([drawn[i][k] for k in range(subsets) for i in range(SAMPLES)])
    monkeypatch.setattr(np.random, "choice", lambda *args, **options: next(order))
    metric = quantus.FaithfulnessCorrelation(nr_runs=subsets, subset_size=size, perturb_baseline=FILL, **PLAIN)
    check(ours, theirs(metric))


@pytest.mark.parametrize("batch_size", [64, 2])
def test_faithfulness_estimate_is_the_same_for_single_features(batch_size: int) -> None:
    metric = quantus.FaithfulnessEstimate(features_in_step=1, perturb_baseline=FILL, **PLAIN)
    check(FaithfulnessEstimate(region=1).score(opened()).values, theirs(metric, batch_size=batch_size))


def test_monotonicity_correlation_is_the_same_on_the_same_draws() -> None:
    draws, calls = 4, [0]
    share = np.stack([Streams(0).uniform("resampled", str(i), 0, (draws, PIXELS)).numpy() for i in range(SAMPLES)])

    def replace(arr: np.ndarray, indices: np.ndarray, **_: Any) -> np.ndarray:
        new, of = arr.copy(), np.arange(SAMPLES)[:, None]
        new[of, indices] = -1.0 + 3.0 * share[of, calls[0] % draws, indices]
        calls[0] += 1
        return new

    metric = quantus.MonotonicityCorrelation(
        nr_samples=draws, features_in_step=1, perturb_func=replace, **{**PLAIN, "abs": True}
    )
    ours = MonotonicityCorrelation(region=1, draws=draws).score(opened()).values
    check(ours, theirs(metric, MAPS.abs()))


def test_infidelity_is_the_same_once_every_square_starts_from_the_clean_image() -> None:
    """As it comes, Quantus perturbs what it has perturbed before."""
    clean = IMAGES.flatten(1).numpy()

    def replace(arr: np.ndarray, indices: Any, **_: Any) -> np.ndarray:
        new = clean.copy()
        new[np.arange(SAMPLES)[:, None], indices] = FILL
        return new

    ours = infidelity_of_blocks(cumulative=False)
    check(ours, theirs(quantus.Infidelity(perturb_patch_sizes=[2], n_perturb_samples=1, perturb_func=replace, **PLAIN)))


def test_quantus_infidelity_as_it_comes_is_that_of_an_image_with_more_and_more_removed() -> None:
    metric = quantus.Infidelity(perturb_patch_sizes=[2], n_perturb_samples=1, perturb_baseline=FILL, **PLAIN)
    found = theirs(metric)
    check(infidelity_of_blocks(cumulative=True), found)
    assert np.abs(infidelity_of_blocks(cumulative=False).numpy() - found).min() > 1e-3


def infidelity_of_blocks(cumulative: bool) -> Tensor:
    """The unscaled infidelity over the blocks of a 2 x 2 grid, which do not overlap as our squares do."""
    net, foretold, drops, before = Net(), [], [], IMAGES
    for top in range(0, SIDE, 2):
        for left in range(0, SIDE, 2):
            perturbed = before.clone()
            perturbed[:, :, top : top + 2, left : left + 2] = FILL
            foretold.append((MAPS * (IMAGES - perturbed)).flatten(1).sum(1))
            drops.append((net(IMAGES) - net(perturbed))[:, 0].detach())
            before = perturbed if cumulative else IMAGES
    return squared_error(torch.stack(foretold, 1), torch.stack(drops, 1), scaled=False)[0]


def test_infidelity_of_one_square_as_large_as_the_image_is_the_same_as_it_comes() -> None:
    metric = quantus.Infidelity(perturb_patch_sizes=[SIDE], n_perturb_samples=1, perturb_baseline=FILL, **PLAIN)
    ours = Infidelity(perturbation="square_gradient", side=1.0, scaled=False).score(opened()).values
    check(ours, theirs(metric))


def test_quantus_monotonicity_passes_every_map_and_ours_does_not() -> None:
    """It fills the filled image with the fill, so that its output never changes."""
    assert theirs(quantus.Monotonicity(perturb_baseline=FILL, **PLAIN)).tolist() == [True] * SAMPLES
    ours = Monotonicity(region=1, steps=PIXELS, output="logit", strict=True).score(opened()).values
    assert ours.tolist() == [0.0] * SAMPLES


def test_quantus_sensitivity_n_depends_on_the_other_samples_and_ours_does_not() -> None:
    """It correlates over samples, and of several batches it looks at the first one only."""
    metric = quantus.SensitivityN(features_in_step=1, n_max_percentage=0.8, perturb_baseline=FILL, **PLAIN)
    together, apart = theirs(metric), theirs(metric, batch_size=3)
    assert len(together) == int(0.8 * PIXELS) != SAMPLES
    assert np.abs(together - apart).max() > 0.01
    ours = SensitivityN(region=1, sizes=3, subsets=10)
    model = Model(name="net", module=Net(), domain=ImageDomain(mean=FILL))
    alone = open_case(Stored(MAPS), model, IMAGES[:1], TARGETS[:1], ids=("0",))
    torch.testing.assert_close(ours.score(alone).values, ours.score(opened()).values[:1], rtol=0, atol=1e-12)
