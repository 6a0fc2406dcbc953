"""The presets of Quantus beside Quantus 0.6, where that is installed (`python -m pip install 'whybench[quantus]'`)."""

import dataclasses
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn

from whybench.cases import open_case
from whybench.domains import ImageDomain
from whybench.methods.attribution import Random
from whybench.metrics.attribution import Aopc, Irof, PixelFlipping, Road, Selectivity, Sufficiency
from whybench.metrics.attribution.superpixel_sweep import Superpixels
from whybench.protocols import Case, Model

quantus = pytest.importorskip("quantus", reason="Quantus is not installed; python -m pip install 'whybench[quantus]'")

SIDE = 16


@pytest.fixture(autouse=True)
def in_double_precision(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Quantus makes tensors of the default type, and names a function that NumPy 2.4 has no more."""
    monkeypatch.setattr(np, "trapz", np.trapezoid, raising=False)
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    monkeypatch.setattr(torch, "Tensor", torch.DoubleTensor)
    yield
    torch.set_default_dtype(before)


@pytest.fixture
def case() -> Case:
    generator = torch.Generator().manual_seed(4)

    def linear(i: int, o: int) -> nn.Linear:
        layer = nn.Linear(i, o, dtype=torch.float64)
        layer.weight.data = torch.randn(o, i, generator=generator, dtype=torch.float64) / i**0.5
        return layer

    net = nn.Sequential(nn.Flatten(), linear(SIDE * SIDE, 16), nn.Tanh(), linear(16, 4)).eval()
    images = torch.randn(12, 1, SIDE, SIDE, generator=generator, dtype=torch.float64)
    model = Model(name="tiny", module=net, domain=ImageDomain(mean=0.25))
    ids = tuple(str(i) for i in range(12))
    return open_case(Random(), model, images, net(images).argmax(1), ids=ids)


def theirs(metric: object, case: Case, **options: object) -> np.ndarray:
    answer = metric(  # type: ignore[operator]
        model=case.model.module,
        x_batch=case.inputs.numpy(),
        y_batch=case.targets.numpy(),
        a_batch=case.explanation.relevance.numpy(),
        device="cpu",
        channel_first=True,
        **options,
    )
    return np.array(list(answer.values()) if isinstance(answer, dict) else answer)


def test_pixel_flipping(case: Case) -> None:
    scores = PixelFlipping.preset("quantus").score(case)
    area = theirs(quantus.PixelFlipping(return_auc_per_sample=True, disable_warnings=True), case)
    np.testing.assert_allclose(scores.values.numpy(), area, rtol=0, atol=1e-9)
    curve = theirs(quantus.PixelFlipping(disable_warnings=True), case)
    np.testing.assert_allclose(scores.curves.y[:, 1:].numpy(), curve, rtol=0, atol=1e-12)


@pytest.mark.parametrize("order", ["morf", "lerf"])
@pytest.mark.parametrize("size", [4, 8])
def test_region_perturbation(case: Case, order: str, size: int) -> None:
    ours = dataclasses.replace(Aopc.preset("quantus"), region=size, order=order).score(case).values
    drops = theirs(quantus.RegionPerturbation(patch_size=size, order=order, disable_warnings=True), case)
    np.testing.assert_allclose(ours.numpy(), drops.mean(1), rtol=0, atol=1e-12)


def test_selectivity(case: Case) -> None:
    ours = dataclasses.replace(Selectivity.preset("quantus"), region=4).score(case).values
    rest = theirs(quantus.Selectivity(patch_size=4, disable_warnings=True), case)
    np.testing.assert_allclose(ours.numpy(), rest.mean(1), rtol=0, atol=1e-12)


def test_road_with_our_noise_and_only_in_one_minibatch(case: Case) -> None:
    noise = 0.01 * case.domain.normal("infill/noisy_linear", case.inputs, case.ids, case.streams).numpy()
    images = case.inputs.numpy()

    def impute(arr: np.ndarray, indices: np.ndarray, **_: object) -> np.ndarray:
        sample = next(i for i, image in enumerate(images) if np.array_equal(arr, image))
        filled = quantus.perturb_func.noisy_linear_imputation(arr=arr, indices=indices, noise=0.0).copy()
        filled.reshape(1, -1)[:, indices] += noise[sample].reshape(1, -1)[:, indices]
        return filled

    details = Road.preset("quantus").score(case).details
    ours = np.array([details[f"removed {p} %"].mean().item() for p in range(1, 100, 2)])
    metric = quantus.ROAD(percentages=list(range(1, 100, 2)), perturb_func=impute, disable_warnings=True)
    np.testing.assert_allclose(ours, theirs(metric, case), rtol=0, atol=1e-12)
    first = np.array([details[f"removed {p} %"][:2].mean().item() for p in range(1, 100, 2)])
    np.testing.assert_allclose(first, theirs(metric, case, batch_size=2), rtol=0, atol=1e-12)
    assert not np.allclose(first, ours)


def test_irof_with_our_superpixels_and_a_fill_that_does_not_drift(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = Irof(segments=12).score(case)
    cut = iter(case.artifact(Superpixels(12))["index"].numpy())
    monkeypatch.setattr("quantus.helpers.utils.get_superpixel_segments", lambda img, segmentation_method: next(cut))
    metric = quantus.IROF(perturb_baseline=0.25, return_aggregate=False, disable_warnings=True)
    relative = scores.curves.y.numpy()[:, 1:] / scores.curves.y.numpy()[:, :1]
    counts = scores.details["superpixels"].numpy()
    # Their area: no clean point, one for the distance of two, and 0 beyond an image's last superpixel.
    there = np.arange(relative.shape[1]) < counts[:, None]
    over = counts - np.trapezoid(np.where(there, relative, 0.0), axis=1)
    np.testing.assert_allclose(over, theirs(metric, case), rtol=0, atol=1e-9)


def test_sufficiency(case: Case) -> None:
    scores = Sufficiency.preset("quantus").score(case)
    near = theirs(quantus.Sufficiency(disable_warnings=True), case)
    np.testing.assert_allclose(scores.values.nan_to_num().numpy(), near, rtol=0, atol=1e-12)
