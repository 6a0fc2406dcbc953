"""Where a law of all metrics does not hold for one of them, or a map says nothing, and why: each by name."""

import math

from whybench.checking.declared import declared

NO_MAP = {
    "cosine_convergence": "judges what arrives from any relevance of the outputs, by the method's own rules",
    "pattern_quality": "judges patterns, whatever maps are made of them",
}
"""Metrics that look at no map."""

SCALE = declared("C26", "metric")
"""Metrics for which the scale of a map matters."""

COMPANY = declared("C8", "metric")
"""Metrics whose scores depend on which other samples there are."""

ASKS_ONCE = [
    "abpc",
    "aopc",
    "average_drop",
    "average_gain",
    "average_increase",
    "completeness",
    "complexity",
    "cosine_convergence",
    "effective_complexity",
    "excess_region",
    "faithfulness_correlation",
    "faithfulness_estimate",
    "focus",
    "gini",
    "infidelity",
    "insertion",
    "irof",
    "monotonicity",
    "monotonicity_correlation",
    "naopc",
    "non_sensitivity",
    "outside_inside_ratio",
    "pattern_quality",
    "pixel_flipping",
    "pointing_game",
    "rank_accuracy",
    "regret",
    "relevance_mass",
    "road",
    "roc_auc",
    "saliency_metric",
    "sdr",
    "selectivity",
    "sensitivity_n",
    "srg",
    "ssr",
    "sufficiency",
    "top_k_intersection",
]
"""Metrics that never ask the method for another map; all others do."""

_RANKED = "a constant map has no rank correlation and no structure"
_CORRELATED = "a constant map has no correlation with anything"
_NOTHING = "the map is zero everywhere"

ZERO_MAP: dict[str, str] = {
    **dict.fromkeys(["average_drop", "average_gain", "average_increase"], "the map is constant"),
    **dict.fromkeys(["data_randomisation", "mprt", "random_logit", "smooth_mprt"], _RANKED),
    **dict.fromkeys(["explanation_manipulation", "faithfulness_correlation", "faithfulness_estimate"], _CORRELATED),
    **dict.fromkeys(["monotonicity_correlation", "sensitivity_n"], _CORRELATED),
    **dict.fromkeys(
        ["complexity", "continuity", "effective_complexity", "focus", "gini", "implementation_invariance"], _NOTHING
    ),
    **dict.fromkeys(["input_shift_consistency", "local_lipschitz", "outside_inside_ratio", "pointing_game"], _NOTHING),
    **dict.fromkeys(["rank_accuracy", "relative_input_stability", "relative_output_stability"], _NOTHING),
    **dict.fromkeys(["relative_representation_stability", "relevance_mass", "roc_auc", "sensitivity_max"], _NOTHING),
    **dict.fromkeys(["symmetry", "top_k_intersection"], _NOTHING),
    "efficient_mprt": "a constant map has no complexity, so that none can rise in proportion to it",
    "input_invariance": "a zero map has no relative change",
    "saliency_metric": "no relevance is above zero",
}
"""The reason why a map that is zero everywhere has no score."""

ZERO_HAS_A_SCORE = {
    **dict.fromkeys(
        ["abpc", "aopc", "excess_region", "insertion", "irof", "monotonicity", "naopc", "pixel_flipping"], "tied orders"
    ),
    **dict.fromkeys(["regret", "road", "roar", "sdr", "selectivity", "srg", "ssr"], "tied orders"),
    "infidelity": "it foretells that nothing happens",
    "non_sensitivity": "it finds nothing relevant",
    "sufficiency": "all maps are alike",
}
"""What a map that is zero everywhere is to all other metrics; a tied order stands for itself and its reverse."""

CONSTANT_MAP: dict[str, float] = {
    **dict.fromkeys(["focus", "pointing_game", "rank_accuracy", "relevance_mass", "top_k_intersection"], 0.25),
    **dict.fromkeys(["continuity", "implementation_invariance", "input_invariance", "input_shift_consistency"], 0.0),
    **dict.fromkeys(["local_lipschitz", "relative_input_stability", "relative_output_stability"], 0.0),
    **dict.fromkeys(["relative_representation_stability", "sensitivity_max", "symmetry", "gini"], 0.0),
    "complexity": math.log(16),
    "effective_complexity": 16.0,
    "outside_inside_ratio": 1.0,
    "roc_auc": 0.5,
    "non_sensitivity": 0.25,
}
"""The score of a map of one value everywhere, on 16 pixels, where it is not that of a zero map: the mask is a quarter
of the image, and another quarter is not used by the model."""

CONSTANT_DIFFERS = {
    "infidelity": "it foretells the same of every square",
    "saliency_metric": "its rectangle is the whole image",
}
"""Where it depends on the model as well, and is tested with the metric itself."""
