"""robustness: how maps change with inputs nearby, with inputs that move, and at the hands of an attacker."""

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
    "guided_backprop",
    "lrp(composite='epsilon')",
    "lrp(composite='epsilon_plus')",
    "occlusion(baseline='mean')",
)

DIGIT_METHODS = (*METHODS, "grad_cam", *IMAGE_CONTROLS)
TABLE_METHODS = (*METHODS, *CONTROLS)

PHOTOGRAPH_METHODS = (
    "gradient",
    "input_x_gradient",
    "guided_backprop",
    "grad_cam",
    "lrp(composite='epsilon_plus')",
    *IMAGE_CONTROLS,
)

NEARBY = (
    "sensitivity_max",
    "local_lipschitz",
    "relative_input_stability",
    "relative_output_stability",
    "relative_representation_stability",
)
"""They share the maps of the same ten inputs."""

ATTACKS = ("explanation_manipulation", "explanation_manipulation(goal='other_class')")


@suites.register
@dataclass(frozen=True)
class Robustness(SuiteLoader):
    """Digits, tumours and a few photographs, hundreds of maps a sample; four minutes of one core."""

    name: ClassVar[str] = "robustness"

    def load(self) -> Suite:
        on_photographs = (*NEARBY, "continuity", "explanation_manipulation(queries=25)")
        return Suite(
            self.name,
            (
                block("digits_cnn", "digits", DIGIT_METHODS, (*NEARBY, "continuity", *ATTACKS), samples=32),
                block("breast_cancer_mlp", "breast_cancer", TABLE_METHODS, (*NEARBY, *ATTACKS), samples=32),
                block("efficientnet_lite0", "imagenet_photos", PHOTOGRAPH_METHODS, on_photographs, samples=8),
            ),
        )
