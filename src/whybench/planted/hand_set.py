"""Networks whose weights are written down."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor, nn

from whybench.planted.places import PIXELS
from whybench.planted.planted import HEIGHT, WIDTH

EVIDENCE = 0.25
"""Class 1 is answered where there is more evidence than this; the logits are plus and minus what is above it."""


def hand_set(make: Callable[[], nn.Module], weights: Mapping[str, Tensor]) -> nn.Module:
    """A network with these weights, by the names of its state, in float32, eval mode and frozen; nothing is drawn."""
    with torch.device("meta"):  # draws nothing from the global generator
        module = make()
    module.load_state_dict({name: value.float() for name, value in weights.items()}, assign=True)
    return module.eval().requires_grad_(False)


def mean(where: Tensor) -> Tensor:
    """A filter of the size of the image that gives a patch's mean."""
    return where.float() / PIXELS


def of_means(filters: list[Tensor], biases: list[float], added: list[float]) -> nn.Module:
    """f(x) = sum of added times max(0, filter . x + bias), and logits of opposite sign around `EVIDENCE`."""
    weights = torch.tensor(added)
    return hand_set(
        partial(network, len(filters), (HEIGHT, WIDTH), len(filters), 2, bias=True),
        {
            "filters.weight": torch.stack(filters).unsqueeze(1),
            "filters.bias": torch.tensor(biases),
            "logits.weight": torch.stack([-weights, weights]),
            "logits.bias": torch.tensor([EVIDENCE, -EVIDENCE]),
        },
    )


def network(channels: int, kernel: int | tuple[int, int], width: int, classes: int, bias: bool) -> nn.Module:
    """A convolution, a rectifier and a linear layer."""
    return nn.Sequential(
        OrderedDict(
            filters=nn.Conv2d(1, channels, kernel),
            relu=nn.ReLU(),
            flatten=nn.Flatten(),
            logits=nn.Linear(width, classes, bias=bias),
        )
    )
