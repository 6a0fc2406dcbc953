"""Which modules are mutated, and the tests that have to notice, quickest first."""

from collections.abc import Mapping

METHODS = "whybench.methods.attribution"
METRICS = "whybench.metrics.attribution"
CURVES = "tests/metrics/perturbation"
LAWS = "tests/metrics/laws/test_direction_and_range.py"


def laws(name: str) -> tuple[str, ...]:
    """The tests that hold what a metric declares: its direction, and both ends of its range."""
    ends = (f"{LAWS}::test_the_declared_range_is_tight[{side}-{name}]" for side in ("low", "high"))
    return (f"{LAWS}::test_the_better_map_is_on_the_declared_side[{name}]", *ends)


def needs(name: str) -> str:
    """The test that a method needs the passes that it says."""
    return f"tests/engine/test_passes_needed.py::test_a_method_says_what_it_needs[{name}]"


SAMPLE: Mapping[str, tuple[str, ...]] = {
    f"{METHODS}.backpropagation.rules": ("tests/methods/test_lrp_rules.py", "tests/methods/test_lrp_composites.py"),
    f"{METHODS}.integrated_gradients": ("tests/methods/test_integrated_gradients.py", needs("integrated_gradients")),
    f"{METHODS}.noisy_gradients": ("tests/methods/test_noisy_gradients.py", needs("smooth_grad")),
    f"{METHODS}.occlusion": ("tests/methods/test_occlusion.py", "tests/methods/test_coalitions.py", needs("occlusion")),
    f"{METRICS}.curve_averages": (f"{CURVES}/test_presets.py", f"{CURVES}/test_pixel_flipping.py"),
    f"{METRICS}.faithfulness_correlation": (f"{CURVES}/test_subset_metrics.py", *laws("faithfulness_correlation")),
    f"{METRICS}.gini": ("tests/metrics/complexity/test_map_sizes.py", *laws("gini")),
    f"{METRICS}.srg": (f"{CURVES}/test_srg.py", f"{CURVES}/test_stratified_steps.py"),
    f"{METRICS}.ssr": (f"{CURVES}/test_region_sizes.py", *laws("ssr")),
}
"""Module -> test files."""

MOST, SLOW = 24, 10
"""Mutants of one module, and of one whose tests take longer; of more as many are drawn."""
QUICK = ("rules", "integrated_gradients", "gini")


def most(module: str) -> int:
    """How many mutants of a module are tried."""
    return MOST if module.rpartition(".")[2] in QUICK else SLOW
