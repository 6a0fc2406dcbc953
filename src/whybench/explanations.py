"""Kinds of explanation: what a method returns, checked when it is made.

A kind is a class below `Explanation`, registered under its name. It owns its tensors, its checks, how parts of it
are joined, how it is stored and exported, and how a sample of it is drawn; the engine knows no single kind.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar, Literal, Self

import torch
from torch import Tensor

from whybench.digests import json_digest, tensors_digest
from whybench.errors import BadExplanation
from whybench.room import room

Polarity = Literal["contribution", "sensitivity"]


def finite(values: Tensor) -> bool:
    """Whether all values are finite; seen from their sum, which is where all of them are, unless it grows too large.

    >>> finite(torch.tensor([3e38, 3e38])), finite(torch.tensor([float("inf"), float("-inf")]))
    (True, False)
    """
    return isfinite(values.sum().item()) or bool(finite_samples(values).all())


def finite_samples(values: Tensor) -> Tensor:
    """Which samples have finite values only, (n, ...) -> (n,) bool, without a second tensor of their size.

    >>> finite_samples(torch.tensor([[1.0, 2.0], [float("nan"), 0.0], [0.0, float("-inf")]])).tolist()
    [True, False, False]
    """
    if not values.shape[1:].numel():
        return torch.ones(len(values), dtype=torch.bool, device=values.device)
    inner = tuple(range(1, values.ndim))
    return torch.isfinite(values.amax(inner)) & torch.isfinite(values.amin(inner))


class Explanation(ABC):
    """The payload of one kind."""

    kind: ClassVar[str]
    verb: ClassVar[str]
    """What a method of this kind does: `attribute`, `influence`, ..."""
    per_sample: ClassVar[bool] = True
    """Whether the payload falls apart into samples, so that a method may be asked in batches."""

    @abstractmethod
    def tensors(self) -> dict[str, Tensor]:
        """What is stored and exported, by name."""

    def facts(self) -> dict[str, str]:
        """What is stored beside the tensors, as text."""
        return {}

    @classmethod
    @abstractmethod
    def restore(cls, tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> Self:
        """The inverse of `tensors` and `facts`."""

    @classmethod
    def join(cls, parts: Iterable[Self], count: int) -> Self:
        """One payload of `count` samples from those of consecutive batches, samples along dimension 0.

        Parts are taken one by one, so that no more than one of them is needed beside what they are joined to. Raises
        BadExplanation where they do not fit together.
        """
        tensors: dict[str, Tensor] = {}
        start = 0
        for part in parts:
            given = part.tensors()
            if not start:
                facts = part.facts()
                tensors = {name: room(count, torch.cat([t[:1], t[:1]])) for name, t in given.items()}
            for name, tensor in given.items():
                place = tensors[name][start : start + len(tensor)]
                if place.shape != tensor.shape or place.dtype != tensor.dtype:
                    raise BadExplanation(
                        f"{name} of a batch has shape {tuple(tensor.shape)} and type {tensor.dtype}; expected "
                        f"{tuple(place.shape)} and {place.dtype}, as in the first batch"
                    )
                place.copy_(tensor)
            start += len(next(iter(given.values())))
        if start != count:
            raise BadExplanation(f"explanations of {start} samples; expected {count}")
        return cls.restore(tensors, facts)

    def picture(self, sample: int) -> Tensor | None:
        """One sample as an (H, W) array of signed values, or None where this kind cannot be drawn that way."""
        return None

    @property
    def digest(self) -> str:
        """sha256 of the tensors and facts."""
        return json_digest([self.kind, tensors_digest(self.tensors()), self.facts()])


@dataclass(frozen=True, eq=False)
class Attribution(Explanation):
    """Which features of an input mattered for the explained output: one relevance a feature.

    relevance: (n, ...) shaped like the inputs, with one channel instead of all, or on a coarser grid.
    targets: (n,) int64, the explained output of each sample.
    polarity: how channels become features: `contribution` sums them with their signs, `sensitivity` takes their
    L2 norm.

    >>> Attribution(torch.zeros(1, 3), torch.tensor([0])).tensors()["relevance"].shape
    torch.Size([1, 3])

    Raises BadExplanation where a value is not finite or the number of targets differs.
    """

    kind: ClassVar[str] = "attribution"
    verb: ClassVar[str] = "attribute"

    relevance: Tensor
    targets: Tensor
    polarity: Polarity = "contribution"

    def __post_init__(self) -> None:
        if self.relevance.ndim < 2 or self.targets.shape != self.relevance.shape[:1]:
            raise BadExplanation(
                f"relevance of shape {tuple(self.relevance.shape)} with targets of shape {tuple(self.targets.shape)}; "
                "expected (n, ...) and (n,)"
            )
        if not self.relevance.is_floating_point():
            raise BadExplanation(f"relevance has dtype {self.relevance.dtype}; expected a floating-point type")
        if not finite(self.relevance):
            bad = (~finite_samples(self.relevance)).nonzero().flatten().tolist()
            raise BadExplanation(f"relevance is not finite for the samples at positions {bad[:10]}")

    def tensors(self) -> dict[str, Tensor]:
        return {"relevance": self.relevance, "targets": self.targets}

    def facts(self) -> dict[str, str]:
        return {"polarity": self.polarity}

    @classmethod
    def restore(cls, tensors: Mapping[str, Tensor], facts: Mapping[str, str]) -> Self:
        polarity: Polarity = "sensitivity" if facts.get("polarity") == "sensitivity" else "contribution"
        return cls(tensors["relevance"], tensors["targets"], polarity)

    def mean(self) -> Tensor:
        """The dataset-level view: relevance averaged over samples, shaped like one sample."""
        return self.relevance.double().mean(0)

    def picture(self, sample: int) -> Tensor | None:
        one = self.relevance[sample].double()
        if one.ndim == 3:
            one = one.sum(0) if self.polarity == "contribution" else one.norm(dim=0)
        return one if one.ndim == 2 else None
