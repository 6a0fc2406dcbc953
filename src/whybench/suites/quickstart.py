"""quickstart: the whole main job in a few minutes."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.registries import suites
from whybench.suite import Suite, SuiteLoader, block

CONTROLS = ("random", "constant")
IMAGE_CONTROLS = (*CONTROLS, "sobel_edges", "centre", "input_difference")

DIGIT_METHODS = (
    "gradient",
    "sensitivity",
    "input_x_gradient",
    "integrated_gradients(steps=32)",
    "smooth_grad(samples=25)",
    "var_grad(samples=25)",
    "guided_backprop",
    "deconvnet",
    "grad_cam",
    "guided_grad_cam",
    "occlusion",
    "lrp(composite='epsilon')",
    "lrp(composite='epsilon_plus')",
    "lrp(composite='epsilon_gamma_box')",
    "lrp(composite='epsilon_alpha2_beta1_flat')",
    "lrp(composite='deep_taylor')",
    "captum/saliency",
    "captum/integrated_gradients",
    "captum/deep_lift",
    "captum/gradient_shap",
    "captum/kernel_shap",
    "captum/lrp",
    *IMAGE_CONTROLS,
)

TABLE_METHODS = (
    "gradient",
    "sensitivity",
    "input_x_gradient",
    "integrated_gradients(steps=32)",
    "smooth_grad(samples=25)",
    "occlusion(baseline='mean')",
    "lrp(composite='epsilon')",
    "lrp(composite='epsilon_plus')",
    "captum/integrated_gradients",
    "captum/deep_lift",
    "captum/kernel_shap",
    "captum/lime",
    "captum/shapley_value_sampling",
    "grad_cam",
    *CONTROLS,
)

PHOTOGRAPH_METHODS = (
    "gradient",
    "input_x_gradient",
    "integrated_gradients(steps=8)",
    "smooth_grad(samples=8)",
    "guided_backprop",
    "grad_cam",
    "occlusion(window=32)",
    "lrp(composite='epsilon_plus')",
    "random",
    "constant",
    "sobel_edges",
)

SMALL_METRICS = (
    "srg",
    "pixel_flipping",
    "insertion",
    "ssr",
    "sdr",
    "input_shift_consistency",
    "input_invariance",
    "mprt(seeds=2)",
    "random_logit",
)


@suites.register
@dataclass(frozen=True)
class Quickstart(SuiteLoader):
    """Four small real benchmarks: digits, breast cancer, diabetes and photographs, in three minutes on two cores."""

    name: ClassVar[str] = "quickstart"

    def load(self) -> Suite:
        photographs = (
            "srg(steps=6)",
            "pixel_flipping(steps=6)",
            "insertion(steps=6)",
            "ssr(steps=6)",
            "sdr(steps=6)",
        )
        asked_again = (
            "gradient",
            "guided_backprop",
            "lrp(composite='epsilon_plus')",
            "grad_cam",
            "sobel_edges",
            "random",
        )
        sanity = ("mprt(blocks=2, seeds=1)", "input_shift_consistency(shifts=(4,))", "random_logit")
        return Suite(
            self.name,
            (
                block("digits_cnn", "digits", DIGIT_METHODS, SMALL_METRICS, samples=32),
                block("breast_cancer_mlp", "breast_cancer", TABLE_METHODS, SMALL_METRICS, samples=48),
                block("diabetes_mlp", "diabetes", TABLE_METHODS, SMALL_METRICS, samples=48),
                block("efficientnet_lite0", "imagenet_photos", PHOTOGRAPH_METHODS, photographs, samples=8),
                block("efficientnet_lite0", "imagenet_photos", asked_again, sanity, samples=8),
            ),
        )
