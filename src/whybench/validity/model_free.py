"""Maps that ask the model nothing, by a few numbers that a search can turn."""

from dataclasses import astuple, dataclass, fields
from typing import ClassVar, Literal, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from whybench.errors import BadParameter
from whybench.methods.attribution import SobelEdges
from whybench.protocols import AttributionMethod, Query
from whybench.statistics.values import Array


@dataclass(frozen=True)
class ModelFree(AttributionMethod):
    """A weighted sum of pictures made of the input alone, smoothed, and bent by a power.

        m = sum_k w_k P_k(x),    R = sign(m') |m'|^power,    m' = (1 - smooth) m + smooth (3 x 3 means of m)

    P_k, each divided by its largest absolute value: a Gaussian bump at (down, right) of a standard deviation `width`,
    all in shares of the sides (`bump`); Sobel edges (`edges`); |x - mean| (`away`); x - mean (`bright`);
    |x - blurred x| (`detail`); the 3 x 3 means of |x - mean| (`near`); normal noise named by the sample (`noise`); and
    ones (`level`). Channels are averaged first. (n, 1, height, width), without a unit. Only `query.inputs`, the
    domain's facts of the data and the streams are read: never the model, never the target.

    Raises BadParameter for a width or power that is not positive, or a smoothing outside of [0, 1].
    """

    name: ClassVar[str] = "model_free"
    reference: ClassVar[str] = ""
    needs: ClassVar[frozenset[str]] = frozenset({"image"})
    control: ClassVar[bool] = True
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"

    bump: float = 0.0
    edges: float = 0.0
    away: float = 0.0
    bright: float = 0.0
    detail: float = 0.0
    near: float = 0.0
    noise: float = 0.0
    level: float = 0.0
    down: float = 0.5
    right: float = 0.5
    width: float = 0.25
    smooth: float = 0.0
    power: float = 1.0

    def __post_init__(self) -> None:
        if not (self.width > 0 and self.power > 0 and 0 <= self.smooth <= 1):
            raise BadParameter(
                f"model_free: width={self.width!r}, power={self.power!r}, smooth={self.smooth!r}; widths and "
                "powers > 0 and a smoothing from 0 to 1 are needed"
            )

    def relevance(self, query: Query) -> Tensor:
        weights = (self.bump, self.edges, self.away, self.bright, self.detail, self.near, self.noise, self.level)
        made = sum(w * _to_one(picture) for w, picture in zip(weights, self._pictures(query), strict=True) if w)
        found = made if isinstance(made, Tensor) else torch.zeros_like(query.inputs[:, :1])
        found = (1 - self.smooth) * found + self.smooth * _means(found)
        return found.sign() * found.abs() ** self.power

    def _pictures(self, query: Query) -> tuple[Tensor, ...]:
        inputs = query.inputs
        height, width = inputs.shape[2:]
        grey = inputs.mean(1, keepdim=True)
        above = grey - query.domain.like(query.domain.mean, inputs).mean(1, keepdim=True)
        y, x = ((torch.arange(size).to(inputs) + 0.5) / size for size in (height, width))
        distance = (y[:, None] - self.down) ** 2 + (x[None, :] - self.right) ** 2
        bump = torch.exp(-distance / (2 * self.width**2)).expand_as(grey)
        noise = query.per_sample(lambda i: query.streams.normal("model_free", i, 0, (1, height, width)))
        return (
            bump,
            SobelEdges().relevance(query),
            above.abs(),
            above,
            (grey - _means(grey)).abs(),
            _means(above.abs()),
            noise,
            torch.ones_like(grey),
        )

    def vector(self) -> Array:
        """The numbers that a search turns; `from_vector` is the way back."""
        return np.array(astuple(self)[1:], dtype=np.float64)

    @classmethod
    def from_vector(cls, values: Array) -> Self:
        """Any vector of 13 numbers, cut off at what is allowed."""
        names = [field.name for field in fields(cls) if field.name != "polarity"]
        limits = [LIMITS.get(name, (-np.inf, np.inf)) for name in names]
        return cls(*(float(np.clip(v, *limit)) for v, limit in zip(values, limits, strict=True)))


LIMITS = {"down": (-0.2, 1.2), "right": (-0.2, 1.2), "width": (0.05, 1.0), "smooth": (0.0, 1.0), "power": (0.2, 4.0)}


def _to_one(picture: Tensor) -> Tensor:
    largest = picture.abs().amax((1, 2, 3), keepdim=True)
    return picture / torch.where(largest > 0, largest, torch.ones_like(largest))


def _means(picture: Tensor) -> Tensor:
    return F.avg_pool2d(F.pad(picture, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
