"""Quality of signal patterns."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.residual_probes import Joint, Probes
from whybench.protocols import Case, Metric, Scores, Training
from whybench.protocols.model import steady
from whybench.protocols.signals import Neurons, SignalEstimator
from whybench.registries import register

WIDEST = 1024
"""Neurons that read more values than this are left out: a regression on as many costs too much."""


@register
@dataclass(frozen=True)
class PatternQuality(Metric[Attribution]):
    """How well a method tells the signal in what neurons read from distraction; it judges patterns, not maps.

    rho(S) = 1 - max_v corr(w.x, v.(x - S(x))): nothing of a neuron's output is left in what the signal S(x) leaves over
    at 1, all of it at 0 (S = 0); averaged over a layer's neurons, then over layers.

    Three sets of samples: patterns are estimated on every other training sample, v is fitted to the training samples in
    between, and the correlation is taken on the samples of the case. (On the samples of the patterns themselves nothing
    is to be measured: linear and two-component patterns leave no covariance with y there, by their definition.)
    A sample's score is its part in rho: 1 - mean over neurons and patches of z(y) z(v.(x - S(x))), both standardised by
    the moments of the samples that v was fitted to, so that it does not depend on its company; the mean over samples is
    the estimate of rho. A single score can lie outside of 0 to 1, and where the samples vary less (or more) than those
    of training, S = 0 comes out above (or below) 0. The details are the layers' own, by their names.

    ridge: of the regression, times the mean variance of what is regressed on.

    Constant neurons are left out, and those that read more than 1024 values.

    Raises BadParameter; Unsupported for methods that estimate no signals (all but `pattern_net` and
    `pattern_attribution`), for models without four training samples, and where no neuron is left.

    Source: kindermans2018.
    """

    name: ClassVar[str] = "pattern_quality"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "axiom"
    range: ClassVar[tuple[float, float]] = (-math.inf, math.inf)
    reference: ClassVar[str] = "kindermans2018"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "training"})

    ridge: float = 1e-3

    def __post_init__(self) -> None:
        if not (math.isfinite(self.ridge) and self.ridge > 0):
            raise BadParameter(f"pattern_quality: ridge={self.ridge}; a finite number above 0 is needed")

    @property
    def higher_is_better(self) -> bool:
        return True

    def score(self, case: Case[Attribution]) -> Scores:
        method, training = case.method, case.model.training
        if not isinstance(method, SignalEstimator):
            name = getattr(method, "name", "the method")
            raise Unsupported(f"pattern_quality judges signals of neurons; {name} estimates none")
        if training is None or len(training) < 4:
            raise Unsupported(f"pattern_quality needs 4 training samples; model {case.model.name!r} has fewer")
        with steady(case.model.module):
            known = replace(case.model, training=Training(training.inputs[::2], training.labels[::2]))
            prepared = method.prepare(known, case.streams, case.rows)

            def seen(inputs: Tensor) -> Iterator[Neurons]:
                for layers in method.neurons(case.model, inputs, prepared, case.rows):
                    yield from (layer for layer in layers if layer.weight.shape[2] <= WIDEST)

            probes = _probes(seen(training.inputs[1::2]), self.ridge)
            layers = _residual_correlations(seen(case.inputs), probes, len(case))
        if not layers:
            raise Unsupported(f"no neuron of model {case.model.name!r} varies and reads at most {WIDEST} values")
        details = {name: (1 - correlation).cpu() for name, correlation in layers.items()}
        return Scores(torch.stack(list(details.values())).mean(0), details=details)


def _probes(seen: Iterator[Neurons], ridge: float) -> dict[str, Probes]:
    """The probes of every layer with a neuron that varies."""
    joints: dict[str, Joint] = {}
    layers: dict[str, Neurons] = {}
    for layer in seen:
        layers[layer.name] = layer
        for _, patches in layer.patches():
            new, old = Joint.of(layer, patches), joints.get(layer.name)
            joints[layer.name] = new if old is None else old.merged(new)
    probes = {name: Probes.fitted(layer, joints[name], ridge) for name, layer in layers.items()}
    return {name: probe for name, probe in probes.items() if probe.varying.any()}


def _residual_correlations(seen: Iterator[Neurons], probes: dict[str, Probes], samples: int) -> dict[str, Tensor]:
    """Each sample's part in the correlations of every layer, averaged over its neurons and patches, (samples,)."""
    sums: dict[str, Tensor] = {}
    counts: dict[str, Tensor] = {}
    for layer in seen:
        if layer.name not in probes:
            continue
        probe = probes[layer.name]
        total = sums.setdefault(layer.name, layer.weight.new_zeros(samples))
        count = counts.setdefault(layer.name, layer.weight.new_zeros(samples))
        for sample, patches in layer.patches():
            total.index_add_(0, sample, probe.correlations(layer, patches)[:, probe.varying].mean(1))
            count.index_add_(0, sample, torch.ones_like(sample, dtype=count.dtype))
    return {name: total / counts[name] for name, total in sums.items()}
