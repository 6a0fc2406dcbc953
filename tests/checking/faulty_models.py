"""A sound model and a sound dataset, and the same with one fault each."""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from whybench.domains import TabularDomain
from whybench.protocols import Dataset, DatasetLoader, Model, ModelLoader, Training

ROWS = torch.randn(8, 4, generator=torch.Generator().manual_seed(0))


class Linear(nn.Module):
    """Three logits of four columns."""

    def __init__(self, seed: int = 1) -> None:
        super().__init__()
        self.last = nn.Linear(4, 3)
        for parameter in self.last.parameters():
            parameter.data = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(seed))
        self.seen: list[int] = []

    def forward(self, inputs: Tensor) -> Tensor:
        found: Tensor = self.last(inputs)
        return found


def made(module: nn.Module, **facts: Any) -> Model:
    learned = Training(ROWS, torch.zeros(8, dtype=torch.int64))
    return Model("made", module.eval().requires_grad_(False), TabularDomain(), training=learned, **facts)


class InFloat32(Linear):
    """A third is missing where inputs are in float32."""

    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs) + (inputs.dtype == torch.float64) / 3


class HalfAnswer(Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs).half()


class Drawing(Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        torch.rand(1)
        return super().forward(inputs)


class OverTheBatch(Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs - inputs.mean(0))


class ByPosition(Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs) + torch.arange(len(inputs))[:, None]


class WritingIntoInputs(Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        self.last.bias.add_(1)
        return super().forward(inputs)


class Viewing(Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs.view(-1).reshape(inputs.shape))


class Detached(Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs.detach())


class OverItsLength(Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        return super().forward(inputs / inputs.norm(dim=1, keepdim=True))


class Counting(Linear):
    def forward(self, inputs: Tensor) -> Tensor:
        self.seen.append(0)
        return super().forward(inputs) + len(self.seen)


class Remembering(Linear):
    """The same twice in a row, and another after others."""

    def forward(self, inputs: Tensor) -> Tensor:
        now = [hash(float(inputs.sum()))]
        found = super().forward(inputs) + (self.seen not in ([], now))
        self.seen[:] = now
        return found


@dataclass(frozen=True)
class Another(ModelLoader):
    """Other weights at every loading."""

    name: ClassVar[str] = "another"
    domain: ClassVar[str] = "tabular"

    def load(self) -> Model:
        LOADED.append(0)
        return made(Linear(seed=len(LOADED)))


LOADED: list[int] = []


@dataclass(frozen=True)
class LoadedInTrainMode(ModelLoader):
    name: ClassVar[str] = "train_mode"
    domain: ClassVar[str] = "tabular"

    def load(self) -> Model:
        return replace(made(Linear()), module=Linear().train())


RULE = object()


@dataclass(frozen=True)
class HoldsAnObject(ModelLoader):
    name: ClassVar[str] = "holds_an_object"
    domain: ClassVar[str] = "tabular"
    rule: object = RULE

    def load(self) -> Model:
        return made(Linear())


@dataclass(frozen=True, init=False)
class TakesAnything(ModelLoader):
    name: ClassVar[str] = "takes_anything"
    domain: ClassVar[str] = "tabular"

    def __init__(self, **options: object) -> None:
        pass

    def load(self) -> Model:
        return made(Linear())


def data(**facts: Any) -> Dataset:
    rows = [row.numpy().copy() for row in ROWS[:4]]
    given: dict[str, Any] = {
        "name": "rows",
        "samples": rows,
        "ids": ("a", "b", "c", "d"),
        "labels": torch.tensor([0, 1, 2, 0]),
        "class_names": ("x", "y", "z"),
    }
    return Dataset(**{**given, **facts})


def with_a_gap() -> Dataset:
    found = data()
    found.samples[2][1] = np.nan
    return found


def drawn_anew() -> Dataset:
    LOADED.append(0)
    return data(samples=[row.numpy() + len(LOADED) for row in ROWS[:4]])


def moving() -> Dataset:
    torch.rand(1)
    return data()


def learned_from_itself() -> Dataset:
    return data(training=data(ids=("e", "f", "g", "h")))


class Slicing(list[Any]):
    """Few samples are the last ones."""

    def __getitem__(self, place: Any) -> Any:
        return list(self)[-place.stop :] if isinstance(place, slice) and place.stop else super().__getitem__(place)


class ReadOnce(list[Any]):
    """Each reading goes on in a stream."""

    def __getitem__(self, place: Any) -> Any:
        LOADED.append(0)
        return super().__getitem__(place) if isinstance(place, slice) else super().__getitem__(place) + len(LOADED)


KEPT = data()


def kept() -> Dataset:
    return KEPT


@dataclass(frozen=True)
class DataHoldsAnObject(DatasetLoader):
    name: ClassVar[str] = "data_holds_an_object"
    domain: ClassVar[str] = "tabular"
    rule: object = field(default=RULE)

    def load(self) -> Dataset:
        return data()


@dataclass(frozen=True, init=False)
class DataTakesAnything(DatasetLoader):
    name: ClassVar[str] = "data_takes_anything"
    domain: ClassVar[str] = "tabular"

    def __init__(self, **options: object) -> None:
        pass

    def load(self) -> Dataset:
        return data()
