"""Signal estimators: methods that say which part of what a neuron reads is signal and which is distraction."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from torch import Tensor

from whybench.protocols.model import Model
from whybench.streams import Streams

Patches = Iterator[tuple[Tensor, Tensor]]


@dataclass(frozen=True, eq=False)
class Neurons:
    """The linear neurons of one layer call, what they read, and what a method takes for the signal in it.

    A neuron reads x (d values) and computes y = w.x; the estimated signal is S(x) = a+ y where w.x + b > 0 and a- y
    elsewhere. Neurons that share what they read form a group (a grouped convolution has several).

    name: the same at every call of the model; weight, active (a+), inactive (a-): (groups, neurons, d) float64;
    bias: (groups, neurons) float64.
    patches: what was read, in parts of bounded size: (sample of each patch (m,) int64, patches (m, groups, d) float64).
    """

    name: str
    weight: Tensor
    bias: Tensor
    active: Tensor
    inactive: Tensor
    patches: Callable[[], Patches]


@runtime_checkable
class SignalEstimator(Protocol):
    """A method whose signals can be judged."""

    def prepare(self, model: Model, streams: Streams, rows: int) -> dict[str, Tensor]:
        """Estimate the signals of `model` on its training data."""

    def neurons(
        self, model: Model, inputs: Tensor, prepared: Mapping[str, Tensor], rows: int
    ) -> Iterator[list[Neurons]]:
        """All layer calls that lead to the output, in order, for `rows` inputs after the other."""
