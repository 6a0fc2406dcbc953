"""What Quantus 0.6 says of its metrics, written down so that they can be listed where it is not installed.

A test compares the table with Quantus itself.
"""

from math import inf

from whybench.metrics.attribution.quantus_adapters.facts import Facts

NOTHING = frozenset[str]()
CLASSES, IMAGES = frozenset({"classes"}), frozenset({"classes", "image"})
LAYERS, MASKS = frozenset({"classes", "layers"}), frozenset({"masks"})

CORRELATION, SHARE, SIZE, ANY = (-1.0, 1.0), (0.0, 1.0), (0.0, inf), (-inf, inf)

SIGNED = {"abs": False, "normalise": True}
SIZES = {"abs": True, "normalise": True}
PLAIN = {"abs": False, "normalise": False}
FILL = {"perturb_baseline": "black"}
STEP = {"features_in_step": 1}
CHANGES = {"return_nan_when_prediction_changes": False}
LOGITS, PROBABILITIES = {"softmax": False}, {"softmax": True}
NEARBY = PLAIN | {"nr_samples": 200, "eps_min": 1e-6, "return_nan_when_prediction_changes": True} | LOGITS
LAYERWISE = SIZES | {"seed": 42, "return_average_correlation": False, "return_last_correlation": False} | LOGITS

ACROSS = (
    "Quantus correlates over the samples of its first minibatch: it gives one number for each number of removed "
    "features, and none for a sample"
)

FAITHFULNESS = (
    Facts(
        "FaithfulnessCorrelation",
        "Faithfulness",
        True,
        CORRELATION,
        CLASSES,
        SIGNED | FILL | {"nr_runs": 100, "subset_size": 224} | LOGITS,
        draws=True,
    ),
    Facts("FaithfulnessEstimate", "Faithfulness", True, CORRELATION, CLASSES, SIGNED | FILL | STEP | LOGITS),
    Facts(
        "PixelFlipping",
        "Faithfulness",
        False,
        ANY,
        CLASSES,
        SIGNED | FILL | STEP | {"return_auc_per_sample": False} | PROBABILITIES,
    ),
    Facts(
        "RegionPerturbation",
        "Faithfulness",
        True,
        ANY,
        IMAGES,
        SIGNED | FILL | {"patch_size": 8, "order": "morf", "regions_evaluation": 100} | PROBABILITIES,
        draws=True,
    ),
    Facts("Monotonicity", "Faithfulness", True, SHARE, CLASSES, SIZES | FILL | STEP | PROBABILITIES),
    Facts(
        "MonotonicityCorrelation",
        "Faithfulness",
        True,
        CORRELATION,
        CLASSES,
        SIZES | STEP | {"perturb_baseline": "uniform", "eps": 1e-5, "nr_samples": 100} | PROBABILITIES,
        draws=True,
    ),
    Facts("Selectivity", "Faithfulness", False, ANY, IMAGES, SIGNED | FILL | {"patch_size": 8} | PROBABILITIES),
    Facts(
        "SensitivityN",
        "Faithfulness",
        True,
        CORRELATION,
        CLASSES,
        SIGNED | FILL | STEP | {"n_max_percentage": 0.8} | PROBABILITIES,
        refused=ACROSS,
    ),
    Facts(
        "IROF",
        "Faithfulness",
        True,
        ANY,
        IMAGES,
        SIGNED | {"perturb_baseline": "mean", "segmentation_method": "slic"} | PROBABILITIES,
    ),
    Facts(
        "ROAD",
        "Faithfulness",
        False,
        SHARE,
        IMAGES,
        SIGNED | {"percentages": tuple(range(1, 100, 2)), "noise": 0.01} | PROBABILITIES,
        draws=True,
        alone=True,
    ),
    Facts(
        "Infidelity",
        "Faithfulness",
        False,
        SIZE,
        IMAGES,
        PLAIN | FILL | {"perturb_patch_sizes": (4,), "n_perturb_samples": 10, "loss_func": "mse"} | LOGITS,
        whole=True,
    ),
    Facts(
        "Sufficiency",
        "Faithfulness",
        True,
        SHARE,
        CLASSES,
        SIZES | {"threshold": 0.6, "distance_func": "seuclidean"} | PROBABILITIES,
    ),
)

ROBUSTNESS = (
    Facts("Continuity", "Robustness", False, SIZE, IMAGES, SIZES | FILL | {"nr_steps": 28} | CHANGES | LOGITS),
    Facts(
        "LocalLipschitzEstimate",
        "Robustness",
        False,
        SIZE,
        CLASSES,
        SIGNED | {"nr_samples": 200, "perturb_mean": 0.0, "perturb_std": 0.1} | CHANGES | PROBABILITIES,
        draws=True,
    ),
    *(
        Facts(
            theirs,
            "Robustness",
            False,
            SIZE,
            CLASSES,
            PLAIN | {"nr_samples": 200, "lower_bound": 0.2, "upper_bound": None} | CHANGES | LOGITS,
            draws=True,
        )
        for theirs in ("MaxSensitivity", "AvgSensitivity")
    ),
    Facts("Consistency", "Robustness", True, SHARE, CLASSES, SIZES | PROBABILITIES),
    Facts("RelativeInputStability", "Robustness", False, SIZE, CLASSES, NEARBY, draws=True),
    Facts("RelativeOutputStability", "Robustness", False, SIZE, CLASSES, NEARBY, draws=True),
    Facts(
        "RelativeRepresentationStability",
        "Robustness",
        False,
        SIZE,
        LAYERS,
        NEARBY | {"layer_names": None, "layer_indices": None},
        draws=True,
    ),
)

LOCALISATION = (
    Facts("PointingGame", "Localisation", True, SHARE, MASKS, SIGNED | {"weighted": False} | LOGITS),
    Facts(
        "TopKIntersection", "Localisation", True, SIZE, MASKS, SIGNED | {"k": 1000, "concept_influence": False} | LOGITS
    ),
    Facts("RelevanceMassAccuracy", "Localisation", True, ANY, MASKS, SIGNED | LOGITS),
    Facts("RelevanceRankAccuracy", "Localisation", True, SHARE, MASKS, SIGNED | LOGITS),
    Facts(
        "AttributionLocalisation",
        "Localisation",
        True,
        SHARE,
        MASKS,
        SIZES | {"weighted": False, "max_size": 1.0, "positive_attributions": False} | LOGITS,
    ),
    Facts("AUC", "Localisation", True, SHARE, MASKS, SIGNED | LOGITS),
    Facts("Focus", "Localisation", True, SHARE, MASKS | {"image"}, SIGNED | LOGITS),
)

COMPLEXITY = (
    Facts("Sparseness", "Complexity", True, SHARE, NOTHING, SIZES | LOGITS),
    Facts("Complexity", "Complexity", False, SIZE, NOTHING, SIZES | LOGITS),
    Facts("EffectiveComplexity", "Complexity", False, SIZE, NOTHING, SIZES | {"eps": 1e-5} | LOGITS),
)

RANDOMISATION = (
    Facts(
        "MPRT",
        "Randomisation",
        False,
        CORRELATION,
        LAYERS,
        LAYERWISE | {"layer_order": "top_down", "skip_layers": False},
        draws=True,
    ),
    Facts(
        "SmoothMPRT",
        "Randomisation",
        False,
        CORRELATION,
        LAYERS,
        LAYERWISE | {"layer_order": "bottom_up", "skip_layers": False, "nr_samples": 50, "noise_magnitude": 0.1},
        draws=True,
    ),
    Facts(
        "EfficientMPRT",
        "Randomisation",
        True,
        ANY,
        LAYERS,
        PLAIN | {"layer_order": "bottom_up", "seed": 42, "skip_layers": True} | PROBABILITIES,
        draws=True,
    ),
    Facts(
        "RandomLogit",
        "Randomisation",
        False,
        CORRELATION,
        CLASSES,
        SIGNED | {"num_classes": None, "seed": 42} | LOGITS,
        draws=True,
    ),
)

AXIOMATIC = (
    Facts("Completeness", "Axiomatic", True, SHARE, CLASSES, SIGNED | FILL | LOGITS, whole=True),
    Facts("NonSensitivity", "Axiomatic", False, SIZE, CLASSES, SIZES | FILL | STEP | {"eps": 1e-5} | PROBABILITIES),
    Facts(
        "InputInvariance", "Axiomatic", True, SHARE, LAYERS, PLAIN | {"input_shift": -1.0, "softmax": None}, whole=True
    ),
)

ALL = (*FAITHFULNESS, *ROBUSTNESS, *LOCALISATION, *COMPLEXITY, *RANDOMISATION, *AXIOMATIC)
