"""How a model came to its weights, so that it can be trained again on other labels or inputs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from whybench.digests import tensors_digest
from whybench.errors import BadInput


@dataclass(frozen=True, eq=False)
class Retraining:
    """The training of a model, to be done again.

    inputs: (n, ...) what the model was trained on, in its input space; labels: (n,) int64 classes.
    train: labels (n,) and an effort -> the weights, named as in the module's `state_dict`, that the model gets from
    these labels with `effort` times the steps of its own training; the own labels with effort 1 give its own weights.
    train_on: inputs (n, ...), labels (n,) and a seed of all draws -> the weights that the model's own training gets
    from them; the own inputs and labels with seed 0 give its own weights. None where only labels can be changed.

    Raises BadInput where there are not as many labels as inputs, or none.
    """

    inputs: Tensor
    labels: Tensor
    train: Callable[[Tensor, int], Mapping[str, Tensor]]
    train_on: Callable[[Tensor, Tensor, int], Mapping[str, Tensor]] | None = None

    def __post_init__(self) -> None:
        if len(self.inputs) == 0 or tuple(self.labels.shape) != (len(self.inputs),):
            raise BadInput(
                f"training inputs of shape {tuple(self.inputs.shape)} with labels of shape {tuple(self.labels.shape)}; "
                "expected (n, ...) and (n,) with n >= 1"
            )

    @cached_property
    def digest(self) -> str:
        """sha256 of inputs and labels."""
        return tensors_digest({"inputs": self.inputs, "labels": self.labels})
