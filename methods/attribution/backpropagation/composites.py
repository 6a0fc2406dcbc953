"""Composites: which rule each layer has."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from whybench.errors import BadParameter, UnknownName, shown
from whybench.methods.attribution.backpropagation.layer_rules import (
    ZB,
    AlphaBeta,
    Bounded,
    Epsilon,
    Flat,
    Gamma,
    LayerRule,
    ZPlus,
)
from whybench.methods.attribution.backpropagation.layers import Layer
from whybench.methods.attribution.backpropagation.rules import STABILISER, Rule, share

DEFAULT = Epsilon()


@dataclass(frozen=True)
class Composite:
    """The rules of a whole network, the most particular one for each layer: by name, by depth, first ones, by type.

    convolution, linear: for layers of these types.
    first_convolution, first_linear: for layers that no other layer lies below; None for the same as elsewhere.
    layers: {name of a module: rule} for the layers that run in it or in its parts, functional ones too; the longest
        name that fits counts. Every name must fit some layer.
    depths: {depth or range of depths: rule}; a layer's depth is the number of layers between the input and it on the
        longest way, 0 for the first ones; the first entry that fits counts.
    positive_sums: whether additions and average pools share relevance by the positive parts of what they add (z+)
        or by all of it (epsilon), with `epsilon` in the denominator.

    Raises BadParameter for keys that are neither, UnknownName, with close matches, for names without a layer.

    >>> composite = Composite(convolution=Gamma(0.25), depths={range(2, 4): ZPlus()}, layers={"top": Epsilon(0.0)})
    >>> composite.layers, composite.depths
    ((('top', Epsilon(epsilon=0.0)),), ((range(2, 4), ZPlus()),))
    """

    convolution: Rule = DEFAULT
    linear: Rule = DEFAULT
    first_convolution: Rule | None = None
    first_linear: Rule | None = None
    epsilon: float = STABILISER
    positive_sums: bool = False
    layers: Mapping[str, Rule] | tuple[tuple[str, Rule], ...] = ()
    depths: Mapping[int | range, Rule] | tuple[tuple[int | range, Rule], ...] = ()

    def __post_init__(self) -> None:
        for name, kinds in (("layers", str), ("depths", int | range)):
            pairs = _pairs(name, getattr(self, name))
            for key, _ in pairs:
                if not isinstance(key, kinds) or isinstance(key, bool):
                    expected = "names of modules" if name == "layers" else "whole numbers or ranges"
                    raise BadParameter(f"Composite: {name} has the key {shown(key)}; expected {expected}")
            object.__setattr__(self, name, pairs)  # a frozen value is hashable
        for rule in self.rules():
            if not callable(rule) or isinstance(rule, type):
                raise BadParameter(
                    f"Composite: {shown(rule)} is no rule; write Epsilon(1e-6), Gamma(0.25), ZPlus(), ..."
                )

    def rules(self) -> list[Rule]:
        """All that it names."""
        named = (self.convolution, self.linear, self.first_convolution, self.first_linear)
        return [
            *(rule for rule in named if rule is not None),
            *(rule for pairs in (self.layers, self.depths) for _, rule in _pairs("", pairs)),
        ]

    def rule(self, layer: Layer) -> Rule:
        """The rule of one layer; raises Unsupported where it cannot be that of this one."""
        rule = self._chosen(layer)
        if isinstance(rule, LayerRule):
            rule.check(layer)
        return rule

    def check_names(self, ran: Iterable[str]) -> None:
        """Raise UnknownName where a name in `layers` is not among those of the layers that ran."""
        known = sorted(set(ran))
        for name, _ in _pairs("layers", self.layers):
            if not any(_lies_in(layer, name) for layer in known):
                raise UnknownName("layer", name, [layer for layer in known if layer])

    def summands(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """What of each part of a sum has a share in it."""
        return [part.clamp(min=0) for part in parts] if self.positive_sums else list(parts)

    def upper(self, relevance: Tensor, total: Tensor) -> Tensor:
        """The relevance of a sum for every unit that was added up."""
        return share(relevance, total, self.epsilon)

    def _chosen(self, layer: Layer) -> Rule:
        named = {name: rule for name, rule in _pairs("layers", self.layers) if _lies_in(layer.name, name)}
        if named:
            return named[max(named, key=len)]
        for depth, rule in _pairs("depths", self.depths):
            if layer.depth == depth or (isinstance(depth, range) and layer.depth in depth):
                return rule
        rule = self.convolution if layer.convolution else self.linear
        first = self.first_convolution if layer.convolution else self.first_linear
        return rule if layer.surroundings is None or first is None else first


def _pairs(name: str, given: Any) -> tuple[tuple[Any, Rule], ...]:
    pairs = tuple(given.items()) if isinstance(given, Mapping) else given
    if not isinstance(pairs, tuple | list) or not all(isinstance(pair, tuple) and len(pair) == 2 for pair in pairs):
        raise BadParameter(f"Composite: {name}={shown(given)}; expected a mapping to rules")
    return tuple(pairs)


def _lies_in(layer: str, module: str) -> bool:
    return module in ("", layer) or layer.startswith(f"{module}.")


def _epsilon(epsilon: float) -> Composite:
    return Composite(Epsilon(epsilon), Epsilon(epsilon), epsilon=epsilon)


def _epsilon_plus(epsilon: float) -> Composite:
    return Composite(ZPlus(), Epsilon(epsilon))


def _epsilon_gamma_box(epsilon: float) -> Composite:
    return Composite(Gamma(), Epsilon(epsilon), first_convolution=ZB())


def _epsilon_alpha2_beta1_flat(epsilon: float) -> Composite:
    return Composite(AlphaBeta(), Epsilon(epsilon), Flat(), Flat())


def _deep_taylor(epsilon: float) -> Composite:
    return Composite(ZPlus(), ZPlus(), Bounded(), Bounded(), positive_sums=True)


COMPOSITES: Mapping[str, Callable[[float], Composite]] = {
    "epsilon": _epsilon,
    "epsilon_plus": _epsilon_plus,
    "epsilon_gamma_box": _epsilon_gamma_box,
    "epsilon_alpha2_beta1_flat": _epsilon_alpha2_beta1_flat,
    "deep_taylor": _deep_taylor,
}
"""epsilon -> composite, by name."""
