"""Methods of one pass that Captum has too."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from captum import attr
from conftest import Against, Place
from torch import Tensor, nn

Call = Callable[[Place, nn.Module], Any]

pytestmark = [
    pytest.mark.benchmark(group="against Captum", disable_gc=True),
    pytest.mark.filterwarnings("ignore:Setting", "ignore:Input Tensor"),
]


def layer_grad_cam(place: Place, module: nn.Module) -> Any:
    layer = module.get_submodule(place.bench.model.layers["cam"])
    maps = attr.LayerGradCam(module, layer).attribute(place.bench.inputs, target=place.targets, relu_attributions=True)
    return attr.LayerAttribution.interpolate(maps, tuple(place.bench.inputs.shape[2:]), "bilinear")


def guided_grad_cam(place: Place, module: nn.Module) -> Any:
    layer = module.get_submodule(place.bench.model.layers["cam"])
    return attr.GuidedGradCam(module, layer).attribute(
        place.bench.inputs, target=place.targets, interpolate_mode="bilinear"
    )


def one_call(kind: Any) -> Call:
    return lambda place, module: kind(module).attribute(place.bench.inputs, target=place.targets)


def lrp(place: Place, module: nn.Module) -> Any:
    return attr.LRP(module).attribute(place.bench.inputs, target=place.targets)


PAIRS: dict[str, tuple[str, Call]] = {
    "guided_backprop": ("guided_backprop", one_call(attr.GuidedBackprop)),
    "deconvnet": ("deconvnet", one_call(attr.Deconvolution)),
    "grad_cam": ("grad_cam", layer_grad_cam),
    "guided_grad_cam": ("guided_grad_cam", guided_grad_cam),
    "lrp": ("lrp(composite='epsilon')", lrp),
}
"""By name: our spec, and Captum's call."""


class WithoutFlatten(nn.Module):
    """The layers of a Sequential with its nn.Flatten as a function, since Captum's LRP has no rule for the module."""

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        for name, layer in layers.named_children():
            if not isinstance(layer, nn.Flatten):
                self.add_module(name, layer)
        self.order = [name for name, _ in layers.named_children()]

    def forward(self, inputs: Tensor) -> Tensor:
        for name in self.order:
            inputs = inputs.flatten(1) if name == "flatten" else self.get_submodule(name)(inputs)
        return inputs


@pytest.mark.parametrize("name", PAIRS)
def test_against_captum(name: str, digits: Place, against: Against) -> None:
    spec, call = PAIRS[name]
    module = digits.bench.model.module
    if name == "lrp":
        assert isinstance(module, nn.Sequential)
        module = WithoutFlatten(module)
        digits = replace(digits, bench=replace(digits.bench, model=digits.bench.model.with_module(module)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        against(lambda: digits.explain(spec), {"Captum": lambda: call(digits, module)})
    if name != "lrp":
        ours = digits.explain(spec).relevance
        torch.testing.assert_close(ours, call(digits, module).detach().to(ours), rtol=1e-3, atol=1e-4)
