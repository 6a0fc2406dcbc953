"""exact_worlds: methods and metrics where the best order of regions is known, since all sets of regions were asked."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.registries import suites
from whybench.suite import Block, Suite, SuiteLoader, block
from whybench.suites.quickstart import IMAGE_CONTROLS

NETWORKS = ("digits_lenet", "digits_lenet(seed=1)", "digits_cnn")
DIGITS = 50
PHOTOGRAPHS = 10
JUDGED = ("deletion", "insertion", "srg", "ssr", "sdr")

BACKWARDS = (
    "gradient",
    "sensitivity",
    "input_x_gradient",
    "guided_backprop",
    "deconvnet",
    "lrp(composite='epsilon')",
    "lrp(composite='epsilon_plus')",
    "lrp(composite='deep_taylor')",
    "lrp(composite='epsilon_gamma_box')",
    "lrp(composite='epsilon_alpha2_beta1_flat')",
    "rap",
    "excitation_backprop",
    "excitation_backprop(contrastive=True)",
    "deep_lift",
    "grad_cam",
    "grad_cam_plus_plus",
    "layer_cam",
    "guided_grad_cam",
    "visual_back_prop",
)
"""They go back through the network once or twice."""

METHODS = (
    *BACKWARDS,
    "integrated_gradients",
    "smooth_grad",
    "smooth_grad_squared",
    "var_grad",
    "expected_gradients",
    "score_cam",
    "occlusion",
    "occlusion(window=2)",
    *IMAGE_CONTROLS,
)

ASKING = (
    "pattern_net",
    "pattern_attribution",
    "masking_model",
    "deep_shap",
    "lime",
    "lime(region=2)",
    "kernel_shap",
    "kernel_shap(region=2)",
    "shapley_sampling",
    "shapley_sampling(region=2)",
    "rise",
    "meaningful_perturbation",
    "extremal_perturbation",
    "fido_ssr",
    "fido_sdr",
    "greedy_ssr",
    "greedy_sdr",
    "greedy_ssr(region=2)",
    "greedy_sdr(region=2)",
    "random",
)
"""They ask the model hundreds of times about a sample, or learn of it first: metrics that ask again are left out."""

ORACLES = ("best_order(by='srg', region=2)", "exact_shapley(region=2)")

SAME_REGIONS = (
    "srg",
    "pixel_flipping",
    "pixel_flipping(infill='zero')",
    "insertion",
    "insertion(infill='zero')",
    "ssr",
    "sdr",
    "naopc",
)
ELSEWHERE = (
    "srg",
    "pixel_flipping",
    "pixel_flipping(infill='zero')",
    "pixel_flipping(infill='uniform')",
    "insertion",
    "insertion(infill='zero')",
    "ssr",
    "sdr",
    "road",
    "irof",
    "infidelity",
    "faithfulness_correlation",
    "faithfulness_estimate",
    "sensitivity_n",
    "monotonicity",
    "monotonicity_correlation",
    "non_sensitivity",
    "average_drop",
    "average_gain",
    "average_increase",
)
MAP_ALONE = ("complexity", "gini", "effective_complexity")
ASKED_AGAIN = (
    "input_invariance",
    "input_shift_consistency",
    "mprt(seeds=2)",
    "random_logit",
    "continuity",
    "local_lipschitz",
    "sensitivity_max",
    "relative_input_stability",
    "relative_output_stability",
)

PHOTOGRAPH_METHODS = (
    *BACKWARDS,
    "integrated_gradients(steps=8)",
    "smooth_grad(samples=8)",
    "smooth_grad_squared(samples=8)",
    "var_grad(samples=8)",
    "occlusion(window=56)",
    "shapley_sampling(players='regions', region=56, baseline='mean', permutations=4)",
    "rise(masks=100)",
    "greedy_ssr(region=56)",
    "greedy_sdr(region=56)",
    *IMAGE_CONTROLS,
)
PHOTOGRAPH_METRICS = (
    "pixel_flipping(region=56, infill='blur')",
    "insertion(region=56, infill='blur')",
    "srg(infill='mean', steps=8)",
    "pixel_flipping(steps=8)",
    "insertion(steps=8)",
    "ssr(steps=8)",
    "sdr(steps=8)",
    "average_drop",
    "average_gain",
    "average_increase",
    *MAP_ALONE,
)
"""Sweeps over the same regions with the same infill are read from the table, as what `regret` calls `own`."""


@suites.register
@dataclass(frozen=True)
class ExactWorlds(SuiteLoader):
    """Digits in 16 regions through three trained networks, and photographs in 12.

    The digits take a quarter of an hour of one core; a photograph's table alone takes two and a half minutes.
    """

    name: ClassVar[str] = "exact_worlds"

    def load(self) -> Suite:
        return Suite(self.name, (*(b for network in NETWORKS for b in digits(network)), photographs()))


def regrets(region: int, infills: tuple[str, ...]) -> tuple[str, ...]:
    """The distance to each optimum, with each infill."""
    return tuple(f"regret({of!r}, infill={infill!r}, region={region})" for infill in infills for of in JUDGED)


def at_region(spec: str, region: int) -> str:
    """The metric with regions of another size."""
    name, _, rest = spec.partition("(")
    return f"{name}(region={region}, {rest}" if rest else f"{name}(region={region})"


def digits(network: str) -> tuple[Block, ...]:
    """One network's blocks: all methods, and the oracles on the network that answers fastest."""
    same = (*regrets(2, ("mean", "zero")), *(at_region(spec, 2) for spec in SAME_REGIONS))
    fixed = (*same, *ELSEWHERE, *MAP_ALONE)
    blocks = (
        block(network, "digits", METHODS, (*fixed, *ASKED_AGAIN), samples=DIGITS),
        block(network, "digits", ASKING, fixed, samples=DIGITS),
    )
    if network != NETWORKS[0]:
        return blocks
    return (*blocks, block(network, "digits", ORACLES, (*same, *ELSEWHERE), samples=DIGITS))


def photographs() -> Block:
    """Twelve regions of photographs, with one infill: a table takes two and a half minutes a photograph."""
    metrics = (*regrets(56, ("mean",)), *PHOTOGRAPH_METRICS)
    return block("efficientnet_lite0_oblong", "imagenet_photos", PHOTOGRAPH_METHODS, metrics, samples=PHOTOGRAPHS)
