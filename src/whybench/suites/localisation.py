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
    """Planted patches, whose evidence is exact, and mosaics of photographs, for whose label the model is asked."""

    name: ClassVar[str] = "localisation"

    def load(self) -> Suite:
        patches = block("patch_detector", "planted_patches", METHODS, METRICS, samples=64, target="label")
        mosaics = block(
            "efficientnet_lite0", "photograph_mosaics", METHODS, (*METRICS, "focus"), samples=20, target="label"
        )
        return Suite(self.name, (patches, mosaics))
