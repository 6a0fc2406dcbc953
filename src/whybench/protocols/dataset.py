"""A dataset: raw samples with stable ids, labels, and a digest of all of it."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whybench.digests import json_digest, tensors_digest
from whybench.errors import BadInput
from whybench.protocols.truth import check_difficult
from whybench.room import room


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples as they are before any model's preprocessing.

    samples: one array each (an image as (H, W) or (H, W, 3), a table's row as (columns,)).
    ids: unique names that do not change when samples are added or reordered.
    labels: (n,) int64 classes, or (n,) float64 values of a regression.
    training: the part that models were trained on, held in memory, for methods that learn; None where there is none.
    masks: ground truth, one boolean array a sample that says where the evidence for its label lies, (H, W) or
    (columns,), in the raw sample's own pixels or columns; None where it is not known.
    difficult: (n,) bool, the samples in which that is hard to find; None where nobody has said.
    """

    name: str
    samples: Sequence[np.ndarray[Any, Any]]
    ids: tuple[str, ...]
    labels: Tensor
    class_names: tuple[str, ...] = ()
    training: "Dataset | None" = None
    masks: Sequence[np.ndarray[Any, Any]] | None = None
    difficult: Tensor | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.labels, Tensor) or self.labels.ndim != 1:
            shape = tuple(self.labels.shape) if isinstance(self.labels, Tensor) else type(self.labels).__name__
            raise BadInput(f"labels of dataset {self.name!r} are {shape}; expected a tensor of shape (n,)")
        if not (len(self.samples) == len(self.ids) == len(self.labels)):
            raise BadInput(
                f"dataset {self.name!r} has {len(self.samples)} samples, {len(self.ids)} ids and "
                f"{len(self.labels)} labels; it needs as many of each"
            )
        if not self.ids:
            raise BadInput(f"dataset {self.name!r} has no samples")
        if len(set(self.ids)) != len(self.ids):
            double = sorted({i for i in self.ids if self.ids.count(i) > 1})
            raise BadInput(f"dataset {self.name!r} has repeated sample ids: {double[:5]}")
        if self.masks is not None and len(self.masks) != len(self.ids):
            raise BadInput(f"dataset {self.name!r} has {len(self.masks)} masks for {len(self.ids)} samples")
        if self.difficult is not None:
            if self.masks is None:
                raise BadInput(f"dataset {self.name!r} says which samples are difficult, but has no masks")
            check_difficult(self.difficult, len(self.ids))

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def digest(self) -> str:
        """sha256 of ids, samples, labels and ground truth, in order; the training part has a digest of its own."""
        facts = [list(self.ids), _shas(self.samples), tensors_digest({"labels": self.labels})]
        if self.masks is not None:
            facts.append(_shas(self.masks))
        if self.difficult is not None:
            facts.append(tensors_digest({"difficult": self.difficult}))
        return json_digest(facts)

    def take(self, count: int) -> "Dataset":
        """The first `count` samples (all of them where there are fewer)."""
        if count < 1:
            raise BadInput(f"samples={count}; at least 1 is needed")
        return replace(
            self,
            samples=self.samples[:count],
            ids=self.ids[:count],
            labels=self.labels[:count],
            masks=None if self.masks is None else self.masks[:count],
            difficult=None if self.difficult is None else self.difficult[:count],
        )


def _shas(arrays: Sequence[np.ndarray[Any, Any]]) -> list[str]:
    return [sha256(f"{a.dtype}{a.shape}".encode() + np.ascontiguousarray(a).tobytes()).hexdigest() for a in arrays]


class DatasetLoader(ABC):
    """A registered dataset: a frozen dataclass whose fields are its options."""

    name: ClassVar[str]
    domain: ClassVar[str]
    reference: ClassVar[str] = ""

    @property
    def label(self) -> str:
        """What boards call the dataset, with the options that make it another one: the name of what is loaded."""
        return self.name

    @abstractmethod
    def load(self) -> Dataset:
        """The samples that explanations are made for (never those that a built-in model was trained on)."""


def stack(inputs: Iterable[Tensor], count: int, *, channels_last: bool = False) -> Tensor:
    """Model inputs of `count` samples as one batch; they must share a shape.

    They are taken one by one, and put where they stay (`room`). channels_last: the memory layout of images, which they
    have at once instead of by a copy.
    """
    shapes = set()
    stacked = None
    for position, one in enumerate(inputs):
        shapes.add(tuple(one.shape))
        if stacked is None:
            few = torch.stack([one, one])
            layout = torch.channels_last if channels_last and few.ndim == 4 else torch.preserve_format
            stacked = room(count, few.clone(memory_format=layout))
        if stacked.dtype != one.dtype:
            stacked = stacked.to(torch.promote_types(stacked.dtype, one.dtype))
        if len(shapes) == 1:
            stacked[position] = one
    if stacked is None or len(shapes) != 1:
        raise BadInput(f"preprocessed samples have {len(shapes)} different shapes: {sorted(shapes)[:5]}")
    return stacked
