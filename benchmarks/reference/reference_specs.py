"""What is asked of the network of integers: parameters, further rows, and what a metric is shown."""

from collections.abc import Mapping

METHODS: Mapping[str, str] = {
    "best_order": "region=2",
    "exact_shapley": "region=2",
    "extremal_perturbation": "iterations=4",
    "fido_sdr": "iterations=4, draws=2",
    "fido_ssr": "iterations=4, draws=2",
    "greedy_sdr": "regions=12",
    "greedy_ssr": "regions=12",
    "inverted": "method='gradient'",
    "kernel_shap": "region=2",
    "lime": "region=2, samples=60",
    "masking_model": "steps=4, width=4",
    "meaningful_perturbation": "iterations=4",
    "rise": "masks=40, cells=3",
    "shapley_sampling": "region=2",
}
METRICS: Mapping[str, str] = {
    "excess_region": "size='ssr(region=2)', bound='gradient'",
    "explanation_manipulation": "queries=4",
    "irof": "segments=4",
    "mprt": "seeds=2",
    "efficient_mprt": "seeds=2",
    "smooth_mprt": "samples=3",
    "monotonicity_correlation": "infill='mean'",
    "naopc": "region=2",
    "regret": "region=2",
    "road": "percentages=(20, 60), output='probability'",
    "roar": "percentages=(20, 70), repeats=1, output='probability'",
    "srg": "infill='mean'",
}
"""Parameters other than the default ones: few regions, so that all sets can be asked, or few draws."""

FURTHER_METHODS: Mapping[str, str] = {
    "extremal_perturbation_by_deletion": "extremal_perturbation(areas=(0.3,), variant='delete', iterations=30, "
    "rate=0.1, cells=3)",
    "extremal_perturbation_to_mean": "extremal_perturbation(areas=(0.2, 0.5), variant='dual', infill='mean', "
    "iterations=20, rate=0.1, mirrored=True, cells=2)",
    "fido_sdr_with_local_mean": "fido_sdr(iterations=10, draws=2, infill='local', warm_up=3)",
    "fido_ssr_of_cells": "fido_ssr(iterations=12, draws=2, cells=2, warm_up=3, variation=4.0)",
    "greedy_sdr_backward": "greedy_sdr(regions=12, search='backward')",
    "greedy_ssr_backward": "greedy_ssr(regions=12, search='backward')",
    "meaningful_perturbation_of_pixels": "meaningful_perturbation(iterations=4, infill='mean')",
    "meaningful_perturbation_to_mean": "meaningful_perturbation(iterations=12, infill='mean', cells=2, jitter=1)",
    "tree_shap_of_background": "tree_shap(mode='interventional')",
}
FURTHER_METRICS: Mapping[str, str] = {
    "efficient_mprt_absolute": "efficient_mprt(randomisation='redraw', bins=10, absolute=True, seeds=2)",
    "excess_destroying_region": "excess_region(size='sdr', bound='gradient')",
    "explanation_manipulation_far": "explanation_manipulation(radius=0.2, tolerance=0.5, queries=40)",
    "explanation_manipulation_towards": "explanation_manipulation(goal='other_class', queries=4)",
    "implementation_invariance_of_a_large_epsilon": "implementation_invariance",
    "input_invariance_of_integrated_gradients": "input_invariance",
    "input_invariance_with_the_baseline": "input_invariance(baseline='shifted')",
    "mprt_redrawn": "mprt(randomisation='redraw', order='independent', similarity='ssim', seeds=2)",
    "non_sensitivity_of_twins": "non_sensitivity",
    "relative_input_stability_wide": "relative_input_stability(radius=4.0)",
    "relative_output_stability_wide": "relative_output_stability(radius=4.0)",
    "relative_representation_stability_wide": "relative_representation_stability(radius=4.0)",
    "sufficiency_by_deviation": "sufficiency(distance='seuclidean', absolute=True, threshold=0.95)",
    "sufficiency_of_less": "sufficiency(threshold=0.8)",
    "sufficiency_of_more": "sufficiency(threshold=0.97)",
    "sufficiency_of_sizes": "sufficiency(absolute=True, threshold=0.97)",
    "symmetry_of_twins": "symmetry",
}
"""Rows by names of their own, where a method or a metric is asked once more: the slow reference has the name, too."""

ASKED: Mapping[str, str] = {
    "completeness": "integrated_gradients",
    "cosine_convergence": "gradient",
    "implementation_invariance": "lrp",
    "implementation_invariance_of_a_large_epsilon": "lrp(epsilon=0.5)",
    "input_invariance_of_integrated_gradients": "integrated_gradients",
    "input_invariance_with_the_baseline": "integrated_gradients",
    "non_sensitivity_of_twins": "smooth_grad",
    "pattern_quality": "pattern_net",
    "symmetry_of_twins": "smooth_grad",
}
"""The method that a metric is shown where it is not input x gradient, which `slow_world.judged` is."""

TWINS = ("non_sensitivity_of_twins", "symmetry_of_twins")
"""Rows of the network that leaves pixels out and treats others alike; the network of integers does neither."""

SAME: Mapping[str, str] = {"selectivity": "pixel_flipping"}
"""Two names of the field for one number."""
