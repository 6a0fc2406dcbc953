"""Ground truth: where in each sample the evidence for its label lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whybench.errors import BadInput
from whybench.protocols.model import Model


@dataclass(frozen=True, eq=False)
class Truth:
    """Which features hold the evidence for each sample's label.

    masks: (n, *grid) bool, one value a feature, as the model sees the samples; an empty mask is a sample without
    evidence. difficult: (n,) bool, the samples in which it is hard to find; None where nobody has said.

    Raises BadInput where a tensor is not boolean or their numbers differ.
    """

    capabilities: ClassVar[frozenset[str]] = frozenset({"masks"})
    """What samples with ground truth give, in the words of `Metric.needs`."""

    masks: Tensor
    difficult: Tensor | None = None

    def __post_init__(self) -> None:
        if self.masks.dtype != torch.bool or self.masks.ndim < 2:
            raise BadInput(
                f"masks of shape {tuple(self.masks.shape)} and type {self.masks.dtype}; expected (n, ...) booleans, "
                "one a feature"
            )
        if self.difficult is not None:
            check_difficult(self.difficult, len(self.masks))

    def tensors(self) -> dict[str, Tensor]:
        """What the ground truth consists of, by name."""
        return {"masks": self.masks, **({} if self.difficult is None else {"difficult": self.difficult})}

    def to(self, device: torch.device) -> "Truth":
        """The same on a device."""
        return Truth(self.masks.to(device), None if self.difficult is None else self.difficult.to(device))


def check_difficult(difficult: Tensor, count: int) -> None:
    """Raise BadInput unless `difficult` holds one boolean a sample."""
    if difficult.dtype != torch.bool or tuple(difficult.shape) != (count,):
        raise BadInput(
            f"difficult of shape {tuple(difficult.shape)} and type {difficult.dtype} for {count} samples; expected "
            f"({count},) booleans"
        )


def truth_of(
    masks: Tensor | Sequence[Any], difficult: Tensor | Sequence[bool] | None, model: Model, inputs: Tensor
) -> Truth:
    """Ground truth that a caller gives in the model's input space: one boolean a feature of each input."""
    given = torch.as_tensor(masks)
    wanted = (len(inputs), *model.domain.grid(inputs.shape))
    if tuple(given.shape) != wanted:
        raise BadInput(
            f"masks of shape {tuple(given.shape)} for inputs of shape {tuple(inputs.shape)}; expected one boolean a "
            f"feature, {wanted}"
        )
    return Truth(given, None if difficult is None else torch.as_tensor(difficult)).to(inputs.device)


def seen_mask(model: Model, sample: np.ndarray[Any, Any], mask: np.ndarray[Any, Any]) -> Tensor:
    """A raw sample's mask as the model sees the sample: one boolean a feature of its input.

    A table's mask stays as it is. An image's goes the way of its image, whatever the model's preprocessing crops,
    turns or resizes: a picture that is bright inside the mask and dark outside is preprocessed, and a pixel is inside
    where it came out nearer to an all-bright picture than to an all-dark one. A resize by any smooth interpolation
    thus moves straight edges as a resize to the nearest pixel does.

    Raises BadInput for a mask that does not fit its sample, or a preprocessing that does not tell bright from dark.
    """
    image = model.domain.name == "image"
    fitting = (sample.shape[:2], sample.shape[-2:]) if image else (sample.shape,)
    if mask.dtype != np.bool_ or mask.shape not in fitting:
        raise BadInput(
            f"a mask of shape {mask.shape} and type {mask.dtype} for a sample of shape {sample.shape}; expected "
            f"{fitting[0]} booleans"
        )
    if not image:
        return torch.from_numpy(mask.copy())
    dark, bright, picture = (
        model.preprocess(_picture(sample, where)).double() for where in (mask & False, mask | True, mask)
    )
    reach = bright - dark
    apart = reach.square().sum(0)
    if not torch.isfinite(apart).all() or not (apart > 0).all():
        raise BadInput(
            f"the preprocessing of model {model.name!r} does not tell an all-bright image from an all-dark one, so "
            "that masks cannot follow it; give evaluate(..., masks=...) masks of the preprocessed inputs"
        )
    return ((picture - dark) * reach).sum(0) > apart / 2


def _picture(sample: np.ndarray[Any, Any], bright: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An image like `sample`, bright where it is said and dark elsewhere."""
    most = 255 if sample.dtype == np.uint8 else 1
    where = bright if bright.shape == sample.shape[-2:] else bright[:, :, None]
    return np.ascontiguousarray(np.broadcast_to(where, sample.shape).astype(sample.dtype) * sample.dtype.type(most))
