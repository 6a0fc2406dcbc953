"""TreeSHAP."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution.checks import whole
from whybench.methods.attribution.shap_baselines.library import shap_library
from whybench.methods.attribution.shap_baselines.trees import tree_values
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register
from whybench.trees import TreeEnsemble

TOLERANCE = 1e-6
"""How far the sum of the values may be off, as a share of the largest leaf times the number of trees."""


@register
@dataclass(frozen=True)
class TreeShap(AttributionMethod):
    """Shapley values of the columns of a tree ensemble, exact, by the library shap.

    phi_i = sum over S without i of |S|! (M - |S| - 1)! / M! (v(S + i) - v(S)) over M columns; shaped like the inputs,
    in units of the output. v depends on the mode:

    - `path_dependent`: v(S) is what a tree gives on average when x decides at the columns in S and at the others
      both branches are taken, in shares of the training samples that came by when the tree was grown. No data is
      needed, but a column that changes no answer can have a value: the shares depend on where trees look at it.
    - `interventional`: v(S) = mean over the background b of f_c(x in the columns S, b in the others), of which a
      column that changes no answer has none.

    The two start from different means and are not to be compared. shap adds leaves in float32 in the interventional
    mode: its sums are off by up to 1e-6 of the largest leaf times the number of trees, by 1e-12 in the other mode.

    background: training samples, drawn once by the seed, of the interventional mode.

    Raises Unsupported for models that are no tree ensembles (`whybench.tree_model` makes them), where shap is not
    installed or its sums are off by more, and in the interventional mode for models without training samples.

    Source: lundberg2020.

    >>> from sklearn.tree import DecisionTreeRegressor
    >>> import whybench
    >>> stump = DecisionTreeRegressor(random_state=0).fit([[0.0, 7.0], [1.0, 7.0], [1.0, 9.0]], [3.0, 5.0, 8.0])
    >>> inputs = torch.tensor([[1.0, 7.0]], dtype=torch.float64)
    >>> TreeShap().attribute(whybench.tree_model(stump), inputs).round(decimals=4).tolist()  # doctest: +SKIP
    [[0.8333, -1.1667]]
    """

    name: ClassVar[str] = "tree_shap"
    reference: ClassVar[str] = "lundberg2020"
    needs: ClassVar[frozenset[str]] = frozenset({"trees"})
    complete: ClassVar[str | None] = "f(x) - expected f"
    libraries: ClassVar[tuple[str, ...]] = ("shap",)
    passes_each: ClassVar[Passes | None] = Passes()

    mode: Literal["path_dependent", "interventional"] = "path_dependent"
    background: int = 100

    def __post_init__(self) -> None:
        if self.mode not in ("path_dependent", "interventional"):
            raise BadParameter(f"tree_shap: mode={self.mode!r}; allowed: path_dependent, interventional")
        whole(self, 1, "background")
        if self.mode == "interventional":
            # Facts of this object rather than of its class, since the other mode draws nothing and needs no data.
            object.__setattr__(self, "needs", frozenset({"trees", "training"}))
            object.__setattr__(self, "stochastic", True)

    def relevance(self, query: Query) -> Tensor:
        ensemble, background = query.model.module, None
        assert isinstance(ensemble, TreeEnsemble)
        if self.mode == "interventional":
            assert query.model.training is not None
            background = query.model.training.background(self.background, query.streams)
        values, start = tree_values(shap_library(self.name), ensemble, query.inputs, background)
        chosen = query.targets.cpu()
        relevance = values[torch.arange(len(query)), :, chosen]
        self._check(query, ensemble, relevance.sum(1) + start[chosen])
        return relevance.to(query.inputs)

    def _check(self, query: Query, ensemble: TreeEnsemble, reached: Tensor) -> None:
        """Raise Unsupported where the values do not lead to the model's outputs: one forward pass a sample."""
        passes = [query.outputs(query.inputs[sample], sample) for sample, _ in query.each(1)]
        gap = (torch.cat(passes).double().cpu() - reached).abs().max().item()
        scale = len(ensemble) * ensemble.value.abs().max().item() + ensemble.offset.abs().max().item()
        if not gap <= TOLERANCE * scale:
            raise Unsupported(
                f"tree_shap: shap's values of model {query.model.name!r} sum to what is {gap:.3g} off its outputs, "
                f"more than {TOLERANCE:g} of the largest leaf times the number of trees"
            )
