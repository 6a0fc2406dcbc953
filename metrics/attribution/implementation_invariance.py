"""Implementation invariance."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.explanations import Attribution, Explanation
from whybench.metrics.attribution.rewrites import REWRITES, RewriteDeviations, rewritten
from whybench.passes import Passes
from whybench.protocols import Case, Metric, Scores
from whybench.registries import register

TOLERANCE = 1e-12


@register
@dataclass(frozen=True)
class ImplementationInvariance(Metric[Attribution]):
    """How much a map changes when the same function is written as another network.

    score = max over rewrites of |R' - R|_1 / |R|_1, R' the map of the rewritten network; in [0, inf), without unit; 0
    is invariant. Relevances are compared as the method gives them, before channels are summed. The details hold the
    number of each rewrite, NaN where it was not judged:

    - `relu_as_selection`: ReLU (or ReLU6) as a choice between x and 0; `relu_as_product`: as x * 1[x > 0];
    - `split_linear`, `split_convolution`: followed by the identity as a layer of weights;
    - `explicit_padding`: padding as a layer of its own; `pool_as_convolution`: averages as a convolution;
    - `folded_batch_norm`: BatchNorm made part of the convolution before it; `unfolded_batch_norm`: put behind one;
    - `permuted_channels`: hidden channels in another order; `rescaled_pair`: hidden channels times 2 or 1/2, which the
      next layer takes back.

    A rewrite is used for a sample only where all outputs of the rewritten network, in float64, are within 1e-12 of
    those of the original, relative where they are larger than 1. In float32 rounding can carry units of a deep network
    across their kinks: scores below about 1e-3 mean nothing there.
    Rewrites concern layers that are modules; what a network computes by functions stays as it is. A rewrite that the
    method does not support is not judged, and the detail `rewrites` says how many were: methods that support more are
    judged by more. Costs a map a rewrite; n passes for each rewrite and for the original are shared by all methods.

    A zero map and a sample that no rewrite fits are undefined. Constant maps win.

    Raises Unsupported where no rewrite fits the model, and where the method supports none of those that do.

    Source: sundararajan2017.
    """

    name: ClassVar[str] = "implementation_invariance"
    kind: ClassVar[type[Explanation]] = Attribution
    family: ClassVar[str] = "axiom"
    range: ClassVar[tuple[float, float]] = (0.0, math.inf)
    reference: ClassVar[str] = "sundararajan2017"
    needs: ClassVar[frozenset[str]] = frozenset({"layers"})
    trivial: ClassVar[bool] = True

    @property
    def higher_is_better(self) -> bool:
        return False

    def score(self, case: Case[Attribution]) -> Scores:
        same = case.artifact(RewriteDeviations())["deviation"] <= TOLERANCE
        if not same.any():
            raise Unsupported(f"no rewrite of model {case.model.name!r} keeps what it computes")
        size = _norm(case.explanation.relevance)
        details, refusal = {}, ""
        for k, name in enumerate(REWRITES):
            changes = torch.full_like(size, torch.nan)
            if same[:, k].any():
                try:
                    changes = torch.where(same[:, k] & (size > 0), self._change(case, name) / size, torch.nan)
                except Unsupported as error:
                    refusal = str(error)
            details[name] = changes
        every = torch.stack(list(details.values()), 1)
        judged = every.isfinite()
        if not judged.any() and refusal:
            raise Unsupported(refusal)
        values = torch.where(judged, every, -torch.inf).amax(1)
        reasons = {
            i: "the map is zero everywhere" if size[i] == 0 else "no rewrite keeps this sample's output"
            for i in (~judged.any(1)).nonzero().flatten().tolist()
        }
        details["rewrites"] = judged.sum(1).double()
        return Scores(torch.where(judged.any(1), values, torch.nan), reasons, details=details)

    def passes(self, case: Case[Attribution]) -> Passes | None:
        return case.asked(int((case.artifact(RewriteDeviations())["deviation"] <= TOLERANCE).any(0).sum()))

    def _change(self, case: Case[Attribution], name: str) -> Tensor:
        """|R' - R|_1 of each sample, (n,)."""
        module = rewritten(case.model.module, name, case.inputs[:1].double())
        assert module is not None
        model = case.model.with_module(module.to(case.inputs.dtype))
        return _norm(case.explain(model=model).relevance.double() - case.explanation.relevance.double())


def _norm(relevance: Tensor) -> Tensor:
    return relevance.double().flatten(1).abs().sum(1).cpu()
