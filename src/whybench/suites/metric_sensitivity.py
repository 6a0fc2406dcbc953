"""metric_sensitivity: a metric under many parameters, to see how much of an order of methods is their choice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import ClassVar

from whybench.registries import suites
from whybench.suite import Block, Suite, SuiteLoader, block

METRICS = ("srg", "pixel_flipping")
READINGS = ("contribution", "sensitivity")
CONTROLS = ("random", "sobel_edges")

DIGIT_METHODS = (
    "gradient({})",
    "input_x_gradient({})",
    "integrated_gradients(steps=32, {})",
    "smooth_grad(samples=25, {})",
    "guided_backprop({})",
    "grad_cam({})",
    "occlusion({})",
    "lrp(composite='epsilon', {})",
    "lrp(composite='epsilon_plus', {})",
)

PHOTOGRAPH_METHODS = (
    "gradient({})",
    "input_x_gradient({})",
    "guided_backprop({})",
    "grad_cam({})",
    "lrp(composite='epsilon_plus', {})",
)


@suites.register
@dataclass(frozen=True)
class MetricSensitivity(SuiteLoader):
    """srg and pixel flipping under every combination of infill, region, steps, output and reading; some minutes.

    144 specifications of each on digits and 16 on photographs; `board.sensitivity()` and the report's specification
    curves say which pairs of methods keep their order.
    """

    name: ClassVar[str] = "metric_sensitivity"

    def load(self) -> Suite:
        return Suite(self.name, (_digits(), _photographs()))


def _digits() -> Block:
    choices = {
        "infill": ("zero", "mean", "blur", "noisy_linear"),
        "region": (1, 2),
        "steps": (4, 28, "stratified(8)"),
        "output": ("probability", "log_odds", "accuracy"),
    }
    return block("digits_cnn", "digits", both_readings(DIGIT_METHODS), specifications(choices), samples=32)


def _photographs() -> Block:
    choices = {
        "infill": ("mean", "blur"),
        "region": (16, 32),
        "steps": ("stratified(4)",),
        "output": ("probability", "log_odds"),
    }
    photographs = ("efficientnet_lite0", "imagenet_photos")
    return block(*photographs, both_readings(PHOTOGRAPH_METHODS), specifications(choices), samples=8)


def both_readings(methods: Sequence[str]) -> tuple[str, ...]:
    """Each method with its channels summed and with their norm, and the controls."""
    return (*(m.format(f"polarity={reading!r}") for m in methods for reading in READINGS), *CONTROLS)


def specifications(choices: Mapping[str, Sequence[object]]) -> tuple[str, ...]:
    """Each metric with every combination of the choices."""
    settings = [zip(choices, values, strict=True) for values in product(*choices.values())]
    written = [", ".join(f"{name}={value!r}" for name, value in setting) for setting in settings]
    return tuple(f"{metric}({setting})" for metric in METRICS for setting in written)
