"""Methods that take pieces of an input in and out, explaining one image: their own passes, Captum, shap and lime."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from captum import attr
from conftest import PUBLISHED, Against, Passes, Place, Work, opened
from ideal import ideal
from peers import installed, quiet
from pytest_benchmark.fixture import BenchmarkFixture

from whybench.meter import Meter

COALITIONS, DRAWS, ORDERS = 1024, 1000, 10
"""The defaults of kernel_shap, lime and shapley_sampling."""

Call = Callable[[Place, bool], Any]


def captum(kind: type[Any], **options: Any) -> Call:
    """Captum's class on the regions of the domain; `full` where as many rows go into a pass as the batch plan says."""

    def call(place: Place, full: bool) -> Any:
        bench = place.bench
        index = bench.model.domain.regions(bench.inputs.shape).index
        more = {} if kind is attr.Occlusion else {"feature_mask": index[None, None]}
        torch.manual_seed(0)
        return kind(bench.model.module).attribute(
            bench.inputs,
            target=place.targets,
            perturbations_per_eval=place.plan.rows if full else 1,
            **more,
            **options,
        )

    return call


def shap_kernel(place: Place) -> Work | None:
    """shap's KernelExplainer for as many coalitions, the black image standing in."""
    if not installed("shap"):
        return None
    import shap

    rows = place.bench.inputs.flatten(1).double().numpy()

    def function(x: Any) -> Any:
        out = place.bench.model.module(torch.from_numpy(x).float().view(-1, *place.bench.inputs.shape[1:]))
        return out[:, int(place.targets[0])].double().numpy()

    def direct() -> Any:
        with torch.inference_mode():
            explainer = shap.KernelExplainer(function, np.zeros((1, rows.shape[1])))
            return explainer.shap_values(rows, nsamples=COALITIONS, l1_reg=0, silent=True)

    return direct


def lime_image(place: Place) -> Work | None:
    """The library lime for as many draws, every pixel a segment, in passes of ten rows as it does by default."""
    if not installed("lime"):
        return None
    from lime.lime_image import LimeImageExplainer

    bench = place.bench
    image = np.repeat(bench.inputs[0, 0].double().numpy()[:, :, None], 3, 2)
    segments = np.arange(image[..., 0].size).reshape(image.shape[:2])

    def function(images: Any) -> Any:
        with torch.inference_mode():
            return bench.model.module(torch.from_numpy(images[..., :1]).float().movedim(-1, 1)).double().numpy()

    def direct() -> Any:
        explainer = LimeImageExplainer(random_state=0, feature_selection="none")
        return explainer.explain_instance(
            image,
            function,
            labels=(int(place.targets[0]),),
            top_labels=None,
            hide_color=0.0,
            num_samples=DRAWS,
            segmentation_fn=lambda image: segments,
        )

    return direct


PAIRS: dict[str, tuple[Call | None, dict[str, Callable[[Place], Work | None]]]] = {
    "occlusion": (captum(attr.Occlusion, sliding_window_shapes=(1, 1, 1)), {}),
    "kernel_shap": (captum(attr.KernelShap, n_samples=COALITIONS), {"shap": shap_kernel}),
    "lime": (captum(attr.Lime, n_samples=DRAWS), {"lime": lime_image}),
    "rise": (None, {}),
    "shapley_sampling": (captum(attr.ShapleyValueSampling, n_samples=ORDERS), {}),
}
"""By method, at its defaults: Captum's call for as many coalitions of the same 64 players, and other libraries'."""


@pytest.fixture
def digit() -> Iterator[Place]:
    """digits_cnn and one digit."""
    with opened("digits_cnn", "digits", 1) as found:
        yield found


@pytest.fixture
def photograph() -> Iterator[Place]:
    """EfficientNet-Lite0 and one photograph."""
    with opened("efficientnet_lite0", "imagenet_photos", 1) as found:
        yield found


def forward(place: Place, work: Callable[[], object]) -> int:
    """Samples through the model while something runs."""
    meter = Meter()
    with meter.watching(place.bench.model.module):
        work()
    return meter.forward


@pytest.mark.benchmark(group="perturbation methods", disable_gc=True)
@pytest.mark.parametrize("name", PAIRS)
def test_one_digit(name: str, digit: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    call, libraries = PAIRS[name]
    with quiet():
        passes = Passes(digit, lambda: digit.explain(name))
        references: dict[str, Work | None] = {"its forwards": passes.at(ideal(digit))}
        benchmark.extra_info["forward"] = forward(digit, lambda: digit.explain(name))
        if call is not None:
            benchmark.extra_info["forward, Captum"] = forward(digit, lambda: call(digit, False))
            references["Captum by default"] = lambda: call(digit, False)
            references["Captum in full batches"] = lambda: call(digit, True)
        references |= {library: made(digit) for library, made in libraries.items()}
        against(lambda: digit.explain(name), references, PUBLISHED)
    if name == "occlusion" and call is not None:
        ours = digit.explain(name).relevance
        torch.testing.assert_close(ours, call(digit, False).detach().to(ours), rtol=1e-3, atol=1e-4)


@pytest.mark.benchmark(group="perturbation methods", disable_gc=True)
@pytest.mark.parametrize(
    "spec",
    [
        "occlusion(window=56)",
        "kernel_shap(samples=32, region=56)",
        "lime(samples=32, region=56)",
        "rise(masks=32)",
        "shapley_sampling(permutations=2, region=56)",
    ],
)
def test_one_photograph(spec: str, photograph: Place, benchmark: BenchmarkFixture, against: Against) -> None:
    benchmark.extra_info["forward"] = forward(photograph, lambda: photograph.explain(spec))
    passes = Passes(photograph, lambda: photograph.explain(spec))
    against(lambda: photograph.explain(spec), {"its forwards": passes.at(ideal(photograph))}, PUBLISHED)
