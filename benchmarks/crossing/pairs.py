"""Which metric of ours is held beside which of another library, under which conditions, and what is expected.

A pair without a reason must agree within its tolerance. A pair with one must not, and names the tests that show why.
"""

from dataclasses import dataclass
from typing import Any, Literal

from crossing.draws import (
    near,
    normalised_alone,
    quantus,
    same_classes,
    same_noise,
    same_subsets,
    same_values,
)

from whybench.metrics.attribution.captum_adapters import CaptumInfidelity, CaptumSensitivityMax
from whybench.protocols import Metric

EXACT, SINGLE = 1e-9, 1e-4
"""Both sides compute in float64; on photographs in float32."""


@dataclass(frozen=True)
class Pair:
    """One comparison.

    world: which model and samples; ours: a spec; theirs: the metric of the other library; condition: what was said to
    either so that they define the same; detail: which of our numbers is compared, the score itself where empty; ties:
    which samples count, since orders of ties are free: every one, those whose map has no ties at all, or none among its
    ten largest values; why: the reason where they differ;
    tests: what shows it.
    """

    world: str
    ours: str
    theirs: Metric[Any]
    condition: str
    detail: str = ""
    ties: Literal["", "all", "top"] = ""
    tolerance: float = EXACT
    why: str = ""
    tests: tuple[str, ...] = ()

    @property
    def library(self) -> str:
        return {"quantus": "Quantus", "captum": "Captum"}[self.theirs.name.partition("/")[0]]


SWEEPS = "outside/test_quantus_sweeps.py::"
SUBSETS = "outside/test_quantus_subset_metrics.py::"
PLACES = "outside/test_quantus_localisation.py::"
CROSS = "outside/test_quantus_differences.py::"
PLAIN = {"normalise": False}
ZERO = {"perturb_baseline": 0.0, "normalise": False}

FAITHFULNESS = (
    Pair(
        "digits",
        "pixel_flipping(preset='quantus')",
        quantus("pixel_flipping", return_auc_per_sample=True),
        "our preset `quantus`, their area",
    ),
    Pair(
        "digits",
        "pixel_flipping(region=1, steps=64, infill='lowest')",
        quantus("pixel_flipping"),
        "as they come, same fill and steps: mean of their curve beside our area",
        ties="all",
        why="their curve lacks the clean output and counts its last point like all others",
        tests=(
            "metrics/perturbation/test_pixel_flipping.py::"
            "test_the_curve_starts_with_the_clean_input_and_ends_with_nothing_left",
        ),
    ),
    Pair(
        "digits",
        "aopc(preset='quantus', region=2)",
        quantus("region_perturbation", patch_size=2),
        "our preset `quantus`",
        ties="all",
    ),
    Pair(
        "digits",
        "selectivity(preset='quantus', region=2)",
        quantus("selectivity", patch_size=2),
        "our preset `quantus`",
        ties="all",
    ),
    Pair(
        "digits",
        "road(percentages=(10, 30, 50, 70, 90))",
        same_noise(percentages=(10, 30, 50, 70, 90)),
        "the same percentages, our noise",
        ties="all",
    ),
    Pair(
        "digits",
        "road(percentages=(10, 30, 50, 70, 90))",
        quantus("road", percentages=(10, 30, 50, 70, 90)),
        "the same percentages, noise from their generator",
        ties="all",
        why="their noise has no seed of its own: another draw, another class",
        tests=(CROSS + "test_road_depends_on_the_global_generator",),
    ),
    Pair(
        "digits",
        "faithfulness_correlation(infill='zero', region=1, subsets=50)",
        same_subsets(0.2, nr_runs=50, **ZERO),
        "fill 0, maps as they are, our subsets",
    ),
    Pair(
        "digits",
        "faithfulness_estimate(infill='zero', region=1)",
        quantus("faithfulness_estimate", **ZERO),
        "fill 0, one feature a step, maps as they are",
    ),
    Pair(
        "digits",
        "monotonicity(infill='zero', region=1, steps=64, strict=True)",
        quantus("monotonicity", perturb_baseline=0.0),
        "fill 0, one feature a step",
        why="theirs fills the filled image with the fill: its output never changes and every map passes",
        tests=(SUBSETS + "test_quantus_monotonicity_passes_every_map_and_ours_does_not",),
    ),
    Pair(
        "digits",
        "monotonicity_correlation(region=1, draws=2)",
        same_values(nr_samples=2, normalise=False, softmax=False),
        "logits, maps as they are, our values",
    ),
    Pair(
        "digits",
        "sensitivity_n(infill='zero', region=1)",
        quantus("sensitivity_n"),
        "as they come",
        why="theirs correlates over the samples of a batch and has no number a sample",
        tests=(SUBSETS + "test_quantus_sensitivity_n_depends_on_the_other_samples_and_ours_does_not",),
    ),
    Pair(
        "digits",
        "irof(segments=12)",
        quantus("irof"),
        "as they come",
        why="other superpixels, a fill that drifts, an area that grows with their number",
        tests=(SWEEPS + "test_irof_with_our_superpixels_and_a_fill_that_does_not_drift",),
    ),
    Pair(
        "digits",
        "infidelity(infill='zero', perturbation='square_gradient', side=1.0, scaled=False)",
        quantus("infidelity", perturb_patch_sizes=(8,), n_perturb_samples=1, perturb_baseline=0.0),
        "fill 0, one square as large as the image, no optimal scale",
    ),
    Pair(
        "digits",
        "infidelity(infill='zero', perturbation='square_gradient', scaled=False)",
        quantus("infidelity", perturb_patch_sizes=(2,), n_perturb_samples=1, perturb_baseline=0.0),
        "fill 0, squares of 2 x 2, no optimal scale",
        why="theirs removes one square after another from the same image",
        tests=(SUBSETS + "test_quantus_infidelity_as_it_comes_is_that_of_an_image_with_more_and_more_removed",),
    ),
    Pair(
        "digits",
        "infidelity(perturbation='noise', draws=20, scaled=False)",
        CaptumInfidelity(n_perturb_samples=20),
        "Gaussian noise, our draws",
    ),
    Pair(
        "digits",
        "infidelity(perturbation='noise', draws=20)",
        CaptumInfidelity(n_perturb_samples=20, normalize=True),
        "Gaussian noise, our draws, the optimal scale on both sides",
    ),
    Pair(
        "digits",
        "infidelity(perturbation='noise', draws=20)",
        CaptumInfidelity(n_perturb_samples=20),
        "as they come: the optimal scale is our default, not Captum's",
        why="without the optimal scale it is the scale of a map that is judged",
        tests=("metrics/perturbation/test_infidelity.py::test_scaled_it_judges_the_shape_and_unscaled_the_scale_too",),
    ),
    Pair(
        "digits",
        "sufficiency(preset='quantus')",
        quantus("sufficiency"),
        "our preset `quantus`; samples with a value on both sides",
        why="a feature that is the same in all maps makes every distance NaN there",
        tests=("metrics/perturbation/test_sufficiency.py::test_a_feature_that_is_the_same_in_all_maps_counts_nothing",),
    ),
)

ROBUSTNESS = (
    Pair(
        "digits",
        "sensitivity_max",
        near("max_sensitivity", 0.02, nr_samples=10),
        "our draws",
    ),
    Pair("digits", "sensitivity_max", CaptumSensitivityMax(), "our draws"),
    Pair(
        "digits",
        "sensitivity_max",
        quantus("max_sensitivity", nr_samples=10, lower_bound=0.02),
        "the same radius, draws from their generator",
        why="the largest of other draws",
        tests=(CROSS + "test_nearby_inputs_come_from_the_global_generator",),
    ),
    Pair(
        "digits",
        "local_lipschitz",
        near("local_lipschitz_estimate", 0.02, nr_samples=10, normalise=False),
        "our draws, maps as they are, our detail `plain`; theirs adds to the denominator",
        detail="plain",
        tolerance=1e-5,
    ),
    Pair(
        "digits",
        "local_lipschitz",
        near("local_lipschitz_estimate", 0.02, nr_samples=10, normalise=False),
        "our draws, maps as they are",
        why="ours divides by the size of the map, since small maps win otherwise",
        tests=("metrics/robustness/test_nearby_metrics.py::test_the_scale_of_a_map_does_not_matter",),
    ),
    *(
        Pair(
            "digits",
            f"relative_{of}_stability",
            near(f"relative_{of}_stability", 0.02, nr_samples=10),
            "our draws",
            why=why,
            tests=(
                "metrics/robustness/test_nearby_metrics.py::test_quantus_with_the_same_perturbations",
                CROSS + "test_relative_stabilities_divide_zeros_by_a_millionth",
            ),
        )
        for of, why in (
            ("input", "zeros of images and maps are divided by 1e-6 there, by 1e-6 of the largest value here"),
            ("output", "zeros of maps are divided by 1e-6 there, by 1e-6 of the largest value here"),
            ("representation", "theirs reads all layers, ours one; zeros as in the others"),
        )
    ),
    Pair(
        "digits",
        "continuity",
        quantus("continuity"),
        "as they come",
        why="theirs moves images right out of the frame and adds 1e-9 to distances; refuses maps that become zero",
        tests=("metrics/robustness/test_continuity.py::test_the_definition",),
    ),
)

LOCALISATION = (
    Pair("patches", "pointing_game(tolerance=0)", quantus("pointing_game", **PLAIN), "no tolerance", ties="top"),
    Pair("patches", "rank_accuracy", quantus("relevance_rank_accuracy", **PLAIN), "as they come", ties="top"),
    Pair("patches", "roc_auc", quantus("auc", **PLAIN), "as they come"),
    Pair("patches", "top_k_intersection(k=9)", quantus("top_k_intersection", k=9, **PLAIN), "k = 9", ties="top"),
    Pair(
        "patches",
        "relevance_mass(relevance='absolute')",
        quantus("attribution_localisation", **PLAIN),
        "absolute relevance",
        tolerance=1e-6,
    ),
    Pair(
        "patches",
        "relevance_mass(relevance='absolute')",
        quantus("relevance_mass_accuracy", abs=True, normalise=False),
        "absolute relevance",
    ),
    Pair(
        "patches",
        "relevance_mass",
        quantus("relevance_mass_accuracy", **PLAIN),
        "as they come",
        why="theirs is a ratio of signed sums, not a share: it leaves [0, 1]",
        tests=(PLACES + "test_where_the_definition_is_not_the_same",),
    ),
    Pair("mosaics", "focus", quantus("focus", **PLAIN), "as they come", tolerance=1e-6),
)

COMPLEXITY = (
    Pair("digits", "complexity", quantus("complexity"), "as they come"),
    Pair("digits", "gini", quantus("sparseness"), "theirs adds 1e-7 to every value", tolerance=1e-4),
    Pair(
        "digits",
        "effective_complexity",
        normalised_alone("effective_complexity"),
        "each map divided by its own largest value",
    ),
    Pair(
        "digits",
        "effective_complexity(threshold=0.01)",
        quantus("effective_complexity", eps=0.01),
        "as they come, threshold 0.01",
        why="theirs divides all maps by the largest value of the batch",
        tests=(
            "metrics/complexity/test_map_sizes.py::test_a_batch_mate_that_is_a_million_times_larger_changes_nothing",
            CROSS + "test_a_batch_mate_changes_effective_complexity",
        ),
    ),
)

SANITY = (
    Pair("digits", "random_logit", same_classes(), "our class, rank correlation"),
    Pair(
        "digits",
        "random_logit(similarity='ssim')",
        quantus("random_logit"),
        "as they come, with SSIM",
        why="theirs takes the SSIM of flattened maps, windows running along rows, and other classes",
        tests=(CROSS + "test_the_similarity_of_images_is_that_of_rows",),
    ),
    Pair(
        "digits",
        "mprt(similarity='spearman_abs', randomisation='redraw', blocks=None, seeds=1)",
        quantus("mprt"),
        "absolute rank correlation, one seed",
        why="the similarity of the original with itself is averaged in; every layer is seeded alike, by registration",
        tests=(
            "metrics/sanity/test_mprt.py::test_the_original_is_on_the_curve_but_not_in_the_mean",
            CROSS + "test_mprt_averages_the_original_in",
        ),
    ),
    Pair(
        "digits",
        "smooth_mprt(samples=3)",
        quantus("smooth_mprt", nr_samples=3),
        "three noisy copies",
        why="as with MPRT; noise from the global generator",
        tests=("metrics/sanity/test_smooth_mprt.py::test_the_definition", CROSS + "test_mprt_averages_the_original_in"),
    ),
    Pair(
        "digits",
        "efficient_mprt(randomisation='redraw', seeds=1)",
        quantus("efficient_mprt"),
        "one seed",
        why="every layer is seeded alike: other random weights",
        tests=(
            "metrics/sanity/test_randomised_models.py::test_equal_layers_get_different_weights",
            CROSS + "test_layers_are_seeded_alike",
        ),
    ),
)

AXIOMS = (
    Pair(
        "digits",
        "completeness",
        quantus("completeness"),
        "as they come",
        why="theirs asks for equal float sums of maps divided by their largest value: no map passes",
        tests=(CROSS + "test_a_complete_map_fails_completeness",),
    ),
    Pair(
        "digits",
        "non_sensitivity(region=1)",
        quantus("non_sensitivity"),
        "as they come",
        why="a count, one fill, absolute thresholds on probabilities; ours is a share, by noise, to rounding",
        tests=(
            "metrics/axiom/test_non_sensitivity.py::test_regions_of_images_against_a_slow_count",
            CROSS + "test_non_sensitivity_is_a_count_of_one_fill",
        ),
    ),
    Pair(
        "digits",
        "input_invariance",
        quantus("input_invariance"),
        "as they come",
        why="true or false by an absolute tolerance; the first element is not shifted; padding is not compensated",
        tests=(
            "metrics/consistency/test_input_invariance.py::test_every_element_is_shifted_the_first_one_too",
            CROSS + "test_input_invariance_leaves_the_first_element_where_it_was",
        ),
    ),
)

PHOTOGRAPHS = (
    Pair(
        "photographs",
        "aopc(preset='quantus', region=56)",
        quantus("region_perturbation", patch_size=56),
        "our preset `quantus`",
        ties="all",
        tolerance=SINGLE,
    ),
    Pair(
        "photographs",
        "selectivity(preset='quantus', region=56)",
        quantus("selectivity", patch_size=56),
        "our preset `quantus`",
        ties="all",
        tolerance=SINGLE,
    ),
    Pair(
        "photographs",
        "road(percentages=(20, 50))",
        quantus("road", percentages=(20, 50)),
        "as they come",
        ties="all",
        why="theirs fails on colour images with one value a pixel",
        tests=(
            "metrics/perturbation/test_road.py::test_one_channel_maps_of_colour_images_work_and_all_samples_count",
            CROSS + "test_road_fails_on_colour",
        ),
    ),
    Pair(
        "photographs",
        "sensitivity_max(draws=2)",
        near("max_sensitivity", 0.02, nr_samples=2),
        "our draws",
        tolerance=SINGLE,
    ),
    Pair(
        "photographs",
        "sensitivity_max(draws=2)",
        CaptumSensitivityMax(n_perturb_samples=2),
        "our draws",
        tolerance=SINGLE,
    ),
    Pair(
        "photographs",
        "infidelity(perturbation='noise', draws=4, scaled=False)",
        CaptumInfidelity(n_perturb_samples=4),
        "Gaussian noise, our draws",
        tolerance=SINGLE,
    ),
    Pair("photographs", "random_logit", same_classes(), "our class, rank correlation", tolerance=SINGLE),
    Pair("photographs", "complexity", quantus("complexity"), "as they come", tolerance=SINGLE),
)

PAIRS = (*FAITHFULNESS, *ROBUSTNESS, *LOCALISATION, *COMPLEXITY, *SANITY, *AXIOMS, *PHOTOGRAPHS)

ALONE = {
    "quantus/avg_sensitivity": "the mean where maximal sensitivity takes the largest; no counterpart here",
    "quantus/consistency": "the share of equal predictions among equal discretised maps; no counterpart here",
}
"""Metrics that have nothing to be held beside."""
