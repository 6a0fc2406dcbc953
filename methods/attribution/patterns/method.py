"""What PatternNet and PatternAttribution share: estimating patterns, and going back through them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, get_args

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution.backpropagation.backpropagate import backpropagate
from whybench.methods.attribution.backpropagation.grammar import Grammar
from whybench.methods.attribution.backpropagation.recording import Recording
from whybench.methods.attribution.patterns.estimators import ESTIMATORS, EstimatorName
from whybench.methods.attribution.patterns.layers import PatternLayer, layers_below
from whybench.methods.attribution.patterns.moments import Regimes
from whybench.methods.attribution.patterns.propagation import PatternPropagation
from whybench.methods.attribution.patterns.readings import Reading
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Model, Query
from whybench.protocols.signals import Neurons, Patches
from whybench.streams import Streams


@dataclass(frozen=True)
class PatternMethod(AttributionMethod):
    """A gradient whose weights are replaced by something made of patterns."""

    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "training"})
    weighted: ClassVar[bool]
    passes_each: ClassVar[Passes | None] = Passes(1, 1)
    """Whether w * a+ or a+ stands in the place of w."""

    estimator: EstimatorName = "two_component"

    def __post_init__(self) -> None:
        if self.estimator not in ESTIMATORS:
            allowed = ", ".join(get_args(EstimatorName))
            raise BadParameter(f"{self.name}: estimator={self.estimator!r}; allowed: {allowed}")

    def prepare(self, model: Model, streams: Streams, rows: int) -> dict[str, Tensor]:
        """`<layer>.active` and `<layer>.inactive`: a+ and a- of every layer call, float64, shaped like its weight."""
        assert model.training is not None
        weights: dict[str, PatternLayer] = {}
        regimes: dict[str, Regimes] = {}
        for inputs in torch.split(model.training.inputs, rows):
            layers = watched(model, inputs)
            if weights and [layer.name for layer in layers] != list(weights):
                raise Unsupported("which operations of the model run depends on its inputs")
            for layer in layers:
                weights[layer.name] = layer
                for _, patches in layer.parts():
                    new = Regimes.of(patches, layer.units, layer.by_group(layer.bias))
                    old = regimes.get(layer.name)
                    regimes[layer.name] = new if old is None else old.merged(new)
        patterns = {}
        for name, layer in weights.items():
            active, inactive = ESTIMATORS[self.estimator](regimes[name], layer.units)
            patterns[f"{name}.active"] = active.reshape(layer.weight.shape)
            patterns[f"{name}.inactive"] = inactive.reshape(layer.weight.shape)
        return patterns

    def relevance(self, query: Query) -> Tensor:
        reading = Reading(query.prepared, self.weighted)
        start = Tensor.detach if self.weighted else torch.ones_like
        return backpropagate(query, lambda leaf: Grammar(PatternPropagation(reading)), start)

    def neurons(
        self, model: Model, inputs: Tensor, prepared: Mapping[str, Tensor], rows: int
    ) -> Iterator[list[Neurons]]:
        """Every layer call with its patterns, for `rows` inputs after the other."""
        reading = Reading(prepared, self.weighted)
        for start in range(0, len(inputs), rows):
            part = inputs[start : start + rows]
            yield [_neurons(layer, reading, start, len(part)) for layer in watched(model, part)]


@torch.enable_grad()
def watched(model: Model, inputs: Tensor) -> list[PatternLayer]:
    """The layer calls of one forward pass that lead to the output, in order."""
    leaf = inputs.detach().clone().requires_grad_()
    with Recording(model.module, leaf, Grammar(PatternPropagation(Reading({}, weighted=False)))) as recording:
        outputs = model.module(leaf)
    return layers_below(recording.finished(outputs))


def _neurons(layer: PatternLayer, reading: Reading, start: int, samples: int) -> Neurons:
    if len(layer.source) != samples:
        raise Unsupported(f"layer {layer.name} reads something else than one sample a row")

    def patches() -> Patches:
        return ((start + row, patch) for row, patch in layer.parts())

    return Neurons(
        name=layer.name,
        weight=layer.units,
        bias=layer.by_group(layer.bias),
        active=layer.by_group(reading.of(layer, "active")),
        inactive=layer.by_group(reading.of(layer, "inactive")),
        patches=patches,
    )
