"""Cosine similarity convergence."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.passes import Passes
from whybench.protocols import Case, Curves, Metric, Query, Scores
from whybench.protocols.model import steady
from whybench.protocols.propagation import LayerPropagator, LayerRelevance
from whybench.registries import register


@register
@dataclass(frozen=True)
class CosineConvergence(Metric[Attribution]):
    """Cosine similarity convergence: how parallel any two relevances of the outputs have become at the input.

    score = mean over pairs p of |cos(R(v_p), R(w_p))|, in [0, 1], without unit, R(v) the relevance that arrives at the
    inputs when the way back by the method's rules starts from the relevance v of the outputs instead of the target's;
    v_p, w_p ~ N(0, I) over the outputs, drawn once a sample for all methods. 1: whatever the outputs (the class, the
    last layers' weights) say, the map is the same up to scale and sign, as after a chain of matrices that comes near
    rank 1; for independent directions in d dimensions about sqrt(2 / (pi d)). The curve shows the same at every layer's
    output, from the last layer (0) to the inputs (1). The sign is left out since two random starts often lie on
    different sides of what they converge to.

    pairs: how many pairs of starts, one way back each.

    A sample at whose inputs nothing arrives from one of the starts is undefined.

    Raises BadParameter; Unsupported for methods that do not go back by rules that start anywhere (all but `gradient`,
    `guided_backprop`, `deconvnet`, `lrp`, `rap` and `excitation_backprop`), for models of one output, and what the
    method raises.

    Source: sixt2020.
    """

    name: ClassVar[str] = "cosine_convergence"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "sanity"
    range: ClassVar[tuple[float, float]] = (0.0, 1.0)
    reference: ClassVar[str] = "sixt2020"
    needs: ClassVar[frozenset[str]] = frozenset({"classes", "gradients"})
    stochastic: ClassVar[bool] = True

    pairs: int = 5

    def __post_init__(self) -> None:
        if self.pairs < 1:
            raise BadParameter(f"cosine_convergence: pairs={self.pairs}; at least 1 is needed")

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        method = case.method
        if not isinstance(method, LayerPropagator):
            name = getattr(method, "name", "the method")
            raise Unsupported(f"cosine_convergence follows relevance through layers; {name} carries none from anywhere")
        query = Query(case.model, case.inputs, case.targets, case.ids, case.streams, case.rows)
        with steady(case.model.module):
            outputs = case.predict(case.inputs[:1]).shape[1]
            if outputs < 2:
                raise Unsupported(f"cosine_convergence needs two outputs; model {case.model.name!r} has one")
            cosines = torch.cat([*self._cosines(method.propagated(query, self._starts(case, outputs)))])
        values = cosines[:, -1]
        lost = values.isnan().nonzero().flatten().tolist()
        x = torch.linspace(0, 1, cosines.shape[1], dtype=torch.float64).expand_as(cosines)
        return Scores(
            values,
            dict.fromkeys(lost, "from one of the starts no relevance arrives at the inputs"),
            curves=Curves(x, cosines, "layers from the output to the input", "absolute cosine similarity"),
        )

    def passes(self, case: Case[Attribution]) -> Passes | None:
        return Passes(1, 2 * self.pairs) * len(case)

    def _starts(self, case: Case[Attribution], outputs: int) -> Tensor:
        """(2 pairs, n, outputs)."""
        draws = [(i, k) for k in range(2 * self.pairs) for i in case.ids]
        rows = case.streams.normals("cosine_convergence", draws, (outputs,))
        return rows.view(-1, len(case), outputs).to(case.inputs)

    def _cosines(self, batches: Iterator[list[LayerRelevance]]) -> Iterator[Tensor]:
        """The mean over pairs at every layer, (rows, layers) on the CPU; NaN where a relevance is zero."""
        for layers in batches:
            yield torch.stack([absolute_cosine(layer.relevance).mean(0).cpu() for layer in layers], 1)


def absolute_cosine(relevance: Tensor) -> Tensor:
    """|cos| between neighbours, (2 pairs, rows, ...) -> (pairs, rows) float64; NaN where one of the two is zero.

    >>> absolute_cosine(torch.tensor([[[3.0, 4.0]], [[-3.0, 0.0]]]))
    tensor([[0.6000]], dtype=torch.float64)
    """
    flat = relevance.double().flatten(2)
    largest = flat.abs().amax(2, keepdim=True)
    unit = flat / largest  # so that no square under- or overflows
    unit = unit / unit.norm(dim=2, keepdim=True)
    cosine: Tensor = (unit[::2] * unit[1::2]).sum(2).abs().clamp(max=1)
    return cosine
