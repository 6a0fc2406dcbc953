"""Every own method and metric, with what it is asked and its slow reference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import slow_axioms
import slow_consistency
import slow_costs
import slow_curves
import slow_extremal
import slow_fido
import slow_gradients
import slow_imputation
import slow_manipulation
import slow_map_metrics
import slow_masking_model
import slow_masks
import slow_patterns
import slow_propagation
import slow_randomisation
import slow_removal
import slow_retraining
import slow_rewrites
import slow_robustness
import slow_search
import slow_signals
import slow_sizes
import slow_sufficiency
import slow_trees
from reference_specs import ASKED, FURTHER_METHODS, FURTHER_METRICS, METHODS, METRICS, SAME, TWINS

from whybench.registries import fill, methods, metrics

Reference = Callable[[int], Any]
"""The map or the score of the sample at a position; no score where it is undefined."""
METHOD_MODULES = (
    slow_extremal,
    slow_fido,
    slow_gradients,
    slow_masking_model,
    slow_masks,
    slow_patterns,
    slow_propagation,
    slow_removal,
    slow_search,
    slow_trees,
)
METRIC_MODULES = (
    slow_axioms,
    slow_consistency,
    slow_costs,
    slow_curves,
    slow_imputation,
    slow_manipulation,
    slow_map_metrics,
    slow_randomisation,
    slow_retraining,
    slow_rewrites,
    slow_robustness,
    slow_signals,
    slow_sizes,
    slow_sufficiency,
)


@dataclass(frozen=True)
class Row:
    """spec: what is asked; method: what a metric is shown; network: of integers, or the one of `slow_world` meant."""

    name: str
    spec: str
    reference: Reference
    method: str = ""
    network: str = "integers"


def method_rows() -> list[Row]:
    fill()
    names = [name for name in methods if methods[name].kind.kind == "attribution" and "/" not in name]
    specs = {**{name: spec(name, METHODS) for name in names}, **FURTHER_METHODS}
    return [Row(name, specs[name], reference(name, METHOD_MODULES)) for name in sorted(specs)]


def metric_rows() -> list[Row]:
    fill()
    names = [name for name in metrics if metrics[name].kind.kind == "attribution" and "/" not in name]
    specs = {**{name: spec(name, METRICS) for name in names}, **FURTHER_METRICS}
    return [
        Row(
            name,
            specs[name],
            reference(SAME.get(name, name), METRIC_MODULES),
            ASKED.get(name, "input_x_gradient"),
            "twins" if name in TWINS else "integers",
        )
        for name in sorted(specs)
    ]


def spec(name: str, parameters: Mapping[str, str]) -> str:
    return f"{name}({parameters[name]})" if name in parameters else name


def reference(name: str, modules: tuple[Any, ...]) -> Reference:
    """The function of that name; raises LookupError where none of the modules has it."""
    for module in modules:
        if hasattr(module, name):
            found: Reference = getattr(module, name)
            return found
    raise LookupError(f"{name} has no slow reference in tests/references")
