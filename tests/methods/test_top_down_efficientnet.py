"""RAP and excitation backpropagation on EfficientNet-Lite0: linear bottlenecks, BatchNorm everywhere, ReLU6."""

import copy

import pytest
import torch
from test_lrp_efficientnet import folded
from torch import Tensor

from whybench import registries
from whybench.datasets import ImagenetPhotos
from whybench.methods.attribution import ExcitationBackprop, Rap
from whybench.protocols import AttributionMethod, Model
from whybench.resolver import resolve

CLASS = 300


@pytest.fixture(scope="module")
def model() -> Model:
    """In float64, the module a copy of the cached one."""
    found: Model = resolve(registries.models, "efficientnet_lite0").load()
    return found.with_module(copy.deepcopy(found.module).double())


@pytest.fixture(scope="module")
def photo(model: Model) -> Tensor:
    """A 48 x 48 piece of a photograph."""
    sample = model.preprocess(ImagenetPhotos().load().samples[0])
    return sample[None, :, 88:136, 88:136].double()


@pytest.mark.parametrize(
    "method",
    [Rap(), ExcitationBackprop(), ExcitationBackprop(contrastive=True)],
    ids=["rap", "excitation_backprop", "contrastive"],
)
def test_relevance_is_that_of_the_folded_twin(method: AttributionMethod, model: Model, photo: Tensor) -> None:
    """One row alone and in a batch, finite, and the same with BatchNorm folded on the fly or beforehand."""
    relevance = method.attribute(model, torch.cat([photo, photo.flip(3)]), CLASS)
    scale = float(relevance[0].abs().max())
    assert torch.isfinite(relevance).all()
    assert scale > 0
    twin = model.with_module(folded(model.module))
    torch.testing.assert_close(method.attribute(twin, photo, CLASS), relevance[:1], atol=1e-8 * scale, rtol=0)


def test_rap_sums_to_the_logit(model: Model, photo: Tensor) -> None:
    """Up to what is lost among values of both signs that are far larger."""
    relevance = Rap().attribute(model, photo, CLASS)
    with torch.no_grad():
        logit = model.module(photo)[0, CLASS]
    assert (relevance.sum() - logit).abs() < 1e-9 * relevance.abs().sum()
    torch.testing.assert_close(relevance.sum(), logit, atol=0, rtol=1e-6)


def test_what_remains_of_the_probability(model: Model, photo: Tensor) -> None:
    """Depthwise channels that only their biases hold above 0 end most walks here."""
    relevance = ExcitationBackprop().attribute(model, photo, CLASS)
    assert relevance.min() >= 0
    assert 0.01 < relevance.sum() < 0.5
