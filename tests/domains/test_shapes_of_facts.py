"""What is known of the data (bounds, mean, baseline, covariance) fits the inputs, or is refused with both shapes."""

import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from whybench import Suite, block, evaluate
from whybench import method as find_method
from whybench.domains import Domain, ImageDomain, TabularDomain
from whybench.errors import BadInput
from whybench.protocols import Dataset, Model

ASKED: dict[str, Any] = {"methods": ["integrated_gradients(steps=2)"], "metrics": ["srg"]}


@pytest.fixture
def net() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(128, 3))


@pytest.fixture
def images() -> Tensor:
    return torch.rand(4, 2, 8, 8, generator=torch.Generator().manual_seed(0))


def refusal(name: str, shape: tuple[int, ...]) -> str:
    message = (
        f"{name} of shape {shape} does not fit image inputs of shape (4, 2, 8, 8); give a number, or a tensor that "
        "broadcasts against one sample, (2, 8, 8)"
    )
    return f"^{re.escape(message)}$"


@pytest.mark.parametrize("shape", [(3, 8, 8), (2, 9, 9), (5,), (2,), (1, 4, 2, 8, 8), (3, 2, 8, 8)])
@pytest.mark.parametrize("name", ["baseline", "mean", "low", "high"])
def test_a_wrong_shape_is_named_with_that_of_the_inputs(
    net: nn.Module, images: Tensor, name: str, shape: tuple[int, ...]
) -> None:
    domain = ImageDomain(**{name: torch.zeros(shape)})
    with pytest.raises(BadInput, match=refusal(name, shape)):
        evaluate(net, images, domain=domain, **ASKED)
    with pytest.raises(BadInput, match=refusal(name, shape)):
        evaluate(Model("net", net, domain), images, **ASKED)
    if name == "baseline":
        with pytest.raises(BadInput, match=refusal(name, shape)):
            evaluate(net, images, baseline=torch.zeros(shape), **ASKED)
        with pytest.raises(BadInput, match=refusal(name, shape)):
            find_method("gradient").attribute(net, images, baseline=torch.zeros(shape))  # type: ignore[attr-defined]


@pytest.mark.parametrize("shape", [(), (1,), (8,), (2, 1, 1), (2, 8, 8), (1, 2, 1, 8), (4, 2, 8, 8)])
def test_what_broadcasts_is_accepted(net: nn.Module, images: Tensor, shape: tuple[int, ...]) -> None:
    board = evaluate(net, images, baseline=torch.zeros(shape), **ASKED)
    plain = evaluate(net, images, **ASKED)
    assert board.scores["score"].tolist() == plain.scores["score"].tolist()


def test_what_is_no_tensor(net: nn.Module, images: Tensor) -> None:
    with pytest.raises(BadInput, match=r"^baseline='mean'; expected a number or a tensor$"):
        evaluate(net, images, baseline="mean", **ASKED)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        (TabularDomain(mean=torch.zeros(4)), r"mean of shape \(4,\) does not fit tabular inputs of shape \(6, 3\); .*"),
        (
            TabularDomain(covariance=torch.eye(4)),
            r"covariance of shape \(4, 4\) does not fit tabular inputs of shape \(6, 3\); expected \(3, 3\)",
        ),
    ],
)
def test_a_model_in_a_suite(domain: Domain, message: str) -> None:
    rows = Dataset("rows", list(np.ones((6, 3), "float32")), tuple("abcdef"), torch.zeros(6, dtype=torch.int64))
    suite = Suite("mine", (block(Model("net", nn.Linear(3, 2), domain), rows, ["gradient"], ["srg"]),))
    with pytest.raises(BadInput, match=f"^{message}$"):
        suite.run()
