"""A board that runs in a second: two small models, a control, a metric that is undefined once, a method that fails."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from whybench.domains import TabularDomain
from whybench.explanations import Attribution, Explanation
from whybench.protocols import AttributionMethod, Case, Dataset, Metric, Model, Query, Scores
from whybench.suite import Suite, block

NAME = "tiny_board"


def model(name: str = "tiny_mlp", seed: int = 0) -> Model:
    draws = torch.Generator().manual_seed(seed)
    module = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).double().eval()
    with torch.no_grad():
        for weight in module.parameters():
            weight.copy_(torch.randn(weight.shape, generator=draws, dtype=torch.float64))
    return Model(name=name, module=module, domain=TabularDomain(mean=0.5, columns=("a", "b", "c", "d")))


def data(name: str = "tiny_table", samples: int = 5) -> Dataset:
    values = torch.rand((samples, 4), generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return Dataset(name, list(values), tuple("vwxyz"[:samples]), torch.zeros(samples, dtype=torch.int64))


@dataclass(frozen=True)
class Peak(Metric[Attribution]):
    """The largest relevance; the first sample has no value."""

    name: ClassVar[str] = "peak"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "complexity"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    reference: ClassVar[str] = ""

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        values = case.explanation.relevance.double().flatten(1).amax(1)
        values[0] = torch.nan
        return Scores(values, undefined={0: "the first one"})


@dataclass(frozen=True)
class Breaks(AttributionMethod):
    """A method that raises."""

    name: ClassVar[str] = "breaks"
    reference: ClassVar[str] = ""

    def relevance(self, query: Query) -> Tensor:
        raise RuntimeError("out of luck")


METHODS = ("gradient", "integrated_gradients(steps=4)", "random", "guided_backprop")
METRICS = ("srg(infill='mean', steps=4)", "pixel_flipping(steps=4)")


def tiny_suite(name: str = NAME) -> Suite:
    """12 cells of five samples and 8 of four."""
    wide = block(model(), data(), [*METHODS[:3], Breaks()], [*METRICS, Peak()])
    return Suite(name, (wide, block(model("other_mlp", 5), data("other_table"), METHODS, METRICS, samples=4)))
