"""Class activation maps and VisualBackProp: against the bare model, their own passes, and Captum."""

import pytest
from captum import attr
from conftest import Against, Passes, Place
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor

from whybench.meter import Meter

METHODS = ("grad_cam", "layer_cam", "grad_cam_plus_plus", "score_cam", "visual_back_prop")
ONE_PASS = tuple(name for name in METHODS if name != "score_cam")
"""Methods that ask the model once a sample; Score-CAM asks it once a channel, 1280 times on EfficientNet-Lite0."""

pytestmark = pytest.mark.benchmark(group="CAM", disable_gc=True)


def captum(place: Place) -> Tensor:
    """Captum's LayerGradCam at the same layer, brought to the input's size as Grad-CAM is."""
    model, inputs = place.bench.model, place.bench.inputs
    layer = model.module.get_submodule(model.layers["cam"])
    maps = attr.LayerGradCam(model.module, layer).attribute(inputs, place.targets, relu_attributions=True)
    upsampled: Tensor = attr.LayerAttribution.interpolate(maps, tuple(inputs.shape[2:]), "bilinear")
    return upsampled


def measure(name: str, place: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    meter, samples = Meter(), len(place.bench.ids)
    with meter.watching(place.bench.model.module):
        place.explain(name)
    benchmark.extra_info["forward"] = meter.forward / samples
    benchmark.extra_info["backward"] = meter.backward / samples
    references = {"bare forward": place.forward, "bare gradient": place.gradient}
    if name == "score_cam":
        references["its passes"] = Passes(place, lambda: place.explain(name)).again
    if name == "grad_cam":
        references["Captum"] = lambda: captum(place)
    against(lambda: place.explain(name), references)


@pytest.mark.parametrize("name", METHODS)
def test_cam(name: str, digits: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    measure(name, digits, benchmark, against)


@pytest.mark.parametrize("name", ONE_PASS)
def test_on_photographs(name: str, photographs: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    measure(name, photographs, benchmark, against)
