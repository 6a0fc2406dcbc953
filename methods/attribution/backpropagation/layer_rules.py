"""The rules as values: what a composite gives to layers, comparable, hashable and shown with their parameters."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from math import isfinite

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution.backpropagation import rules
from whybench.methods.attribution.backpropagation.bounds import per_channel
from whybench.methods.attribution.backpropagation.layers import Layer
from whybench.methods.attribution.backpropagation.rules import STABILISER


class LayerRule(ABC):
    """The relevance of one layer's outputs -> that of what it reads."""

    @abstractmethod
    def __call__(self, layer: Layer, relevance: Tensor) -> Tensor: ...

    def check(self, layer: Layer) -> None:  # noqa: B027 (most rules suit every layer)
        """Raise Unsupported where this rule cannot be that of `layer`."""


@dataclass(frozen=True)
class Epsilon(LayerRule):
    """LRP-epsilon: R_j = sum_k a_j w_jk R_k / (z_k + epsilon sign z_k). Source: bach2015."""

    epsilon: float = STABILISER

    def __post_init__(self) -> None:
        _require("Epsilon", "epsilon", self.epsilon)

    def __call__(self, layer: Layer, relevance: Tensor) -> Tensor:
        return rules.epsilon(layer, relevance, self.epsilon)


@dataclass(frozen=True)
class Gamma(LayerRule):
    """LRP-gamma: products of z_k's own sign count 1 + gamma times. Source: montavon2019, andeol2021."""

    gamma: float = 0.25

    def __post_init__(self) -> None:
        _require("Gamma", "gamma", self.gamma)

    def __call__(self, layer: Layer, relevance: Tensor) -> Tensor:
        return rules.gamma(layer, relevance, self.gamma)


@dataclass(frozen=True)
class ZPlus(LayerRule):
    """LRP-z+: in proportion to the positive products a_j w_jk. Source: montavon2017."""

    def __call__(self, layer: Layer, relevance: Tensor) -> Tensor:
        return rules.z_plus(layer, relevance)


@dataclass(frozen=True)
class AlphaBeta(LayerRule):
    """LRP-alpha-beta: alpha times the shares of positive products minus beta times those of negative ones.

    alpha - beta of the relevance goes on: all of it where that is 1, and nothing, but a contrast, where it is 0.
    Source: bach2015.
    """

    alpha: float = 2.0
    beta: float = 1.0

    def __post_init__(self) -> None:
        _require("AlphaBeta", "alpha", self.alpha)
        _require("AlphaBeta", "beta", self.beta)

    def __call__(self, layer: Layer, relevance: Tensor) -> Tensor:
        return rules.alpha_beta(layer, relevance, self.alpha, self.beta)


@dataclass(frozen=True)
class ZB(LayerRule):
    """LRP-zB, for layers that read the input: z_jk - l_j w_jk+ - h_j w_jk- in place of z_jk. Source: montavon2017.

    low, high: bounds of the model's inputs, one number or one a channel; None takes those of the method or domain.
    """

    low: float | tuple[float, ...] | None = None
    high: float | tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        if (self.low is None) != (self.high is None):
            raise BadParameter(f"ZB(low={self.low}, high={self.high}); give both bounds, or neither")
        if self.low is not None and not bool((torch.as_tensor(self.low) < torch.as_tensor(self.high)).all()):
            raise BadParameter(f"ZB(low={self.low}, high={self.high}); every low bound must be below its high one")

    def __call__(self, layer: Layer, relevance: Tensor) -> Tensor:
        return rules.z_box(self.boxed(layer), relevance)

    def check(self, layer: Layer) -> None:
        around = self.boxed(layer).surroundings
        if around is None or around.low is None:
            raise Unsupported(
                "the zB rule needs the bounds of what the first layer reads: pass low= and high= (one number, or one a "
                "channel) or a domain with bounds, and nothing but shifts, scalings and reshaping before that layer"
            )

    def boxed(self, layer: Layer) -> Layer:
        """The layer with the bounds that this rule names."""
        around = layer.surroundings
        if around is None or self.low is None or self.high is None:
            return layer
        bounds = per_channel("low", self.low, around.inputs), per_channel("high", self.high, around.inputs)
        return replace(layer, surroundings=around.bounded(*bounds))


@dataclass(frozen=True)
class WSquare(LayerRule):
    """LRP-w2: in proportion to w_jk^2, padding left out. Source: montavon2017."""

    def __call__(self, layer: Layer, relevance: Tensor) -> Tensor:
        return rules.w_square(layer, relevance)


@dataclass(frozen=True)
class Flat(LayerRule):
    """LRP-flat: in equal parts to what z_k can see, padding left out. Source: lapuschkin2019."""

    def __call__(self, layer: Layer, relevance: Tensor) -> Tensor:
        return rules.flat(layer, relevance)


@dataclass(frozen=True)
class Bounded(LayerRule):
    """Deep Taylor's input rule: zB where the inputs are bounded, w2 where they are not. Source: montavon2017."""

    def __call__(self, layer: Layer, relevance: Tensor) -> Tensor:
        known = layer.surroundings is not None and layer.surroundings.low is not None
        return rules.z_box(layer, relevance) if known else rules.w_square(layer, relevance)


@dataclass(frozen=True)
class Pass(LayerRule):
    """R_j = R_k, for a layer whose outputs are shaped like what it reads."""

    def __call__(self, layer: Layer, relevance: Tensor) -> Tensor:
        return relevance

    def check(self, layer: Layer) -> None:
        if layer.output.shape != layer.source.shape:
            raise Unsupported(
                f"the rule Pass on a layer from {tuple(layer.source.shape[1:])} to {tuple(layer.output.shape[1:])}; it "
                "needs outputs shaped like inputs"
            )


def _require(rule: str, name: str, value: float) -> None:
    if not (isfinite(value) and value >= 0):
        raise BadParameter(f"{rule}: {name}={value}; a finite number of at least 0 is needed")
