"""The part of a small data set that built-in models learn from, and the part that is explained."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from whybench.protocols import Dataset

HELD_OUT_EVERY = 5
"""One sample in five is held out."""

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows of a data set.

    samples: (n, ...) raw values; targets: (n,) int64 classes or float64 values; rows: (n,) positions in the whole.
    """

    samples: Array
    targets: Tensor
    rows: Array

    def dataset(self, name: str, class_names: tuple[str, ...] = (), training: "Part | None" = None) -> Dataset:
        """This part as a dataset, its samples copied; a sample's id holds its position in the whole data set."""
        ids = tuple(f"{name}_{row:04d}" for row in self.rows)
        learned = None if training is None else training.dataset(name, class_names)
        return Dataset(name, list(self.samples.copy()), ids, self.targets, class_names, learned)


def split(samples: Array, targets: Array) -> tuple[Part, Part]:
    """Training and held-out part, each in the order of the whole: no draw, so the same everywhere.

    Samples are sorted by target (ties in their own order) and every fifth is held out: classes, or the quantiles of
    a regression's values, keep their shares to within one sample.

    >>> training, held_out = split(np.arange(10.0), np.array([0, 1] * 5))
    >>> held_out.rows.tolist()
    [8, 9]
    """
    held_out = np.zeros(len(targets), dtype=bool)
    held_out[np.argsort(targets, kind="stable")[HELD_OUT_EVERY - 1 :: HELD_OUT_EVERY]] = True
    training, rest = (_part(samples, targets, np.flatnonzero(chosen)) for chosen in (~held_out, held_out))
    return training, rest


def _part(samples: Array, targets: Array, rows: Array) -> Part:
    dtype = torch.int64 if np.issubdtype(targets.dtype, np.integer) else torch.float64
    return Part(samples[rows], torch.as_tensor(targets[rows], dtype=dtype), rows)
