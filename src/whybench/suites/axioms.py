"""axioms: what maps hold by definition, and what they show of the weights and of the class."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.registries import suites
from whybench.suite import Block, Suite, SuiteLoader, block
from whybench.suites.quickstart import CONTROLS, IMAGE_CONTROLS

WAYS_BACK = (
    "gradient",
    "guided_backprop",
    "deconvnet",
    "lrp(composite='epsilon')",
    "lrp(composite='epsilon_plus')",
    "rap",
    "excitation_backprop",
)
"""They go back by rules that start anywhere, which `cosine_convergence` asks for."""

LEARNED = ("expected_gradients", "deep_shap")
SUMS = ("integrated_gradients(steps=32)", "deep_lift", *LEARNED, "rap")
"""They claim the sum of their relevances, which `completeness` asks about."""

METHODS = (
    *WAYS_BACK,
    "integrated_gradients(steps=32)",
    "deep_lift",
    "input_x_gradient",
    "smooth_grad(samples=25)",
    "occlusion(baseline='mean')",
)
SAMPLED = ("shapley_sampling(permutations=4)", "kernel_shap(samples=256)")
PATTERNS = ("pattern_net", "pattern_attribution")

REWRITTEN = ("implementation_invariance", "input_invariance")
RANDOMISED = ("mprt", "smooth_mprt(samples=10)", "efficient_mprt", "random_logit")
FOR_ALL = (*REWRITTEN, *RANDOMISED, "excess_region")

PLANTED = "planted('watermark')"


@suites.register
@dataclass(frozen=True)
class Axioms(SuiteLoader):
    """Digits, tumours, a planted network and a few photographs, models rewritten and randomised."""

    name: ClassVar[str] = "axioms"

    def load(self) -> Suite:
        methods, table = (*METHODS, *LEARNED), ("breast_cancer_mlp", "breast_cancer")
        on_digits = (*FOR_ALL, "non_sensitivity", "sufficiency(threshold=0.8)")
        return Suite(
            self.name,
            (
                block("digits_cnn", "digits", (*methods, "grad_cam", *IMAGE_CONTROLS), on_digits, samples=32),
                *_claims("digits_cnn", "digits"),
                block(*table, (*methods, *CONTROLS), (*FOR_ALL, "sufficiency"), samples=32),
                *_claims(*table),
                *_planted(),
                *_photographs(),
            ),
        )


def _claims(model: str, dataset: str) -> tuple[Block, ...]:
    """What concerns some methods only: sums that are claimed, ways back that start anywhere, patterns."""
    return (
        block(model, dataset, SAMPLED, ("completeness", *REWRITTEN), samples=32),
        block(model, dataset, SUMS, ("completeness",), samples=32),
        block(model, dataset, WAYS_BACK, ("cosine_convergence",), samples=32),
        block(model, dataset, PATTERNS, ("pattern_quality",), samples=32),
    )


def _planted() -> tuple[Block, ...]:
    """A network with features that can be swapped and features that it does not use, as trained ones hardly have."""
    methods = (*METHODS, "shapley_sampling(permutations=4)", "grad_cam", *IMAGE_CONTROLS)
    return (block(PLANTED, PLANTED, methods, ("symmetry(pairs=4560)", "non_sensitivity(region=1)"), samples=32),)


def _photographs() -> tuple[Block, ...]:
    photographs = ("efficientnet_lite0", "imagenet_photos")
    ways_back = ("gradient", "guided_backprop", "lrp(composite='epsilon_plus')")
    sums = ("integrated_gradients(steps=16)", "deep_lift")
    few = (*REWRITTEN, "mprt(blocks=2, seeds=1)", "efficient_mprt(seeds=1)", "random_logit")
    return (
        block(*photographs, (*ways_back, "input_x_gradient", "deep_lift", "grad_cam", *IMAGE_CONTROLS), few, samples=4),
        block(*photographs, sums, ("completeness",), samples=4),
        block(*photographs, ways_back, ("cosine_convergence(pairs=2)",), samples=4),
    )
