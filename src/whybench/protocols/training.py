"""Training data: what a method may learn from before it is asked."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from whybench.digests import tensors_digest
from whybench.errors import BadInput, BadParameter
from whybench.streams import Streams


@dataclass(frozen=True, eq=False)
class Training:
    """Samples that a model was trained on, or others of their kind, none of them among those that are explained.

    inputs: (n, ...) in the model's input space; labels: (n,) int64 classes or floating-point values.

    Raises BadInput where there are not as many labels as inputs, or none.
    """

    inputs: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if len(self.inputs) == 0 or tuple(self.labels.shape) != (len(self.inputs),):
            raise BadInput(
                f"training inputs of shape {tuple(self.inputs.shape)} with labels of shape {tuple(self.labels.shape)}; "
                "expected (n, ...) and (n,) with n >= 1"
            )

    def __len__(self) -> int:
        return len(self.inputs)

    @cached_property
    def digest(self) -> str:
        """sha256 of inputs and labels."""
        return tensors_digest({"inputs": self.inputs, "labels": self.labels})

    def background(self, count: int, streams: Streams) -> Tensor:
        """`count` inputs drawn without replacement, the same for every sample; all of them where there are fewer."""
        if count < 1:
            raise BadParameter(f"a background of {count} training samples; at least 1 is needed")
        chosen = streams.permutation("background", "", 0, len(self))[:count]
        return self.inputs[chosen.to(self.inputs.device)]

    def to(self, like: Tensor) -> "Training":
        """The same samples in the dtype and on the device of `like`."""
        return Training(self.inputs.to(like), self.labels.to(like.device))


def training_of(given: Training | Tensor | tuple[Tensor, Tensor], inputs: Tensor) -> Training:
    """What a caller gave as training data: inputs alone, or inputs and labels, of the kind of `inputs`."""
    if isinstance(given, Training):
        found = given
    elif isinstance(given, Tensor):
        found = Training(given, torch.zeros(len(given), dtype=torch.int64))
    elif isinstance(given, tuple) and len(given) == 2:
        found = Training(torch.as_tensor(given[0]), torch.as_tensor(given[1]))
    else:
        raise BadInput(f"training={type(given).__name__}; expected inputs (n, ...), or a pair of inputs and labels")
    if found.inputs.shape[1:] != inputs.shape[1:] or not torch.isfinite(found.inputs).all():
        raise BadInput(
            f"training inputs of shape {tuple(found.inputs.shape)} for inputs of shape {tuple(inputs.shape)}; expected "
            "finite ones that differ in number only"
        )
    return found.to(inputs)
