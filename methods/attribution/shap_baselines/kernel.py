"""shap's KernelExplainer."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whybench.isolation import generators_from
from whybench.methods.attribution.checks import whole
from whybench.methods.attribution.coalitions import CoalitionMethod, Game
from whybench.methods.attribution.shap_baselines.library import shap_library, silent
from whybench.passes import Passes
from whybench.protocols import Query
from whybench.registries import register

Array = np.ndarray[Any, Any]


@register
@dataclass(frozen=True)
class Kernel(CoalitionMethod):
    """shap's KernelExplainer: Shapley values of the pieces of an input by weighted least squares over coalitions.

    The game is that of `kernel_shap`, v(S) = f_c(x with the players outside S filled in); shap chooses the coalitions
    (sizes from both ends inward as far as they can be had whole, then random ones of the sizes left) and, by default,
    keeps the ten players that a least-angle regression takes first: the others have 0 even where their Shapley value
    is large. Values below 1e-10 become 0. Shaped like the inputs, in units of the output; they sum to f_c(x) - f_c(b).

    nsamples: coalitions a sample (shap's own default is 2 M + 2048); l1_reg: shap's selection of players, say
    `num_features(10)`, `aic`, `bic`, a penalty, or 0 for none; players, region, segments, baseline: as in
    `kernel_shap`.

    Raises Unsupported where shap is not installed.

    Source: lundberg2017.
    """

    name: ClassVar[str] = "shap/kernel"
    reference: ClassVar[str] = "lundberg2017"
    stochastic: ClassVar[bool] = True
    complete: ClassVar[str | None] = "f(x) - f(baseline)"
    libraries: ClassVar[tuple[str, ...]] = ("shap", "scikit-learn", "scikit-image")

    nsamples: int = 1024
    l1_reg: str | float = "num_features(10)"

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self, 2, "nsamples")

    def relevance(self, query: Query) -> Tensor:
        shap, game = shap_library(self.name), self.game(query)
        return self.shared_out(game, [self._values(shap, game, i) for i in range(len(query))])

    def passes(self, query: Query) -> Passes | None:
        return Passes(sum(2 + min(2**m - 2, self.nsamples) for m in self.game(query).players.counts))

    def _values(self, shap: Any, game: Game, sample: int) -> Tensor:
        """The values of one sample's players."""
        function = PlayerFunction(game, sample)
        players = game.players.counts[sample]
        seed = game.query.streams.generator(self.name, game.query.ids[sample]).initial_seed()
        with generators_from(seed), silent():
            explainer = shap.KernelExplainer(function, np.zeros((1, players)))
            values = explainer.shap_values(
                np.ones((1, players)), nsamples=self.nsamples, l1_reg=self.l1_reg, silent=True
            )
        return torch.from_numpy(values[0])


@dataclass(frozen=True, eq=False)
class PlayerFunction:
    """f_c with some players of a sample kept, as a function of which: (m, players) of 0 and 1 -> (m,) float64."""

    game: Game
    sample: int

    def __call__(self, kept: Array) -> Array:
        most = max(self.game.players.counts)
        query = self.game.query
        coalitions = torch.zeros(len(kept), most, dtype=torch.bool, device=query.inputs.device)
        coalitions[:, : kept.shape[1]] = torch.from_numpy(np.asarray(kept) > 0)
        parts = []
        for some in torch.split(coalitions, query.rows):
            whose = torch.full((len(some),), self.sample, device=some.device)
            filled = self.game.infill.apply(self.game.players.mask(some, whose), whose)
            parts.append(query.outputs(filled, whose))
        outputs: Array = torch.cat(parts).double().cpu().numpy()
        return outputs
