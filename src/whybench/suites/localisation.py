"""localisation: maps beside the places where the evidence is known to lie."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.registries import suites
from whybench.suite import Suite, SuiteLoader, block
from whybench.suites.quickstart import IMAGE_CONTROLS

METHODS = (
    "gradient",
    "sensitivity",
    "input_x_gradient",
    "smooth_grad(samples=10)",
    "guided_backprop",
    "grad_cam",
    "lrp(composite='epsilon')",
    "lrp(composite='epsilon_plus')",
    *IMAGE_CONTROLS,
)

MORE_METHODS = ("integrated_gradients(steps=32)", "expected_gradients", "deep_shap", "occlusion")
"""For models that are small, and come with training data."""

METRICS = (
    "relevance_mass",
    "rank_accuracy",
    "roc_auc",
    "outside_inside_ratio",
    "top_k_intersection",
    "pointing_game(tolerance=0)",
    "saliency_metric",
)
"""Without tolerance, since the middle of a mosaic lies within 15 pixels of every tile: `centre` would always hit."""


@suites.register
@dataclass(frozen=True)
class Localisation(SuiteLoader):
    """Planted patches, drawn shapes and mosaics of digits and of photographs, where the evidence is known to lie."""

    name: ClassVar[str] = "localisation"

    def load(self) -> Suite:
        methods, mosaics = METHODS + MORE_METHODS, (*METRICS, "focus")
        by_difficulty = (*METRICS, "pointing_game(tolerance=0, samples='difficult')")
        return Suite(
            self.name,
            (
                block("patch_detector", "planted_patches", METHODS, METRICS, samples=64, target="label"),
                block("patch_cnn", "planted_patches", methods, METRICS, samples=64, target="label"),
                block("shapes_cnn", "drawn_shapes", methods, by_difficulty, samples=48, target="label"),
                block("mosaic_cnn", "digit_mosaics", methods, mosaics, samples=64, target="label"),
                block("efficientnet_lite0", "photograph_mosaics", METHODS, mosaics, samples=20, target="label"),
            ),
        )
