"""One class for each metric of Quantus, made from the table of its facts."""

import re
from dataclasses import field, make_dataclass
from typing import Any

from whybench.metrics.attribution.quantus_adapters.adapter import QuantusMetric
from whybench.metrics.attribution.quantus_adapters.facts import MISDECLARED, TYPES, Facts
from whybench.metrics.attribution.quantus_adapters.table import ALL
from whybench.registries import register


def snake_case(theirs: str) -> str:
    """Quantus' name of a class as a name here.

    >>> snake_case("FaithfulnessCorrelation"), snake_case("SmoothMPRT"), snake_case("TopKIntersection")
    ('faithfulness_correlation', 'smooth_mprt', 'top_k_intersection')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", theirs).lower()


def generate(facts: Facts) -> type[QuantusMetric]:
    """The registered class `quantus/...` of one metric: a frozen dataclass whose fields are Quantus' own parameters."""
    parameters: list[tuple[str, Any, Any]] = [
        (name, TYPES.get(name, type(default)), field(default=default)) for name, default in facts.parameters.items()
    ]
    facts_of_class = {
        "name": f"quantus/{snake_case(facts.theirs)}",
        "facts": facts,
        "family": facts.family,
        "range": facts.range,
        "needs": facts.needs,
        "stochastic": facts.draws,
        "trivial": facts.trivial,
        "__doc__": documentation(facts),
        "__module__": __name__,
    }
    made = make_dataclass(facts.theirs, parameters, bases=(QuantusMetric,), namespace=facts_of_class, frozen=True)
    return register(made)


def documentation(facts: Facts) -> str:
    """What `whybench info` prints."""
    said = [f"`{facts.theirs}` of Quantus, as that library computes it; a baseline, not a definition.", ""]
    if facts.refused:
        said += [f"Always unsupported: {facts.refused}.", ""]
    if facts.alone:
        said += ["Each sample is asked on its own, since Quantus gives the mean over samples.", ""]
    if facts.theirs in MISDECLARED:
        said += ["Quantus declares that lower is better; its numbers are better where they are higher.", ""]
    said += [
        "Parameters and defaults are Quantus' own. Several numbers a sample are averaged. Where it agrees with",
        "a metric of this project, and in which conditions: docs/cross_implementation.md.",
        "",
        "Raises Unsupported where Quantus is not installed, and with its own words where it fails.",
        "",
        "Source: hedstrom2023quantus.",
    ]
    return "\n".join(said)


METRICS: dict[str, type[QuantusMetric]] = {made.name: made for made in map(generate, ALL)}
"""Every metric of Quantus by its name here."""
