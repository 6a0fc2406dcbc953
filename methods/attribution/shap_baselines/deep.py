"""shap's DeepExplainer."""

import copy
import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from whybench.errors import Unsupported
from whybench.methods.attribution.checks import whole
from whybench.methods.attribution.shap_baselines.library import shap_library
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Model, Query
from whybench.registries import register

TOLERANCE = 1e-3
"""How far sums may be off, as a share of the largest output: more than what float32 takes away."""


@register
@dataclass(frozen=True)
class Deep(AttributionMethod):
    """shap's DeepExplainer: DeepLIFT's rescale multipliers times the difference, averaged over a background.

    R_i = mean over background samples b of (x_i - b_i) m_i(x, b), in units of the output; the sum is f_c(x) minus the
    background's mean. shap hooks modules, from a table by their class's name, and passes over functions: it gets a
    copy of the model, and is refused where it knows no rule for a module or its sums are off.

    background: training samples, drawn once for all that are explained.

    Raises Unsupported where shap is not installed, for modules that it has no rule for, and for models that it gets
    wrong: functional or reused activations, in-place ones, layers that mix features without a module.

    Source: lundberg2017.
    """

    name: ClassVar[str] = "shap/deep"
    reference: ClassVar[str] = "lundberg2017"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "layers", "training"})
    stochastic: ClassVar[bool] = True
    complete: ClassVar[str | None] = "f(x) - mean f(background)"
    libraries: ClassVar[tuple[str, ...]] = ("shap",)

    background: int = 25

    def __post_init__(self) -> None:
        whole(self, 1, "background")

    def relevance(self, query: Query) -> Tensor:
        shap = shap_library(self.name)
        assert query.model.training is not None
        references = query.model.training.background(self.background, query.streams).to(query.inputs)
        with torch.inference_mode(False), torch.enable_grad():
            module = Explained(query.model.with_module(copy.deepcopy(query.model.module)))
            rows = [self._values(shap, module, query, i, references.clone()) for i in range(len(query))]
        return torch.cat(rows)

    def passes(self, query: Query) -> Passes | None:
        assert query.model.training is not None
        references = min(self.background, len(query.model.training))
        return Passes(2 * references, references) * len(query)

    def _values(self, shap: Any, module: "Explained", query: Query, sample: int, references: Tensor) -> Tensor:
        """The relevance of one sample, shaped (1, ...)."""
        x, name = query.inputs[sample : sample + 1].clone(), query.model.name
        module.target = query.targets[sample : sample + 1]
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            try:
                explainer = shap.DeepExplainer(module, references)
                values = explainer.shap_values(x, check_additivity=False)
            except (RuntimeError, AttributeError, AssertionError) as error:
                raise Unsupported(f"{self.name} fails on model {name!r}: {str(error).splitlines()[0]}") from error
        unknown = [str(w.message).rpartition(" ")[2] for w in said if "unrecognized nn.Module" in str(w.message)]
        if unknown:
            raise Unsupported(
                f"{self.name} has no rule for {', '.join(dict.fromkeys(unknown))} in model {name!r}, where shap would "
                "silently take the gradient"
            )
        found = torch.from_numpy(values).reshape(x.shape).to(x)
        with torch.no_grad():
            own, others = module(x).double(), module(references).double()
        gap = (found.double().sum() - (own - others.mean())).abs().item()
        if not gap <= TOLERANCE * max(own.abs().max().item(), others.abs().max().item(), 1e-3):
            raise Unsupported(
                f"{self.name}: shap's values of model {name!r} are {gap:.3g} off f(x) - mean f(background), as with "
                "activations that are functions or run twice"
            )
        return found


class Explained(nn.Module):
    """The explained output as the only one of a module, (n, 1)."""

    target: Tensor

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.inner = model.module
        self.model = model

    def forward(self, inputs: Tensor) -> Tensor:
        return self.model.explained(self.inner(inputs), self.target.expand(len(inputs)))[:, None]
