"""retraining: what takes a model trained again to find out, beside what does not."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.registries import suites
from whybench.suite import Suite, SuiteLoader, block
from whybench.suites.quickstart import CONTROLS, IMAGE_CONTROLS

METHODS = (
    "gradient",
    "input_x_gradient",
    "integrated_gradients(steps=32)",
    "smooth_grad(samples=25)",
    "smooth_grad_squared(samples=25)",
    "var_grad(samples=25)",
    "guided_backprop",
    "lrp(composite='epsilon')",
    "lrp(composite='epsilon_plus')",
    "occlusion(baseline='mean')",
)

DIGIT_METHODS = (*METHODS, "grad_cam", *IMAGE_CONTROLS)
TABLE_METHODS = (*METHODS, *CONTROLS)

METRICS = ("roar(places=True)", "road", "data_randomisation")
"""road asks what roar asks, without training. Where roar puts maps that depend on the class behind random ones, which
road puts first, `places` says how much of the class the places of the removed features tell."""


@suites.register
@dataclass(frozen=True)
class Retraining(SuiteLoader):
    """All held-out digits and tumours, 15 trainings a method for remove-and-retrain; eight minutes of one core."""

    name: ClassVar[str] = "retraining"

    def load(self) -> Suite:
        digits = block("digits_cnn", "digits", DIGIT_METHODS, METRICS)
        return Suite(self.name, (digits, block("breast_cancer_mlp", "breast_cancer", TABLE_METHODS, METRICS)))
