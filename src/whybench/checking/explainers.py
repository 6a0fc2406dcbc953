"""Methods as clauses ask them: directly, without what the engine does to make up for their faults."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whybench.checking.zoo import Scene
from whybench.errors import BadExplanation
from whybench.explanations import Polarity
from whybench.methods.attribution import Lrp
from whybench.protocols import AttributionMethod, Query
from whybench.protocols.method import require
from whybench.protocols.model import steady
from whybench.streams import Streams
from whybench.wrappers import FunctionMethod


class Explainer(ABC):
    """Something that answers a scene with relevance.

    name: what reports call it; stochastic, signed, complete, closed_form, control, polarity: what it says of itself,
    or None; exceptions: clauses that it declares not to hold, and why.
    """

    name: str
    stochastic: bool | None = None
    signed: bool | None = None
    complete: str | None = None
    closed_form: str | None = None
    control: bool = False
    polarity: Polarity | None = None
    exceptions: Mapping[str, str]

    @abstractmethod
    def ask(self, scene: Scene, *, seed: int = 0, rows: int = 64, every_generator: bool = True) -> Tensor:
        """The relevance of every sample, asked `rows` at a time, each call with the very tensors of the scene.

        every_generator: whether a function finds all global generators seeded, or torch's only.
        """

    @abstractmethod
    def attribute(self, scene: Scene) -> Tensor:
        """The same through the door that users go in by."""


class OwnExplainer(Explainer):
    """A method of whybench's protocol, asked as the engine asks: in eval mode and with frozen parameters."""

    def __init__(self, method: AttributionMethod, exceptions: Mapping[str, str] | None = None) -> None:
        self.method, self.exceptions = method, exceptions or {}
        self.name, self.stochastic, self.signed = method.name, method.stochastic, method.signed
        self.complete = "f(x)" if _conserves(method) else method.complete
        self.closed_form, self.control, self.polarity = method.closed_form, method.control, method.polarity

    def ask(self, scene: Scene, *, seed: int = 0, rows: int = 64, every_generator: bool = True) -> Tensor:
        require(self.method, scene.model)
        streams, parts = Streams(seed), []
        with steady(scene.module):
            learned = self.method.prepare(scene.model, streams, rows)
            for start in range(0, len(scene.ids), rows):
                few = slice(start, start + rows)
                whole = rows >= len(scene.ids)
                inputs = scene.inputs if whole else scene.inputs[few]
                targets = scene.targets if whole else scene.targets[few]
                query = Query(scene.model, inputs, targets, scene.ids[few], streams, rows, learned)
                parts.append(self.method.explain(query).relevance)
        return torch.cat(parts)

    def attribute(self, scene: Scene) -> Tensor:
        return self.method.attribute(scene.model, scene.inputs, scene.targets, ids=scene.ids)


def _conserves(method: AttributionMethod) -> bool:
    """Whether relevance sums to the output without biases; z+ has no share of what no product is positive for."""
    return isinstance(method, Lrp) and method.contrast == "none" and method.composite != "deep_taylor"


@dataclass(frozen=True, eq=False)
class ForeignExplainer(Explainer):
    """A function (model, inputs, targets) -> maps, or what stands for a library's class; draws are seeded globally.

    library: it has users of its own, who go in by no door of whybench's.
    """

    name: str
    function: Callable[[Scene, Tensor, Tensor], Any]
    library: bool = False
    stochastic: bool | None = None
    signed: bool | None = None
    complete: str | None = None
    closed_form: str | None = None
    control: bool = False
    polarity: Polarity | None = None
    exceptions: Mapping[str, str] = field(default_factory=dict)

    def ask(self, scene: Scene, *, seed: int = 0, rows: int = 64, every_generator: bool = True) -> Tensor:
        torch.manual_seed(seed)
        if every_generator:
            random.seed(seed)
            np.random.seed(seed)  # noqa: NPY002 the legacy generator is the global one
        if rows >= len(scene.ids):
            return self._once(scene, scene.inputs, scene.targets)
        halves = zip(torch.split(scene.inputs, rows), torch.split(scene.targets, rows), strict=True)
        return torch.cat([self._once(scene, inputs, targets) for inputs, targets in halves])

    def attribute(self, scene: Scene) -> Tensor:
        if self.library:
            return self.ask(scene)
        method = FunctionMethod(lambda _, inputs, targets: self.function(scene, inputs, targets))
        return method.attribute(scene.model, scene.inputs, scene.targets, ids=scene.ids)

    def _once(self, scene: Scene, inputs: Tensor, targets: Tensor) -> Tensor:
        given = self.function(scene, inputs, targets)
        try:
            return torch.as_tensor(given).detach()
        except (TypeError, ValueError, RuntimeError) as error:
            raise BadExplanation(f"it returned {type(given).__name__}, which is no tensor") from error
