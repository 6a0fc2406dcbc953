"""Methods that are means of gradients: beside the very same gradients, and beside Captum."""

from collections.abc import Callable
from typing import Any

import pytest
from captum import attr
from conftest import PUBLISHED, Against, Passes, Place, Work, opened
from ideal import ideal
from peers import quiet
from pytest_benchmark.fixture import BenchmarkFixture

from whybench.meter import Meter

STEPS, COPIES, SIGMA = 50, 25, 0.15
Call = Callable[[Place, bool], Any]

pytestmark = pytest.mark.benchmark(group="gradient methods", disable_gc=True)


def one_call(kind: Any, **options: Any) -> Call:
    return lambda place, full: kind(place.bench.model.module).attribute(
        place.bench.inputs, target=place.targets, **options
    )


def integrated_gradients(place: Place, full: bool) -> Any:
    return attr.IntegratedGradients(place.bench.model.module).attribute(
        place.bench.inputs,
        target=place.targets,
        n_steps=STEPS,
        internal_batch_size=place.plan.rows if full else None,
    )


def noise_tunnel(kind: str) -> Call:
    return lambda place, full: attr.NoiseTunnel(attr.Saliency(place.bench.model.module)).attribute(
        place.bench.inputs,
        nt_type=kind,
        nt_samples=COPIES,
        nt_samples_batch_size=max(1, place.plan.rows // len(place.bench.ids)) if full else None,
        stdevs=SIGMA,
        abs=False,
        target=place.targets,
    )


def gradient_shap(place: Place, full: bool) -> Any:
    learned = place.bench.model.training
    assert learned is not None
    return attr.GradientShap(place.bench.model.module).attribute(
        place.bench.inputs, learned.inputs, n_samples=STEPS, target=place.targets
    )


PAIRS: dict[str, tuple[Call, bool]] = {
    "gradient": (one_call(attr.Saliency, abs=False), False),
    "input_x_gradient": (one_call(attr.InputXGradient), False),
    f"integrated_gradients(steps={STEPS})": (integrated_gradients, True),
    f"expected_gradients(samples={STEPS})": (gradient_shap, False),
    f"smooth_grad(samples={COPIES})": (noise_tunnel("smoothgrad"), True),
    f"smooth_grad_squared(samples={COPIES})": (noise_tunnel("smoothgrad_sq"), True),
    f"var_grad(samples={COPIES})": (noise_tunnel("vargrad"), True),
}
"""By spec: Captum's call, and whether Captum lets the caller choose how many rows go into a pass."""
ON_MNIST = (
    "gradient",
    "integrated_gradients(steps=10)",
    "smooth_grad(samples=10)",
    "smooth_grad_squared(samples=10)",
    "var_grad(samples=10)",
)
ON_PHOTOGRAPHS = ("gradient", "integrated_gradients(steps=6)", "smooth_grad(samples=6)")


def measure(
    spec: str, place: Place, peers: dict[str, Work | None], benchmark: BenchmarkFixture, against: Against
) -> None:
    meter, samples = Meter(), len(place.bench.ids)
    with quiet():
        with meter.watching(place.bench.model.module):
            passes = Passes(place, lambda: place.explain(spec))
        benchmark.extra_info |= {"forward": meter.forward / samples, "backward": meter.backward / samples}
        against(lambda: place.explain(spec), {"its gradients": passes.at(ideal(place)), **peers}, PUBLISHED)


@pytest.mark.parametrize("spec", PAIRS)
def test_digits(spec: str, benchmark: BenchmarkFixture, against: Against) -> None:
    call, choice = PAIRS[spec]
    with opened("digits_cnn", "digits", 64) as place:
        peers: dict[str, Work | None] = {"Captum by default": lambda: call(place, False)}
        if choice:
            peers["Captum in full batches"] = lambda: call(place, True)
        measure(spec, place, peers, benchmark, against)


@pytest.mark.parametrize("spec", ON_MNIST)
def test_mnist(spec: str, benchmark: BenchmarkFixture, against: Against) -> None:
    """At the batch and in the layout at which the bare model is fastest: mnist_cnn declares others."""
    with opened("mnist_cnn", "mnist", 64) as place:
        measure(spec, ideal(place), {}, benchmark, against)


@pytest.mark.parametrize("spec", ON_PHOTOGRAPHS)
def test_photographs(spec: str, benchmark: BenchmarkFixture, against: Against) -> None:
    with opened("efficientnet_lite0", "imagenet_photos", 4) as place:
        measure(spec, place, {}, benchmark, against)
