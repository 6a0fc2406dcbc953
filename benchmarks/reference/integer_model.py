"""The network of integers as whybench sees it: explained and judged by its own code."""

from collections.abc import Mapping
from functools import cache

import slow_trees
import slow_world as slow
import torch
import torch.nn.functional as F
from integer_trees import forest
from torch import Tensor, nn

import whybench
from whybench.cases import open_case
from whybench.domains import ImageDomain
from whybench.errors import BadParameter
from whybench.protocols import Case, Model, Retraining, Scores, Training, Truth

NETWORKS: Mapping[str, slow.SlowNetwork] = {"integers": slow.NETWORK, "twins": slow.TWINS}


def network(written: slow.SlowNetwork) -> nn.Sequential:
    """The same weights in modules, in float64."""
    last = slow.FILTERS * slow.HEIGHT * slow.WIDTH // 4
    convolution = nn.Conv2d(slow.CHANNELS, slow.FILTERS, slow.KERNEL, padding=1)
    layers = [convolution, nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(last, slow.CLASSES)]
    net = nn.Sequential(*layers).double().eval().requires_grad_(False)
    for parameter, values in zip(
        net.parameters(), (written.filters, written.biases, written.weights, written.offsets), strict=True
    ):
        parameter.data = torch.as_tensor(values)
    return net


@cache
def model(name: str = "integers") -> Model:
    net, seen = network(NETWORKS[name]), torch.as_tensor(slow.TRAINING)
    labels = net(seen).argmax(1)

    def train_on(inputs: Tensor, wanted: Tensor, seed: int) -> Mapping[str, Tensor]:
        """The last layer by least squares, which meets any labels of so few samples exactly."""
        features = F.pad(net[:4](inputs), (0, 1), value=1.0)
        wished = F.one_hot(wanted, slow.CLASSES).double()
        solved = torch.linalg.lstsq(features, wished, driver="gelsd").solution.T
        return {**net.state_dict(), "4.weight": solved[:, :-1], "4.bias": solved[:, -1]}

    return Model(
        name,
        net,
        ImageDomain(low=slow.LOW, high=slow.HIGH, mean=slow.MEAN, baseline=slow.BASELINE),
        layers={"cam": "1"},
        training=Training(seen, labels),
        retraining=Retraining(seen, labels, lambda wanted, effort: train_on(seen, wanted, 0), train_on),
    )


def explained(method: str) -> Tensor:
    """The maps of a method, of the trees where it needs such."""
    made, asked, inputs, targets = whybench.method(method), model(), slow.INPUTS, slow.TARGETS
    if "trees" in made.needs:
        asked, inputs, targets = forest(), slow_trees.TABLE, slow_trees.ASKED
    found: Tensor = made.attribute(asked, torch.as_tensor(inputs), torch.tensor(targets), ids=slow.IDS, seed=slow.SEED)
    return found.double()


@cache
def opened(method: str, name: str = "integers") -> Case:
    inputs = torch.as_tensor(slow.INPUTS)
    return open_case(
        whybench.method(method),
        model(name),
        inputs,
        model(name).module(inputs).argmax(1),
        ids=slow.IDS,
        seed=slow.SEED,
        truth=Truth(torch.as_tensor(slow.MASKS)),
    )


def scored(metric: str, method: str, name: str = "integers") -> Scores:
    """The scores that a metric gives a method on a network."""
    made = whybench.metric(metric)
    if made.kind.kind != "attribution":
        raise BadParameter(f"{metric} judges {made.kind.kind}; the network of integers has attributions only")
    found: Scores = made.score(opened(method, name))
    return found
