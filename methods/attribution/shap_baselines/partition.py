"""shap's PartitionExplainer."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whybench.domains import Domain, TabularDomain
from whybench.errors import Unsupported
from whybench.isolation import generators_from
from whybench.methods.attribution.array_function import Array, ArrayFunction
from whybench.methods.attribution.checks import whole
from whybench.methods.attribution.shap_baselines.library import shap_library, silent
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class Partition(AttributionMethod):
    """shap's PartitionExplainer: Owen values down a hierarchy of the features.

    A group's value is shared by its two halves as Shapley values of a game of two, again and again; groups that
    `max_evals` does not reach share theirs equally. Images are halved along their axes, channels last; columns are
    joined by their correlation where the domain has their covariance, else by their place. What is left out has the
    baseline's value. Shaped like the inputs, in units of the output; the sum is f_c(x) - f_c(b).

    max_evals: rows through the model for a sample; batch_size: how many of them shap asks for before it decides which
    groups are next, which changes the values that `max_evals` cuts off, so that it is no matter of the rows of a pass;
    baseline: an infill's name, or None for the domain's baseline.

    Raises Unsupported where shap is not installed, and for tables with a single column.

    Source: lundberg2017; values of hierarchies: owen1977.
    """

    name: ClassVar[str] = "shap/partition"
    reference: ClassVar[str] = "lundberg2017"
    complete: ClassVar[str | None] = "f(x) - f(baseline)"
    libraries: ClassVar[tuple[str, ...]] = ("shap", "scipy")

    max_evals: int = 500
    batch_size: int = 10
    baseline: str | None = None

    def __post_init__(self) -> None:
        whole(self, 4, "max_evals")
        whole(self, 1, "batch_size")

    def relevance(self, query: Query) -> Tensor:
        shap = shap_library(self.name)
        baseline = query.baseline(self.baseline)
        clustering = None if query.inputs.ndim == 4 else hierarchy(query.domain, query.inputs.shape[1])
        rows = []
        for i in range(len(query)):
            x, b = query.inputs[i : i + 1], baseline[i : i + 1]
            # A constant seed: shap draws only to break ties between groups that wait for their turn.
            with generators_from(0), silent():
                rows.append(self._values(shap, ArrayFunction(query, i), x, b, clustering))
        return torch.cat(rows).to(query.inputs)

    def _values(self, shap: Any, function: ArrayFunction, x: Tensor, b: Tensor, clustering: Array | None) -> Tensor:
        sample, filling = x.double().cpu().numpy(), b.double().cpu().numpy()
        if clustering is None:
            # shap's images have their channels last.
            sample, filling = np.moveaxis(sample, 1, -1), np.moveaxis(filling, 1, -1)
            masker = shap.maskers.Image(np.ascontiguousarray(filling[0]))
            explainer = shap.PartitionExplainer(lambda images: function(np.moveaxis(images, -1, 1)), masker)
        else:
            explainer = shap.PartitionExplainer(function, shap.maskers.Partition(filling, clustering=clustering))
        explanation = explainer(
            np.ascontiguousarray(sample), max_evals=self.max_evals, batch_size=self.batch_size, silent=True
        )
        values = torch.from_numpy(explanation.values.reshape(sample.shape))
        return values if clustering is not None else values.movedim(-1, 1)


def hierarchy(domain: Domain, columns: int) -> Array:
    """How columns are joined into groups, nearest first, as scipy.cluster.hierarchy has it: (columns - 1, 4)."""
    from scipy.cluster.hierarchy import single  # here, since listing the methods should not wait for it

    if columns < 2:
        raise Unsupported("shap/partition needs at least two columns to build a hierarchy of")
    covariance = domain.covariance if isinstance(domain, TabularDomain) else None
    if covariance is None:
        place = torch.arange(columns, dtype=torch.float64)
        distance = (place[:, None] - place).abs()
    else:
        deviation = covariance.double().cpu().diagonal().sqrt()
        # A constant column is correlated with none.
        distance = 1 - (covariance.double().cpu() / deviation[:, None] / deviation).nan_to_num(0.0)
    above = torch.triu_indices(columns, columns, 1)
    joined: Array = single(distance[above[0], above[1]].numpy())
    return joined
