"""The explained output as a function of arrays, as libraries outside of torch ask for it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from whybench.protocols import Query

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class ArrayFunction:
    """f_c of one sample's target: arrays (m, ...) like inputs -> (m,) float64, `query.rows` rows a pass."""

    query: Query
    sample: int

    def __call__(self, inputs: Array) -> Array:
        like = self.query.inputs
        rows = torch.from_numpy(np.ascontiguousarray(inputs)).to(like)
        whose = torch.full((len(rows),), self.sample, device=like.device)
        parts = [
            self.query.outputs(part, of)
            for part, of in zip(torch.split(rows, self.query.rows), torch.split(whose, self.query.rows), strict=True)
        ]
        outputs: Array = torch.cat(parts).double().cpu().numpy()
        return outputs
