"""Random streams: every draw is named by (suite seed, role, sample id, draw index) and by nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import prod

import numpy as np
import torch
from torch import Tensor

from whybench import splitmix
from whybench.digests import canonical_json
from whybench.errors import BadParameter, shown


def check_seed(seed: object) -> None:
    """Raise BadParameter unless `seed` is a whole number of at least 0."""
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        raise BadParameter(f"seed={shown(seed)}; a whole number (int) >= 0 is needed")


@dataclass(frozen=True)
class Streams:
    """The random streams of one run.

    A draw does not depend on batch, position, order, device or any global generator, so that a sample's explanation and
    score are the same alone, in a batch, and in another order, and float32 and float64 runs see the same noise. The
    numbers behind a name are SplitMix64's, begun at 64 bits of the name's digest: no generator of torch's is asked.

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
        return Streams(_number(canonical_json([self.seed, "again", draw])))

    def generator(self, role: str, sample: str, draw: int = 0) -> torch.Generator:
        """A fresh generator of torch's, for the weights of networks and for data; the others' draws need none."""
        return torch.Generator().manual_seed(_number(canonical_json([self.seed, role, sample, draw])) >> 1)

    def normal(self, role: str, sample: str, draw: int, shape: tuple[int, ...]) -> Tensor:
        """Standard normal values of 24 bits, float64 on the CPU."""
        return self.normals(role, [(sample, draw)], shape)[0]

    def uniform(self, role: str, sample: str, draw: int, shape: tuple[int, ...]) -> Tensor:
        """Values uniform in [0, 1), float64 on the CPU."""
        return self.uniforms(role, [(sample, draw)], shape)[0]

    def permutation(self, role: str, sample: str, draw: int, size: int) -> Tensor:
        """A random permutation of 0..size-1."""
        return self.permutations(role, [(sample, draw)], size)[0]

    def normals(
        self,
        role: str,
        draws: Sequence[tuple[str, int]],
        shape: tuple[int, ...],
        dtype: torch.dtype = torch.float64,
    ) -> Tensor:
        """`normal` for each (sample, draw), stacked: (draws, *shape); their 24 bits fit float32, too."""
        return splitmix.normals(self._keys(role, draws), prod(shape)).to(dtype).reshape(len(draws), *shape)

    def uniforms(self, role: str, draws: Sequence[tuple[str, int]], shape: tuple[int, ...]) -> Tensor:
        """`uniform` for each (sample, draw), stacked: (draws, *shape).

        >>> streams = Streams(0)
        >>> one = streams.uniform("noise", "cat.jpg", 7, (2,))
        >>> streams.uniforms("noise", [("cat.jpg", 0), ("cat.jpg", 7)], (2,))[1] == one
        tensor([True, True])
        """
        return torch.from_numpy(splitmix.uniforms(self._keys(role, draws), prod(shape))).view(len(draws), *shape)

    def permutations(self, role: str, draws: Sequence[tuple[str, int]], size: int) -> Tensor:
        """`permutation` for each (sample, draw), stacked: (draws, size)."""
        return torch.from_numpy(splitmix.permutations(self._keys(role, draws), size))

    def _keys(self, role: str, draws: Sequence[tuple[str, int]]) -> splitmix.Words:
        """Where the stream of each draw begins; raises BadParameter for a draw that is no number of one."""
        opening = canonical_json([self.seed, role])[:-1]
        first = {one: _number(f"{opening},{canonical_json(one)}]") for one in {sample for sample, _ in draws}}
        begun = np.array([first[sample] for sample, _ in draws], np.uint64)
        try:
            numbers = np.array([draw for _, draw in draws], np.uint64)
        except OverflowError:
            (bad, *_) = (draw for _, draw in draws if not 0 <= draw < 2**64)
            raise BadParameter(f"draw={shown(bad)}; a whole number (int) from 0 to 2^64 - 1 is needed") from None
        return begun + numbers * splitmix.STRIDE


def _number(name: str) -> int:
    """The first 64 bits of a name's digest."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big")
