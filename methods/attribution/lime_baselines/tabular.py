"""lime's LimeTabularExplainer."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whybench.methods.attribution.array_function import Array, ArrayFunction
from whybench.methods.attribution.checks import whole
from whybench.methods.attribution.lime_baselines.library import lime_module, silent
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class Tabular(AttributionMethod):
    """lime's LimeTabularExplainer: a ridge regression around a row, on rows drawn from the training data's columns.

    w = argmin sum over draws z of k(z) (f_c(z) - w_0 - w . e(z))^2 + |w|^2, k(z) = exp(-d^2 / (2 width^2)), d the
    Euclidean distance of e(z) from e(x) and width 0.75 sqrt(columns). By default e_i(z) says whether z_i lies in the
    same quarter of the training data as x_i, so that R_i = w_i is in units of the output; otherwise e_i(z) is z_i in
    units of the column's deviation, drawn around its mean, and R_i a slope. Shaped like the inputs.

    num_samples: rows a sample (lime's own default is 5000); discretize_continuous: quarters, or values.

    Raises Unsupported where lime is not installed, and for models without training samples.

    Source: ribeiro2016.
    """

    name: ClassVar[str] = "lime/tabular"
    reference: ClassVar[str] = "ribeiro2016"
    needs: ClassVar[frozenset[str]] = frozenset({"tabular", "training"})
    stochastic: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("lime", "scikit-learn", "scipy")

    num_samples: int = 1000
    discretize_continuous: bool = True

    def __post_init__(self) -> None:
        whole(self, 2, "num_samples")

    def relevance(self, query: Query) -> Tensor:
        lime_tabular = lime_module(self.name, "lime_tabular")
        assert query.model.training is not None
        training: Array = query.model.training.inputs.double().cpu().numpy()
        rows = [self._coefficients(lime_tabular, query, training, i) for i in range(len(query))]
        return torch.from_numpy(np.stack(rows)).to(query.inputs)

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.num_samples) * len(query)

    def _coefficients(self, lime_tabular: Any, query: Query, training: Array, sample: int) -> Array:
        """The coefficients of one row's columns."""
        columns = training.shape[1]
        seed = query.streams.generator(self.name, query.ids[sample]).initial_seed() % 2**32
        with silent():
            explainer = lime_tabular.LimeTabularExplainer(
                training,
                mode="regression",
                feature_selection="none",
                discretize_continuous=self.discretize_continuous,
                random_state=seed,
            )
            explanation = explainer.explain_instance(
                query.inputs[sample].double().cpu().numpy(),
                ArrayFunction(query, sample),
                num_features=columns,
                num_samples=self.num_samples,
            )
        found = dict(explanation.local_exp[1])
        return np.array([found[column] for column in range(columns)])
