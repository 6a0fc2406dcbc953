"""What has to be known of a metric of Quantus before it can be asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

FAMILIES = {
    "Faithfulness": "faithfulness",
    "Robustness": "robustness",
    "Localisation": "localisation",
    "Complexity": "complexity",
    "Randomisation": "sanity",
    "Axiomatic": "axiom",
}
"""Quantus' categories in the words of `Metric.family`."""
FILTERS = ("Robustness", "Complexity", "Randomisation")
"""Categories in which maps that know nothing of the model win by definition."""

MISDECLARED = ("RegionPerturbation", "Consistency")
"""Metrics that declare LOWER though higher is better: drops of the output, and the share of agreeing predictions."""


@dataclass(frozen=True)
class Facts:
    """One metric of Quantus.

    theirs: the class; higher: whether a higher score is better; parameters: its own names and defaults, with
    `softmax`, which is said when it is called; draws: whether it draws; alone: whether each sample needs a call of its
    own, since Quantus gives one number for all samples of a call; whole: whether maps keep their channels and signs,
    since they are summed, compared, or multiplied by changes of the input; refused: why no number a sample can be had.
    """

    theirs: str
    category: str
    higher: bool
    range: tuple[float, float]
    needs: frozenset[str]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    draws: bool = False
    alone: bool = False
    whole: bool = False
    refused: str = ""

    @property
    def family(self) -> str:
        return FAMILIES[self.category]

    @property
    def trivial(self) -> bool:
        return self.category in FILTERS


TYPES: Mapping[str, Any] = MappingProxyType(
    {
        "input_shift": float,
        "layer_indices": tuple[int, ...] | None,
        "layer_names": tuple[str, ...] | None,
        "num_classes": int | None,
        "percentages": tuple[float, ...],
        "perturb_baseline": str | float,
        "perturb_patch_sizes": tuple[int, ...],
        "softmax": bool | None,
        "upper_bound": float | None,
    }
)
"""Types of parameters that their default values do not tell."""
