"""Classes of other libraries are taken by their shape, as their users make them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from whybench.checking import check


def gradient(module: nn.Module, inputs: Tensor, chosen: Tensor) -> Tensor:
    leaf = inputs.detach().clone().requires_grad_()
    with torch.enable_grad():
        (found,) = torch.autograd.grad(module(leaf), leaf, chosen)
    return found


class Captums:
    """Made from a model, with `attribute`."""

    def __init__(self, forward_func: nn.Module, gain: float = 1.0) -> None:
        self.module, self.gain = forward_func, gain

    def attribute(self, inputs: Tensor, target: Tensor) -> Tensor:
        outputs = self.module(inputs[:1])
        chosen = torch.zeros(len(inputs), outputs.shape[1], dtype=inputs.dtype)
        return self.gain * gradient(self.module, inputs, chosen.scatter(1, target[:, None], 1.0))


class Attributor:
    """As zennit's: a context that answers (inputs, one-hot outputs) with outputs and relevance."""

    def __init__(self, model: nn.Module, gain: float = 1.0) -> None:
        self.module, self.gain = model, gain

    def __enter__(self) -> "Attributor":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __call__(self, inputs: Tensor, chosen: Tensor) -> tuple[Tensor, Tensor]:
        return self.module(inputs), self.gain * gradient(self.module, inputs, chosen)


class Composite:
    """As zennit's: within its context a gradient is relevance."""

    @contextmanager
    def context(self, module: nn.Module) -> Iterator[nn.Module]:
        yield module


SHAPES = [Captums, partial(Captums, gain=2.0), Attributor, partial(Attributor, gain=2.0), Composite, Composite()]


@pytest.mark.parametrize("thing", SHAPES, ids=["captum", "options", "attributor", "its options", "class", "composite"])
def test_it_answers_on_every_model_of_the_zoo(thing: Any) -> None:
    report = check(thing, only=("C1", "C6", "C19"))
    assert (report.verdicts(), report.refused) == (dict.fromkeys(("C1", "C6", "C19"), "passed"), ())


def test_models_that_are_refused_for_one_reason_stand_together() -> None:
    def of_columns(module: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
        if inputs.ndim > 2:
            raise ValueError("no images")
        return inputs

    (line,) = check(of_columns, only=("C1",), models=("linear", "cnn", "mlp", "edges")).refused
    assert line.startswith("cnn, edges: ValueError: no images")
