"""LRP on EfficientNet-Lite0: BatchNorm everywhere, one ReLU6 used twice a block, functional skips, static padding."""

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from whybench import registries
from whybench.datasets import ImagenetPhotos
from whybench.domains import ImageDomain
from whybench.methods.attribution import Gradient, Lrp
from whybench.methods.attribution.backpropagation.grammar import Grammar
from whybench.protocols import Model
from whybench.resolver import resolve

COMPOSITES = ("epsilon", "epsilon_plus", "epsilon_gamma_box", "epsilon_alpha2_beta1_flat", "deep_taylor")


@pytest.fixture(scope="module")
def model() -> Model:
    """In float64, the module a copy of the cached one."""
    found: Model = resolve(registries.models, "efficientnet_lite0").load()
    return found.with_module(copy.deepcopy(found.module).double())


@pytest.fixture(scope="module")
def photo(model: Model) -> Tensor:
    """A 64 x 64 piece of a photograph."""
    sample = model.preprocess(ImagenetPhotos().load().samples[0])
    return sample[None, :, 80:144, 80:144].double()


def pairs(module: nn.Module) -> Iterator[tuple[nn.Module, str, str]]:
    """(owner, convolution, its BatchNorm)."""
    yield module, "_conv_stem", "_bn0"
    yield module, "_conv_head", "_bn1"
    for block in module.get_submodule("_blocks").children():
        for convolution, norm in (("_expand_conv", "_bn0"), ("_depthwise_conv", "_bn1"), ("_project_conv", "_bn2")):
            if hasattr(block, convolution):
                yield block, convolution, norm


def folded(module: nn.Module) -> nn.Module:
    other = copy.deepcopy(module)
    for owner, convolution, norm in pairs(other):
        conv, bn = getattr(owner, convolution), getattr(owner, norm)
        gain = bn.weight / torch.sqrt(bn.running_var + bn.eps)
        conv.weight = nn.Parameter(conv.weight * gain[:, None, None, None], requires_grad=False)
        conv.bias = nn.Parameter(bn.bias - bn.running_mean * gain, requires_grad=False)
        setattr(owner, norm, nn.Identity())
    return other


@pytest.fixture(scope="module")
def twin(model: Model) -> Model:
    return model.with_module(folded(model.module))


def test_the_folded_twin_keeps_its_logits(model: Model, twin: Model, photo: Tensor) -> None:
    assert (model.module(photo) - twin.module(photo)).abs().max() < 1e-10
    single = (copy.deepcopy(m.module).float()(photo.float()) for m in (model, twin))
    one, other = single
    assert (one - other).abs().max() < 1e-4


@pytest.mark.parametrize("composite", COMPOSITES)
def test_relevance_is_that_of_the_folded_twin(composite: str, model: Model, twin: Model, photo: Tensor) -> None:
    """One row alone and in a batch, finite, and the same with BatchNorm folded on the fly or beforehand."""
    method = Lrp(composite)
    relevance = method.attribute(model, torch.cat([photo, photo.flip(3)]), 300)
    scale = float(relevance[0].abs().max())
    assert torch.isfinite(relevance).all()
    assert scale > 0
    torch.testing.assert_close(method.attribute(twin, photo, 300), relevance[:1], atol=1e-8 * scale, rtol=0)


def test_small_epsilon_without_saturation_is_input_x_gradient(model: Model, photo: Tensor) -> None:
    """With every ReLU6 made a ReLU; and not with ReLU6, which saturates here."""
    gaps = []
    for top in (6.0, torch.inf):
        module = copy.deepcopy(model.module)
        for rectifier in module.modules():
            if isinstance(rectifier, nn.ReLU6):
                rectifier.max_val = top
        other = model.with_module(module)
        expected = photo * Gradient().attribute(other, photo, 300)
        gap = Lrp("epsilon", epsilon=1e-15).attribute(other, photo, 300) - expected
        gaps.append(float(gap.abs().max() / expected.abs().max()))
    assert gaps[0] > 0.1
    assert gaps[1] < 1e-6


def test_relevance_passed_on_at_batch_norm_is_far_off(
    model: Model, photo: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The known mistake."""
    right = Lrp().attribute(model, photo, 300)
    monkeypatch.setattr(Grammar, "batch_norm", lambda self, call, *args, **kwargs: self.propagation.activation(call))
    wrong = Lrp().attribute(model, photo, 300)
    assert (wrong - right).abs().max() > 2 * right.abs().max()


def test_bounds_come_from_the_model(model: Model, photo: Tensor) -> None:
    domain = model.domain
    assert isinstance(domain, ImageDomain)
    one = Lrp("epsilon_gamma_box").attribute(model, photo, 300)
    assert torch.equal(one, Lrp("epsilon_gamma_box", low=domain.low, high=domain.high).attribute(model, photo, 300))
