"""Methods that Captum has too: the same work, once as Captum does it by default and once in full batches."""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from captum import attr
from conftest import Against, Place
from torch import Tensor, nn

STEPS, COPIES = 50, 25
Call = Callable[[Place, nn.Module, bool], Any]

pytestmark = [
    pytest.mark.benchmark(group="against Captum", disable_gc=True),
    pytest.mark.filterwarnings("ignore:Setting", "ignore:Input Tensor"),
]


def integrated_gradients(place: Place, module: nn.Module, full: bool) -> Any:
    return attr.IntegratedGradients(module).attribute(
        place.bench.inputs,
        target=place.targets,
        n_steps=STEPS,
        internal_batch_size=place.plan.rows if full else None,
    )


def noise_tunnel(kind: str) -> Call:
    def call(place: Place, module: nn.Module, full: bool) -> Any:
        return attr.NoiseTunnel(attr.Saliency(module)).attribute(
            place.bench.inputs,
            nt_type=kind,
            nt_samples=COPIES,
            nt_samples_batch_size=max(1, place.plan.rows // len(place.bench.ids)) if full else None,
            stdevs=0.15,
            abs=False,
            target=place.targets,
        )

    return call


def occlusion(place: Place, module: nn.Module, full: bool) -> Any:
    inputs = place.bench.inputs
    side = place.bench.model.domain.region_size(inputs.shape)
    window = (inputs.shape[1], side, side)
    return attr.Occlusion(module).attribute(
        inputs,
        sliding_window_shapes=window,
        strides=window,
        target=place.targets,
        perturbations_per_eval=max(1, place.plan.rows // len(inputs)) if full else 1,
    )


def layer_grad_cam(place: Place, module: nn.Module, full: bool) -> Any:
    layer = module.get_submodule(place.bench.model.layers["cam"])
    maps = attr.LayerGradCam(module, layer).attribute(place.bench.inputs, target=place.targets, relu_attributions=True)
    return attr.LayerAttribution.interpolate(maps, tuple(place.bench.inputs.shape[2:]), "bilinear")


def guided_grad_cam(place: Place, module: nn.Module, full: bool) -> Any:
    layer = module.get_submodule(place.bench.model.layers["cam"])
    return attr.GuidedGradCam(module, layer).attribute(
        place.bench.inputs, target=place.targets, interpolate_mode="bilinear"
    )


def one_call(kind: Any, **options: Any) -> Call:
    return lambda place, module, full: kind(module).attribute(place.bench.inputs, target=place.targets, **options)


def lrp(place: Place, module: nn.Module, full: bool) -> Any:
    return attr.LRP(module).attribute(place.bench.inputs, target=place.targets)


PAIRS: dict[str, tuple[str, Call]] = {
    "gradient": ("gradient", one_call(attr.Saliency, abs=False)),
    "input_x_gradient": ("input_x_gradient", one_call(attr.InputXGradient)),
    "integrated_gradients": (f"integrated_gradients(steps={STEPS})", integrated_gradients),
    "smooth_grad": (f"smooth_grad(samples={COPIES})", noise_tunnel("smoothgrad")),
    "var_grad": (f"var_grad(samples={COPIES})", noise_tunnel("vargrad")),
    "guided_backprop": ("guided_backprop", one_call(attr.GuidedBackprop)),
    "deconvnet": ("deconvnet", one_call(attr.Deconvolution)),
    "grad_cam": ("grad_cam", layer_grad_cam),
    "guided_grad_cam": ("guided_grad_cam", guided_grad_cam),
    "occlusion": ("occlusion", occlusion),
    "lrp": ("lrp(composite='epsilon')", lrp),
}
"""By name: our spec, and Captum's call; `full` where Captum lets the caller choose how many rows go into a pass."""


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
    references: dict[str, Callable[[], object]] = {"Captum by default": lambda: call(digits, module, False)}
    if call.__name__ in ("integrated_gradients", "call", "occlusion"):
        references["Captum in full batches"] = lambda: call(digits, module, True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        against(lambda: digits.explain(spec), references)
    if name not in ("smooth_grad", "var_grad", "lrp"):
        ours = digits.explain(spec).relevance
        torch.testing.assert_close(ours, call(digits, module, False).detach().to(ours), rtol=1e-3, atol=1e-4)
