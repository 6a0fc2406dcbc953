"""Every metric whose scores hang on where values lie is caught where it reads width before height."""

from dataclasses import fields, replace
from typing import Any

import pytest

import whybench
from whybench import registries
from whybench.cases import Memory
from whybench.checking import check
from whybench.checking.quick import FEWER, quick
from whybench.protocols import Case, Metric, Scores

registries.fill()
WHEREVER = {
    "completeness": "a sum",
    "complexity": "an entropy",
    "cosine_convergence": "directions in layers",
    "effective_complexity": "a count",
    "efficient_mprt": "entropies",
    "gini": "a Lorenz curve",
    "implementation_invariance": "a distance of two maps",
    "pattern_quality": "signals, no maps",
    "smooth_mprt": "likenesses of maps that are all asked for anew",
    "sufficiency": "distances of maps",
}
"""Metrics of which a map's values can change places, all of them alike, and what they take of it."""
OWN = [name for name in registries.metrics if "/" not in name and registries.metrics[name].kind.kind == "attribution"]


def transposed(metric: Metric[Any]) -> Metric[Any]:
    def score(self: Metric[Any], case: Case[Any]) -> Scores:
        memory, found = Memory(), case.explanation.relevance
        turned = replace(case.explanation, relevance=found.mT.reshape(found.shape))
        memory.case = replace(case, explanation=turned, fetch=memory.fetch)
        return metric.score(memory.case)

    made = type(f"Transposed{type(metric).__name__}", (type(metric),), {"score": score})
    return made(**{field.name: getattr(metric, field.name) for field in fields(metric)})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(set(OWN) - set(WHEREVER)))
def test_a_transposed_map_is_caught(name: str) -> None:
    spec, _ = quick(name, registries.metrics[name])
    metric = whybench.metric(spec)
    sound = check(metric, only=("C15", "C25", "C27")).verdicts()
    broken = check(transposed(metric), only=("C15", "C25", "C27")).verdicts()
    assert "failed" in [broken[clause] for clause in broken if sound[clause] == "passed"], (sound, broken)


def test_names_are_of_metrics() -> None:
    assert set(WHEREVER) <= set(OWN)
    assert "road" in FEWER
