"""One small classifier that has what every metric needs, and methods whose maps are known beforehand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import ImageDomain
from whybench.explanations import Attribution
from whybench.methods.attribution import Gradient, IntegratedGradients, Lrp, PatternNet
from whybench.protocols import AttributionMethod, Case, Model, Query, Retraining, Training, Truth

F64 = torch.float64
SHAPE = (2, 4, 4)
SAMPLES = 4


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def network() -> nn.Sequential:
    """Pixels of one 2 x 2 window can be swapped, those of one window are not looked at; all classes are predicted."""
    net = nn.Sequential(nn.Conv2d(2, 4, 1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(16, 3)).double()
    for k, (parameter, size) in enumerate(zip(net.parameters(), (0.5, 0.5, 2.0, 0.3), strict=True)):
        parameter.data = size * draw(*parameter.shape, seed=410 + k)
    last = net[4].weight.data
    last.view(3, 4, 4)[:, :, 1] = 0  # type: ignore[operator]
    return net.eval().requires_grad_(False)


@cache
def world() -> Model:
    """Two convolution channels in, three classes out; it can be trained again in closed form."""
    net = network()
    seen = draw(12, *SHAPE, seed=20)
    labels = net(seen).argmax(1)

    def train(wanted: Tensor, effort: int) -> Mapping[str, Tensor]:
        """The last layer by least squares, which meets any twelve labels exactly."""
        return train_on(seen, wanted, 0)

    def train_on(inputs: Tensor, wanted: Tensor, seed: int) -> Mapping[str, Tensor]:
        features = F.pad(net[:4](inputs), (0, 1), value=1.0)
        solved = torch.linalg.lstsq(features, 9 * F.one_hot(wanted, 3).double(), driver="gelsd").solution.T
        return {**net.state_dict(), "4.weight": solved[:, :-1], "4.bias": solved[:, -1]}

    return Model(
        "world",
        net,
        ImageDomain(low=-4.0, high=4.0),
        training=Training(seen, labels),
        retraining=Retraining(seen, labels, train, train_on),
    )


def images() -> Tensor:
    return draw(SAMPLES, *SHAPE, seed=30)


def masks() -> Tensor:
    """One tile of four a sample."""
    found = torch.zeros(SAMPLES, 4, 4, dtype=torch.bool)
    for sample in range(SAMPLES):
        top, left = 2 * (sample // 2 % 2), 2 * (sample % 2)
        found[sample, top : top + 2, left : left + 2] = True
    return found


def opened(method: AttributionMethod, samples: list[int] | None = None, rows: int = 64) -> Case[Any]:
    """The case of a method on some of the samples; each is explained for the class that is predicted."""
    chosen = list(range(SAMPLES)) if samples is None else samples
    model, inputs = world(), images()[chosen]
    targets = model.module(inputs).argmax(1)
    ids = tuple(f"image {i}" for i in chosen)
    return open_case(method, model, inputs, targets, ids=ids, seed=3, rows=rows, truth=Truth(masks()[chosen]))


@dataclass(frozen=True, eq=False)
class Answers(AttributionMethod):
    """Answers by a rule that is told."""

    name: ClassVar[str] = "answers"
    reference: ClassVar[str] = ""

    rule: Callable[[Query], Tensor]

    def relevance(self, query: Query) -> Tensor:
        return self.rule(query)


@dataclass(frozen=True)
class Tilted(AttributionMethod):
    """Input x gradient with noise of the sample's own: it depends on model, input and target, and is not perfect."""

    name: ClassVar[str] = "tilted"
    reference: ClassVar[str] = ""

    def relevance(self, query: Query) -> Tensor:
        gradient = query.gradient(query.inputs, torch.arange(len(query)))
        shape = tuple(query.inputs.shape[1:])
        noise = query.per_sample(lambda i: query.streams.normal("tilted", i, 0, shape))
        return query.inputs * gradient + 0.1 * noise * (1 + gradient.abs())


ASKED: Mapping[str, AttributionMethod] = {
    "completeness": IntegratedGradients(steps=3),
    "cosine_convergence": Gradient(),
    "pattern_quality": PatternNet(),
    "implementation_invariance": Lrp(),
}
"""The method that a metric is shown where it does not judge any."""


def judged(name: str) -> AttributionMethod:
    """A method with maps that this metric can judge."""
    return ASKED.get(name, Tilted())


def scaled(method: AttributionMethod, factor: float) -> AttributionMethod:
    """The same method with all of its maps times a factor."""
    known = type(method)

    def explain(self: Any, query: Query) -> Attribution:
        found = known.explain(self, query)
        return replace(found, relevance=factor * found.relevance)

    made: AttributionMethod = type(f"Scaled{known.__name__}", (known,), {"explain": explain})(**vars(method))
    return made


def seed_of(query: Query, i: int) -> int:
    """Named by the model's weights, the input and the target: all that a map may depend on."""
    text = f"{query.model.digest}{query.inputs[i].tolist()}{int(query.targets[i])}"
    return int.from_bytes(sha256(text.encode()).digest()[:6], "big")
