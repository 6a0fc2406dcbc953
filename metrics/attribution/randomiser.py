"""Randomised models one after another, for all tests that ask for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from whybench.metrics.attribution.parameter_layers import parameter_layers
from whybench.metrics.attribution.randomised_models import (
    Randomisation,
    Twin,
    noise_probes,
    randomised_weights,
    responds,
)
from whybench.protocols import Case, Model

Block = Sequence[str]
"""Names of parameters that are randomised as one."""


class Randomiser:
    """Copies of a case's model with randomised weights, each to be used before the next one is taken.

    layers: the names of each layer's parameters, from the output down.

    Raises Unsupported for models without parameters, or that cannot be copied or seen into.
    """

    def __init__(self, case: Case[Any]) -> None:
        self._findings = _findings(case)
        self._model, self._streams, self._rows = case.model, case.streams, case.rows
        self._twin = Twin(case.model)

    @property
    def layers(self) -> list[tuple[str, ...]]:
        return self._findings.layers

    def models(
        self, randomisation: Randomisation, blocks: Sequence[Block], seeds: int, *, cumulative: bool = True
    ) -> Iterator[tuple[int, int, Model | None]]:
        """Seed, block and model, for each seed and block; None for a model whose output ignores its input.

        cumulative: with all blocks before it randomised, too.
        """
        answering, probes = self._findings.answering, self._findings.probes
        for seed in range(seeds):
            weights: Mapping[str, Tensor] = {}
            for number, block in enumerate(blocks):
                new = randomised_weights(self._model, block, randomisation, self._streams, seed)
                weights = {**weights, **new} if cumulative else new
                model = self._twin.holding(weights)
                key = (randomisation, seed, tuple(weights))
                if key not in answering:
                    answering[key] = responds(model, probes, self._rows)
                yield seed, number, model if answering[key] else None


@dataclass(frozen=True, eq=False)
class _Findings:
    """What is found out of a model once, whatever method and metric asks for it randomised.

    probes: the noise that randomised models are asked about; answering: which of them answer to their input, by
    randomisation, seed and parameters.
    """

    layers: list[tuple[str, ...]]
    probes: Tensor
    answering: dict[tuple[Randomisation, int, Block], bool] = field(default_factory=dict)


def _findings(case: Case[Any]) -> _Findings:
    """Those on the case's model, for inputs like the case's and its random streams."""
    memory, key = case.model.memory, (_Findings, case.inputs.shape[1:], case.inputs.dtype, case.streams)
    if key not in memory:
        layers = parameter_layers(case.model.module, case.inputs[:1])
        memory[key] = _Findings(layers, noise_probes(case.model, case.inputs, case.streams))
    found: _Findings = memory[key]
    return found
