"""Random streams: every draw is named by (suite seed, role, sample id, draw index) and by nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quoted
from math import prod

import numpy as np
import torch
from torch import Tensor

from whybench import twister
from whybench.digests import canonical_json
from whybench.errors import BadParameter, shown

MANY, FOR_EACH = 1024, 32
"""So many draws, and so many for each number of a draw, are made side by side; fewer take no longer one by one."""


def check_seed(seed: object) -> None:
    """Raise BadParameter unless `seed` is a whole number of at least 0."""
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise BadParameter(f"seed={shown(seed)}; a whole number (int) >= 0 is needed")


@dataclass(frozen=True)
class Streams:
    """The random streams of one run.

    A draw does not depend on batch, position, order, device or any global generator, so that a sample's
    explanation and score are the same alone, in a batch, and in another order. Values are drawn on the CPU in
    float64 and cast afterwards, so that float32 and float64 runs see the same noise. torch's generator reads 32 bits of
    a name's digest, so that of n draws about n^2 / 2^33 pairs are the same: one pair in 93,000 draws.

    >>> Streams(0).normal("noise", "cat.jpg", 0, (2,)) == Streams(0).normal("noise", "cat.jpg", 0, (2,))
    tensor([True, True])
    """

    seed: int

    def __post_init__(self) -> None:
        check_seed(self.seed)

    def again(self, draw: int) -> "Streams":
        """These streams for draw 0, and independent ones for every other: the same roles drawn once more.

        >>> Streams(0).again(0) == Streams(0), Streams(0).again(1) == Streams(0)
        (True, False)
        """
        if draw == 0:
            return self
        return Streams(int.from_bytes(sha256(canonical_json([self.seed, "again", draw]).encode()).digest()[:8], "big"))

    def generator(self, role: str, sample: str, draw: int = 0) -> torch.Generator:
        """A fresh generator for one draw of one sample in one role."""
        return next(self._generators(role, [(sample, draw)]))

    def normal(self, role: str, sample: str, draw: int, shape: tuple[int, ...]) -> Tensor:
        """Standard normal values, float64 on the CPU."""
        return torch.randn(shape, generator=self.generator(role, sample, draw), dtype=torch.float64)

    def uniform(self, role: str, sample: str, draw: int, shape: tuple[int, ...]) -> Tensor:
        """Values uniform in [0, 1), float64 on the CPU."""
        return torch.rand(shape, generator=self.generator(role, sample, draw), dtype=torch.float64)

    def normals(self, role: str, draws: Sequence[tuple[str, int]], shape: tuple[int, ...]) -> Tensor:
        """`normal` for each (sample, draw), stacked: (draws, *shape)."""
        rows = torch.empty((len(draws), *shape), dtype=torch.float64)
        with torch.inference_mode():  # where to write into a row takes a tenth less
            for row, generator in zip(rows.unbind(), self._generators(role, draws), strict=True):
                row.normal_(generator=generator)
        return rows

    def uniforms(self, role: str, draws: Sequence[tuple[str, int]], shape: tuple[int, ...]) -> Tensor:
        """`uniform` for each (sample, draw), stacked: (draws, *shape).

        >>> streams = Streams(0)
        >>> one = streams.uniform("noise", "cat.jpg", 7, (2,))
        >>> streams.uniforms("noise", [("cat.jpg", 0), ("cat.jpg", 7)], (2,))[1] == one
        tensor([True, True])
        """
        numbers = prod(shape)
        if numbers <= twister.LONGEST and len(draws) >= max(MANY, FOR_EACH * numbers):
            return torch.from_numpy(twister.uniforms(self._seeds(role, draws), numbers)).view(len(draws), *shape)
        rows = torch.empty((len(draws), *shape), dtype=torch.float64)
        with torch.inference_mode():
            for row, generator in zip(rows.unbind(), self._generators(role, draws), strict=True):
                row.uniform_(generator=generator)
        return rows

    def permutation(self, role: str, sample: str, draw: int, size: int) -> Tensor:
        """A random permutation of 0..size-1."""
        return torch.randperm(size, generator=self.generator(role, sample, draw))

    def permutations(self, role: str, draws: Sequence[tuple[str, int]], size: int) -> Tensor:
        """`permutation` for each (sample, draw), stacked: (draws, size)."""
        rows = torch.empty((len(draws), size), dtype=torch.int64)
        for row, generator in zip(rows.unbind(), self._generators(role, draws), strict=True):
            torch.randperm(size, generator=generator, out=row)
        return rows

    def _generators(self, role: str, draws: Sequence[tuple[str, int]]) -> Iterator[torch.Generator]:
        """The generator of each (sample, draw), one object seeded anew: to make one takes longer than a small draw."""
        generator = torch.Generator()
        for seed in self._seeds(role, draws):
            yield generator.manual_seed(seed)

    def _seeds(self, role: str, draws: Sequence[tuple[str, int]]) -> list[int]:
        """Of each draw's name, the first 63 bits of its digest."""
        prefix = f"[{self.seed},{quoted(role)}"
        # The canonical JSON of the four, put together here: to call the encoder would take as long as the draw.
        digests = b"".join([sha256(f"{prefix},{quoted(sample)},{draw}]".encode()).digest() for sample, draw in draws])
        seeds: list[int] = (np.frombuffer(digests, ">u8")[::4] >> 1).tolist()
        return seeds
