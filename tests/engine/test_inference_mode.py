"""Tensors that were made inside torch.inference_mode(), and calls from inside of it."""

import copy

import pytest
import torch
from torch import Tensor, nn

from whybench import Suite, block, evaluate
from whybench import method as find_method
from whybench.domains import TabularDomain
from whybench.errors import BadInput
from whybench.protocols import Dataset, Model

METHODS = ["gradient", "integrated_gradients(steps=2)", "occlusion", "captum/deep_lift"]
METRICS = ["srg", "mprt(seeds=1)", "input_invariance"]


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


def numbers() -> Tensor:
    return torch.randn(5, 3, generator=torch.Generator().manual_seed(1))


def scores(module: nn.Module, inputs: Tensor, targets: Tensor) -> list[float | None]:
    found = evaluate(module, inputs, targets, methods=METHODS, metrics=METRICS).scores
    assert set(found["status"]) <= {"ok", "undefined"}, found["reason"].unique()
    return [None if value != value else value for value in found["score"]]


def test_inputs_and_targets_of_inference_mode_are_like_any_other() -> None:
    net = network()
    with torch.inference_mode():
        inputs, targets = numbers(), torch.tensor([0, 1, 0, 1, 1])
    assert inputs.is_inference()
    assert scores(net, inputs, targets) == scores(net, numbers(), torch.tensor([0, 1, 0, 1, 1]))
    gradient = find_method("gradient").attribute  # type: ignore[attr-defined]
    assert torch.equal(gradient(net, inputs, targets), gradient(net, numbers(), targets.tolist()))


def test_calls_from_inside_of_inference_mode() -> None:
    net = network()
    data = Dataset("rows", list(numbers().numpy()), tuple("abcde"), torch.tensor([0, 1, 0, 1, 1]))
    suite = Suite("mine", (block(Model("net", net, TabularDomain()), data, METHODS, METRICS),))
    with torch.inference_mode():
        inside = scores(net, numbers(), torch.tensor([0, 1, 0, 1, 1]))
        alone = find_method("gradient").attribute(net, numbers(), 1)  # type: ignore[attr-defined]
        board = suite.run().scores
        assert torch.is_inference_mode_enabled()
    assert inside == scores(net, numbers(), torch.tensor([0, 1, 0, 1, 1]))
    assert torch.equal(alone, find_method("gradient").attribute(net, numbers(), 1))  # type: ignore[attr-defined]
    assert set(board["status"]) <= {"ok", "undefined"}


def test_a_module_of_inference_mode_is_refused_with_the_way_out() -> None:
    with torch.inference_mode():
        net = network()
    message = r"^parameters or buffers of the module \(0\.weight, 0\.bias, 2\.weight, \.\.\.\) were made inside torch"
    data = Dataset("rows", list(numbers().numpy()), tuple("abcde"), torch.tensor([0, 1, 0, 1, 1]))
    with pytest.raises(BadInput, match=message):
        evaluate(net, numbers(), methods=METHODS, metrics=METRICS)
    with pytest.raises(BadInput, match=message):
        find_method("gradient").attribute(net, numbers())  # type: ignore[attr-defined]
    with pytest.raises(BadInput, match=message):
        evaluate(Model("net", net, TabularDomain()), numbers(), methods=METHODS, metrics=METRICS)
    with pytest.raises(BadInput, match=message):
        Suite("mine", (block(Model("net", net, TabularDomain()), data, METHODS, METRICS),)).run()
    targets = torch.tensor([0, 1, 0, 1, 1])
    assert scores(copy.deepcopy(net), numbers(), targets) == scores(network(), numbers(), targets)
