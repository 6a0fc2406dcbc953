"""Columns brought to mean 0 and deviation 1."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whybench.domains import TabularDomain

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Standardisation:
    """z = (x - mean) / deviation, column by column, with the training samples' mean and deviation (both float64)."""

    mean: Array
    deviation: Array

    @classmethod
    def of(cls, samples: Array) -> "Standardisation":
        return cls(samples.mean(axis=0), samples.std(axis=0))

    def __call__(self, samples: Array) -> Tensor:
        """Raw rows as float32 model inputs of the same shape."""
        return torch.from_numpy((np.asarray(samples, dtype=np.float64) - self.mean) / self.deviation).float()

    def domain(self, samples: Array, columns: tuple[str, ...]) -> TabularDomain:
        """The domain of standardised rows: bounds and covariance are those of the training samples."""
        inputs = self(samples)
        z = inputs.double().numpy()
        # einsum adds in one order, where a matrix product's last bits, and so every key, would depend on the threads.
        covariance = torch.from_numpy(np.einsum("ni,nj->ij", z, z) / len(z))
        return TabularDomain(low=inputs.amin(0), high=inputs.amax(0), columns=columns, covariance=covariance)
