"""What is found out of a model once, whoever asks for its randomised copies."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import nn

from whybench.cases import Memory
from whybench.explanations import Explanation
from whybench.meter import Meter
from whybench.methods.attribution import Gradient
from whybench.metrics.attribution import EfficientMprt, Mprt
from whybench.protocols import Case, Metric, Model
from whybench.streams import Streams

Open = Callable[..., Case[Any]]
Count = Callable[[Metric[Any], Case[Any]], int]


def anew(case: Case[Any], **changes: Any) -> Case[Any]:
    """The case with nothing known but its model, as another method has it."""
    memory = Memory()
    memory.case = replace(case, fetch=memory.fetch, **changes)
    return memory.case


@pytest.fixture
def passes(cnn: nn.Module) -> Count:
    def forward(metric: Metric[Any], case: Case[Any]) -> int:
        meter = Meter()
        with meter.watching(cnn):
            metric.score(anew(case))
        return meter.forward

    return forward


LAYERS, PROBES = 1, 2


def test_layers_and_probes_are_asked_of_a_model_once(case_of: Open, passes: Count) -> None:
    case = case_of(Gradient())
    assert passes(Mprt(blocks=2, seeds=1), case) == LAYERS + 2 * (PROBES + 5)
    assert passes(Mprt(blocks=2, seeds=1), case) == 2 * 5
    assert passes(EfficientMprt(seeds=2), case) == 5 + (PROBES + 5)  # the first model was the first test's last one
    assert passes(EfficientMprt(seeds=2, randomisation="redraw"), case) == 2 * (PROBES + 5)


def test_other_inputs_seeds_and_models_are_asked_anew(case_of: Open, passes: Count) -> None:
    case, metric = case_of(Gradient()), EfficientMprt(seeds=1)
    first = LAYERS + PROBES + 5
    assert passes(metric, case) == first
    assert passes(metric, anew(case, inputs=case.inputs + 1)) == 5
    assert passes(metric, anew(case, streams=Streams(1))) == first
    assert passes(metric, anew(case, model=replace(case.model))) == first


def test_what_one_method_does_to_a_copy_the_next_one_does_not_see(case_of: Open) -> None:
    case, metric = case_of(Gradient()), Mprt(blocks=3, seeds=2)
    alone = metric.score(case_of(Gradient())).values

    def spoiling(model: Model, *rest: Any) -> Explanation:
        explanation: Explanation = case.ask(model, *rest)
        with torch.no_grad():
            for tensor in (*model.module.parameters(), *model.module.buffers()):
                tensor.zero_()
        return explanation

    assert torch.equal(metric.score(anew(case, ask=spoiling)).values, alone)
    assert torch.equal(metric.score(anew(case)).values, alone)
