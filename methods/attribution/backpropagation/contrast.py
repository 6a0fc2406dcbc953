"""Where relevance starts: at the explained output, or at it and against others."""

from typing import Literal

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.protocols import Model

Contrast = Literal["none", "others", "strongest"]


def start(contrast: Contrast, model: Model, outputs: Tensor, targets: Tensor) -> Tensor:
    """The relevance of every output, shaped like `outputs` (rows, classes).

    none: f_c at the target c. others: f_c at the target and -f_c / (classes - 1) at each other class. strongest: f_c at
    the target and -f_s at s, the other class of the highest output.

    Raises Unsupported for a contrast without other classes, BadInput for targets that are no classes.
    """
    explained, values = model.explained(outputs.detach(), targets), outputs.detach()
    if model.output != "classes" or outputs.shape[1] < 2:
        if contrast != "none":
            raise Unsupported(
                f"lrp(contrast={contrast!r}) needs other classes, and model {model.name!r} has one output"
            )
        return values
    own = targets[:, None]
    if contrast == "others":
        against = (-explained[:, None] / (values.shape[1] - 1)).expand_as(values)
    else:
        against = torch.zeros_like(values)
    if contrast == "strongest":
        strongest = values.scatter(1, own, -torch.inf).argmax(1, keepdim=True)
        against = against.scatter(1, strongest, -values.gather(1, strongest))
    return against.scatter(1, own, explained[:, None])
