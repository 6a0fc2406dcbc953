"""Parameters with which slow methods and metrics are checked in seconds: fewer draws, steps and regions."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from whybench.resolver import parse

FEWER: Mapping[str, Mapping[str, Any]] = {
    "captum/kernel_shap": {"n_samples": 20},
    "kernel_shap": {"samples": 256},
    "captum/lime": {"n_samples": 20, "region": 2},
    "lime": {"samples": 100},
    "captum/shapley_value_sampling": {"n_samples": 2},
    "extremal_perturbation": {"iterations": 30, "areas": (0.1,)},
    "fido_sdr": {"iterations": 15, "draws": 2},
    "fido_ssr": {"iterations": 15, "draws": 2},
    "greedy_sdr": {"regions": 12},
    "greedy_ssr": {"regions": 12},
    "inverted": {"method": "gradient"},
    "lime/image": {"num_samples": 50},
    "lime/tabular": {"num_samples": 50},
    "shap/kernel": {"nsamples": 120},
    "shap/partition": {"max_evals": 60},
    "masking_model": {"steps": 4, "width": 4},
    "meaningful_perturbation": {"iterations": 10, "infill": "zero"},
    "rise": {"masks": 60},
    "srg": {"infill": "mean"},
    "naopc": {"region": 2},
    "regret": {"region": 2},
    "excess_region": {"size": "ssr(region=2)", "bound": "gradient"},
    "explanation_manipulation": {"queries": 4},
    "roar": {"percentages": (20, 70), "repeats": 1, "output": "probability"},
    "road": {"percentages": (20, 60), "output": "probability"},
    "irof": {"segments": 4},
    "smooth_mprt": {"samples": 3},
    "mprt": {"seeds": 2},
    "efficient_mprt": {"seeds": 2},
    "monotonicity_correlation": {"draws": 2},
    "sensitivity_n": {"subsets": 20, "sizes": 4},
    "sufficiency": {"threshold": 0.98},
    "top_k_intersection": {"k": 5},
    "symmetry": {"pairs": 60, "draws": 8},
    "effective_complexity": {"threshold": 0.1},
}
"""Parameters of methods and metrics that have some without a default, cost much with their defaults, or leave little
to tell the maps of a tiny model apart by."""


def quick(spec: str, component: type) -> tuple[str, str]:
    """A spec with fewer draws, where the user has named no parameters, and a note of what was changed.

    >>> from whybench.methods.attribution import Lrp
    >>> quick("lrp", Lrp)
    ('lrp', '')
    """
    parsed = parse(spec)
    few = FEWER.get(parsed.target, {})
    if parsed.positional or parsed.keywords or not few:
        return spec, ""
    shown = ", ".join(f"{name}={value!r}" for name, value in few.items())
    known = {f.name: f.default for f in dataclasses.fields(component)}
    instead = ", ".join(repr(known[name]) for name in few if known[name] is not dataclasses.MISSING)
    return f"{parsed.target}({shown})", f"checked with {shown}" + (f" instead of {instead}" if instead else "")
