"""A built-in model that learns: its training said once, and the seed that it takes as its parameter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor, nn

from whybench.errors import BadParameter
from whybench.models.retraining import retraining
from whybench.models.training import Recipe, trained
from whybench.protocols import ModelLoader, Retraining


class Learner(NamedTuple):
    """All that decides a model's weights, for the training that it comes from and for training it again.

    name: that of the cached file; targets: int64 classes, or floats shaped like the outputs.
    """

    name: str
    architecture: Callable[[], nn.Module]
    inputs: Tensor
    targets: Tensor
    recipe: Recipe

    def module(self) -> nn.Module:
        """The trained network, frozen and in eval mode."""
        return trained(*self)

    def retraining(self) -> Retraining:
        """The same training with other labels, inputs or seeds; of classifiers only."""
        return retraining(*self)


@dataclass(frozen=True)
class Learned(ModelLoader):
    """A registered model that whybench trains.

    seed: of the first weights and of the order of the samples. Another one is another network of the same
    architecture, trained on the same samples: no new model x dataset block, but a repetition within one.

    Raises BadParameter for a seed that is no whole number from 0.
    """

    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.seed, int) or isinstance(self.seed, bool) or self.seed < 0:
            raise BadParameter(f"{self.name}: seed={self.seed!r}; expected a whole number from 0")

    @property
    def label(self) -> str:
        return f"{self.name}(seed={self.seed})" if self.seed else self.name
