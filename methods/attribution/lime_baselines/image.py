"""lime's LimeImageExplainer."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.array_function import Array, ArrayFunction
from whybench.methods.attribution.checks import whole
from whybench.methods.attribution.coalitions import CoalitionMethod, Game
from whybench.methods.attribution.lime_baselines.library import lime_module, silent
from whybench.passes import Passes
from whybench.protocols import Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class Image(CoalitionMethod):
    """lime's LimeImageExplainer: a ridge regression from random sets of kept pieces of an image to the output.

    w = argmin sum over draws z of k(z) (f_c(x_z) - w_0 - w . z)^2 + |w|^2, z in {0, 1}^M with fair coins, the first
    draw all ones, k(z) = exp(-d^2 / (2 width^2)) with the cosine distance d and width 0.25; the penalty of 1 shrinks
    small outputs. Pieces and what replaces them are those of `lime`, not quickshift and the mean colour. A piece's
    coefficient is shared equally by its pixels and channels: shaped like the inputs, in units of the output.

    num_samples: draws a sample; players, region, segments, baseline: as in `lime`.

    Raises Unsupported where lime is not installed, and for images that have neither one nor three channels.

    Source: ribeiro2016.
    """

    name: ClassVar[str] = "lime/image"
    reference: ClassVar[str] = "ribeiro2016"
    needs: ClassVar[frozenset[str]] = frozenset({"image"})
    stochastic: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("lime", "scikit-learn", "scikit-image")

    num_samples: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        whole(self, 2, "num_samples")

    def relevance(self, query: Query) -> Tensor:
        lime_image = lime_module(self.name, "lime_image")
        channels = query.inputs.shape[1]
        if channels not in (1, 3):
            raise Unsupported(f"{self.name} takes images with one channel or three, not with {channels}")
        game, baseline = self.game(query), query.baseline(self.baseline)
        return self.shared_out(game, [self._coefficients(lime_image, game, baseline, i) for i in range(len(query))])

    def passes(self, query: Query) -> Passes | None:
        return Passes(self.num_samples) * len(query)

    def _coefficients(self, lime_image: Any, game: Game, baseline: Tensor, sample: int) -> Tensor:
        """The coefficients of one sample's players."""
        query = game.query
        segments = game.players.index[sample].cpu().numpy()
        function = ArrayFunction(query, sample)
        channels = query.inputs.shape[1]
        seed = query.streams.generator(self.name, query.ids[sample]).initial_seed() % 2**32
        with silent():
            explanation = lime_image.LimeImageExplainer(random_state=seed, feature_selection="none").explain_instance(
                _three_channels(query.inputs[sample]),
                lambda images: function(np.moveaxis(images, -1, 1)[:, :channels])[:, None],
                labels=(0,),
                hide_color=_three_channels(baseline[sample]),
                top_labels=None,
                num_samples=self.num_samples,
                batch_size=query.rows,
                segmentation_fn=lambda image: segments,
            )
        found = dict(explanation.local_exp[0])
        return torch.tensor([found[player] for player in range(game.players.counts[sample])], dtype=torch.float64)


def _three_channels(image: Tensor) -> Array:
    """(channels, height, width) as the (height, width, 3) of lime."""
    array: Array = np.ascontiguousarray(image.double().cpu().expand(3, -1, -1).numpy().transpose(1, 2, 0))
    return array
