"""Random control."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from whybench.digests import tensors_digest
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class Random(AttributionMethod):
    """A map of independent standard normal values: the chance level that every method has to beat.

    R_i ~ N(0, 1), shaped like the inputs. Drawn anew for other inputs and for a model with other weights (the
    stream's name holds both digests), so that it agrees with itself only on the very same question.

    >>> x = torch.zeros(1, 3)
    >>> net = torch.nn.Linear(3, 2)
    >>> bool((Random().attribute(net, x, 0) == Random().attribute(net, x, 0)).all())
    True
    """

    name: ClassVar[str] = "random"
    reference: ClassVar[str] = ""
    stochastic: ClassVar[bool] = True
    control: ClassVar[bool] = True
    drawn_by_weights: ClassVar[bool] = True

    def relevance(self, query: Query) -> Tensor:
        shape = tuple(query.inputs.shape[1:])
        rows = []
        for sample, row in zip(query.ids, query.inputs, strict=True):
            role = f"random/{query.model.digest}/{tensors_digest({'input': row})}"
            rows.append(query.streams.normal(role, sample, 0, shape))
        return torch.stack(rows).to(query.inputs)
