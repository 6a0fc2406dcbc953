"""quickstart: the whole main job in a few minutes."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.registries import suites
from whybench.suite import Block, Suite, SuiteLoader, block

CONTROLS = ("random", "constant")
IMAGE_CONTROLS = (*CONTROLS, "sobel_edges", "centre", "input_difference")

COMMON_METHODS = (
    "gradient",
    "sensitivity",
    "input_x_gradient",
    "integrated_gradients(steps=32)",
    "smooth_grad(samples=25)",
    "var_grad(samples=25)",
    "lrp(composite='epsilon')",
    "lrp(composite='epsilon_plus')",
    "captum/integrated_gradients(n_steps=32)",
    "captum/deep_lift",
)

DIGIT_METHODS = (
    *COMMON_METHODS,
    "guided_backprop",
    "deconvnet",
    "grad_cam",
    "guided_grad_cam",
    "occlusion",
    "lrp(composite='epsilon_gamma_box')",
    "lrp(composite='epsilon_alpha2_beta1_flat')",
    "lrp(composite='deep_taylor')",
    "captum/lrp",
    *IMAGE_CONTROLS,
)

TABLE_METHODS = (*COMMON_METHODS, "occlusion(baseline='mean')", *CONTROLS)

SAMPLED_METHODS = ("captum/kernel_shap", "captum/lime", "captum/shapley_value_sampling")
"""They cost hundreds of passes a sample, so that metrics which ask again are left to the larger suites."""

PHOTOGRAPH_METHODS = (
    "gradient",
    "integrated_gradients(steps=8)",
    "smooth_grad(samples=8)",
    "guided_backprop",
    "grad_cam",
    "occlusion(window=56)",
    "lrp(composite='epsilon_plus')",
    "random",
    "constant",
    "sobel_edges",
)

ASKED_AGAIN = ("gradient", "guided_backprop", "grad_cam", "lrp(composite='epsilon_plus')", "random", "sobel_edges")

AREAS = ("srg", "pixel_flipping", "insertion")
REGIONS = ("ssr", "sdr")
INVARIANCE = ("input_invariance", "mprt(seeds=2)")


@suites.register
@dataclass(frozen=True)
class Quickstart(SuiteLoader):
    """Four small real benchmarks: digits, breast cancer, diabetes and photographs, in three minutes on two cores."""

    name: ClassVar[str] = "quickstart"

    def load(self) -> Suite:
        return Suite(self.name, (*_digits(), *_tables(), *_photographs()))


def _digits() -> tuple[Block, ...]:
    asked_again = ("input_shift_consistency", *INVARIANCE, "random_logit")
    return (
        block("digits_cnn", "digits", DIGIT_METHODS, AREAS + REGIONS + asked_again, samples=32),
        block("digits_cnn", "digits", SAMPLED_METHODS[:1], AREAS + REGIONS, samples=32),
    )


def _tables() -> tuple[Block, ...]:
    cancer, diabetes = ("breast_cancer_mlp", "breast_cancer"), ("diabetes_mlp", "diabetes")
    return (
        block(*cancer, TABLE_METHODS, AREAS + REGIONS + INVARIANCE + ("random_logit",), samples=32),
        block(*cancer, SAMPLED_METHODS, AREAS + REGIONS, samples=32),
        block(*diabetes, TABLE_METHODS, AREAS + INVARIANCE, samples=32),
        block(*diabetes, SAMPLED_METHODS, AREAS, samples=32),
    )


def _photographs() -> tuple[Block, ...]:
    photographs = ("efficientnet_lite0", "imagenet_photos")
    swept = tuple(f"{name}(infill='mean', steps=8)" for name in AREAS + REGIONS)  # one pair of sweeps a method
    asked_again = ("input_shift_consistency(shifts=((3, -2),))", "mprt(blocks=2, seeds=1)", "random_logit")
    return (
        block(*photographs, PHOTOGRAPH_METHODS, swept, samples=8),
        block(*photographs, ASKED_AGAIN, asked_again, samples=8),
    )
