"""attribution_full: every attribution method on every built-in image and tabular model."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.registries import suites
from whybench.suite import Block, Suite, SuiteLoader, block
from whybench.suites.quickstart import AREAS, CONTROLS, IMAGE_CONTROLS, REGIONS

GRADIENTS = (
    "gradient",
    "sensitivity",
    "input_x_gradient",
    "integrated_gradients",
    "smooth_grad",
    "smooth_grad_squared",
    "var_grad",
    "expected_gradients",
    "captum/saliency",
    "captum/input_x_gradient",
    "captum/integrated_gradients",
    "captum/gradient_shap",
    "captum/smooth_grad",
    "captum/var_grad",
)

PROPAGATION = (
    "guided_backprop",
    "deconvnet",
    "lrp(composite='epsilon')",
    "lrp(composite='epsilon_plus')",
    "lrp(composite='deep_taylor')",
    "rap",
    "excitation_backprop",
    "excitation_backprop(contrastive=True)",
    "pattern_net",
    "pattern_attribution",
    "deep_lift",
    "deep_shap",
    "captum/guided_backprop",
    "captum/deconvolution",
    "captum/deep_lift",
    "captum/deep_lift_shap",
    "captum/lrp",
    "shap/deep",
)

IMAGE_PROPAGATION = (
    "lrp(composite='epsilon_gamma_box')",
    "lrp(composite='epsilon_alpha2_beta1_flat')",
    "grad_cam",
    "grad_cam_plus_plus",
    "layer_cam",
    "guided_grad_cam",
    "visual_back_prop",
    "captum/layer_grad_cam",
    "captum/guided_grad_cam",
)

GAMES = (
    "occlusion(baseline='mean')",
    "lime",
    "kernel_shap",
    "shapley_sampling",
    "captum/occlusion",
    "captum/feature_ablation",
    "captum/kernel_shap",
    "captum/lime",
    "captum/shapley_value_sampling",
    "shap/kernel",
    "shap/partition",
)

MASKS = ("meaningful_perturbation", "extremal_perturbation", "fido_ssr", "fido_sdr")
SEARCHES = ("greedy_ssr", "greedy_sdr")

IMAGE_METHODS = (
    *GRADIENTS,
    *PROPAGATION,
    *IMAGE_PROPAGATION,
    *GAMES,
    "score_cam",
    "rise",
    "lime/image",
    *MASKS,
    *SEARCHES,
    "fido_ssr(infill='inpainter')",
    "fido_sdr(infill='inpainter')",
    "masking_model",
    *IMAGE_CONTROLS,
)

TABLE_METHODS = (*GRADIENTS, *PROPAGATION, *GAMES, "lime/tabular", "meaningful_perturbation", *CONTROLS)
CLASS_METHODS = ("fido_ssr", "fido_sdr", *SEARCHES)

TREE_METHODS = ("tree_shap", "tree_shap(mode='interventional')", *GAMES, "lime/tabular", *CONTROLS)

PHOTOGRAPH_METHODS = (
    "gradient",
    "sensitivity",
    "input_x_gradient",
    "integrated_gradients(steps=16)",
    "smooth_grad(samples=16)",
    "smooth_grad_squared(samples=16)",
    "var_grad(samples=16)",
    "expected_gradients",
    "captum/saliency",
    "captum/input_x_gradient",
    "captum/integrated_gradients(n_steps=16)",
    "captum/gradient_shap",
    "captum/smooth_grad(nt_samples=16)",
    "captum/var_grad(nt_samples=16)",
    *PROPAGATION,
    *IMAGE_PROPAGATION,
    "occlusion(window=32)",
    "occlusion(regions='superpixels')",
    "lime(samples=200)",
    "kernel_shap(samples=200)",
    "shapley_sampling(permutations=4)",
    "captum/occlusion",
    "score_cam(layer='_blocks.15')",
    "rise(masks=400)",
    "shap/partition(max_evals=200)",
    "lime/image(num_samples=200)",
    "meaningful_perturbation(iterations=100, rate=0.3)",
    "extremal_perturbation(iterations=100, rate=0.08, areas=(0.1, 0.3))",
    "fido_ssr(iterations=100, draws=2, rate=0.15)",
    "fido_sdr(iterations=100, draws=2, rate=0.15)",
    "greedy_ssr(regions=16)",
    "greedy_sdr(regions=16)",
    "masking_model",
    *IMAGE_CONTROLS,
)
"""A pass costs a thousand times one on digits: sampled methods get fewer of them, and masks fewer steps at a rate that
is as much higher."""


@suites.register
@dataclass(frozen=True)
class AttributionFull(SuiteLoader):
    """All attribution methods on digits, tables, tree ensembles and photographs; about an hour of one core."""

    name: ClassVar[str] = "attribution_full"

    def load(self) -> Suite:
        return Suite(self.name, (*_small(), _photographs()))


def _small() -> tuple[Block, ...]:
    areas_and_regions = AREAS + REGIONS
    return (
        block("digits_cnn", "digits", IMAGE_METHODS, (*areas_and_regions, "random_logit"), samples=32),
        block("breast_cancer_mlp", "breast_cancer", TABLE_METHODS + CLASS_METHODS, areas_and_regions, samples=32),
        block("diabetes_mlp", "diabetes", TABLE_METHODS, AREAS, samples=32),
        block("breast_cancer_boosting", "breast_cancer", TREE_METHODS + SEARCHES, areas_and_regions, samples=32),
        block("diabetes_forest", "diabetes", TREE_METHODS, AREAS, samples=32),
    )


def _photographs() -> Block:
    swept = tuple(f"{name}(infill='mean', steps=8)" for name in AREAS + REGIONS)
    return block("efficientnet_lite0", "imagenet_photos", PHOTOGRAPH_METHODS, swept, samples=8)
