"""C6 to C10: a score does not depend on the batch, and nothing is changed."""

from typing import Any

import torch

from whybench.checking.clause import Broken, clause, insist
from whybench.checking.metric_world import SAMPLES, Answers, judged, opened
from whybench.checking.of_metrics.form import scored
from whybench.checking.traces import changes, modes, of_inputs, of_module
from whybench.checking.trial import insist_same
from whybench.protocols import Metric

WITHIN = 1e-12


@clause(
    6,
    "metric",
    "batch invariance",
    "The scores are the same with one row a pass and with many, to 1e-12.",
    "size batches by case.rows, and let no row see another",
)
def batches(metric: Metric[Any]) -> None:
    found, wanted = scored(metric, rows=1).values, scored(metric).values
    insist_same(found.nan_to_num(), wanted.nan_to_num(), WITHIN, ("with one row a pass", "with 64"))


@clause(
    7,
    "metric",
    "order equivariance",
    "Samples in another order have the same scores in that order.",
    "name draws by sample ids, and never look at positions",
)
def order(metric: Metric[Any]) -> None:
    turned = [2, 0, 3, 1]
    found, wanted = scored(metric, samples=turned).values, scored(metric).values[turned]
    insist_same(found.nan_to_num(), wanted.nan_to_num(), WITHIN, ("in another order", "in the first"))


@clause(
    8,
    "metric",
    "cross-sample isolation",
    "A sample has the same score alone and among others.",
    "take no mean, maximum or rank over samples",
)
def alone(metric: Metric[Any]) -> None:
    wanted = scored(metric).values
    found = torch.cat([scored(metric, samples=[i]).values for i in range(SAMPLES)])
    insist_same(found.nan_to_num(), wanted.nan_to_num(), WITHIN, ("alone", "among others"))


@clause(
    9,
    "metric",
    "the model is not changed",
    "Weights, buffers, modes, requires_grad, gradients, hooks and torch's global switches are left as they were.",
    "work on case.model.with_module(a copy)",
)
def model_kept(metric: Metric[Any]) -> None:
    case = opened(judged(metric.name))
    before = {**of_module(case.model.module), **modes()}
    metric.score(case)
    found = changes(before, {**of_module(case.model.module), **modes()})
    insist(not found, "; ".join(found[:4]))


@clause(
    10,
    "metric",
    "inputs and maps are not changed",
    "The values, strides and gradients of inputs and relevance are left as they were.",
    "clone before you write",
)
def inputs_kept(metric: Metric[Any]) -> None:
    case = opened(judged(metric.name))
    kept = {"inputs": case.inputs, "map": case.explanation.relevance}
    before = {name: of_inputs(tensor) for name, tensor in kept.items()}
    metric.score(case)
    for name, tensor in kept.items():
        found = changes(before[name], of_inputs(tensor))
        insist(not found, f"the {name}: {'; '.join(found)}")


@clause(
    16,
    "metric",
    "NaN and infinity",
    "A map that is not finite is refused: it never has a score.",
    "raise BadExplanation, as whybench.explanations.Attribution does when it is made",
)
def not_finite(metric: Metric[Any]) -> None:
    try:
        values = metric.score(opened(Answers(lambda query: torch.full_like(query.inputs, torch.nan)))).values
    except Exception:
        return
    raise Broken(f"a map of NaN has the scores {values.tolist()}")
