"""SplitMix64: random bits that are hashes of their places, so that those of many streams are made side by side.

Sums and products of whole numbers modulo 2^64; these are the same on every machine. Source: steele2014.
"""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Words = NDArray[np.uint64]

STEP = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio, made odd: how far neighbouring places of a stream lie apart before they are hashed."""
STRIDE = np.uint64(0xC13FA9A902A6328F)
"""2^64 over the plastic number, made odd: how far the beginnings of neighbouring streams lie apart."""
HASH = ((np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)), (np.uint64(27), np.uint64(0x94D049BB133111EB)))
LAST = np.uint64(31)
TOGETHER = 2**14
"""Words at a time: what they need beside them stays in a processor's own memory."""


def words(keys: Words, places: slice) -> Words:
    """The words of each key's stream at some of its places, (keys, places).

    >>> words(np.array([0], np.uint64), slice(0, 2)).tolist()
    [[16294208416658607535, 7960286522194355700]]
    """
    steps: Words = np.multiply(np.arange(places.start + 1, places.stop + 1, dtype=np.uint64), STEP, dtype=np.uint64)
    found: Words = np.add(keys[:, None], steps, dtype=np.uint64)
    for shift, factor in HASH:
        found ^= found >> shift
        found *= factor
    found ^= found >> LAST
    return found


def uniforms(keys: Words, count: int) -> NDArray[np.float64]:
    """The first `count` numbers of the stream of each key, uniform among the multiples of 2^-53 in [0, 1)."""
    numbers = np.empty((len(keys), count))
    for rows, places in _parts(len(keys), count):
        numbers[rows, places] = (words(keys[rows], places) >> np.uint64(11)).view(np.int64)
        numbers[rows, places] *= 2.0**-53
    return numbers


def normals(keys: Words, count: int) -> Tensor:
    """Standard normal numbers of the stream of each key, float32.

    A word makes two of them (Box and Muller), of which the second lies half of the numbers after the first. They are
    reckoned in 53 bits and rounded to 24, so that another library's logarithm or cosine changes one in some 10^8, by
    its last bit.
    """
    half = -(-count // 2)
    numbers = torch.empty(len(keys), 2, half)
    for rows, places in _parts(len(keys), half):
        drawn = words(keys[rows], places)
        angle = _real(drawn & np.uint64(2**32 - 1)).mul_(2 * np.pi * 2.0**-32)
        drawn >>= np.uint64(32)
        radius = _real(drawn).add_(0.5).mul_(2.0**-32).log_().mul_(-2).sqrt_()
        numbers[rows, 0, places] = angle.cos().mul_(radius)
        numbers[rows, 1, places] = angle.sin_().mul_(radius)
    return numbers.view(len(keys), 2 * half)[:, :count]


def _real(whole: Words) -> Tensor:
    """Whole numbers below 2^63 as float64."""
    return torch.from_numpy(whole.view(np.int64)).double()


def permutations(keys: Words, size: int) -> NDArray[np.int64]:
    """A permutation of 0..size-1 of each key, (keys, size)."""
    orders = np.empty((len(keys), size), np.int64)
    few = max(1, TOGETHER // max(1, size))
    for start in range(0, len(keys), few):
        orders[start : start + few] = words(keys[start : start + few], slice(0, size)).argsort(1)
    return orders


def _parts(rows: int, places: int) -> Iterator[tuple[slice, slice]]:
    """All of rows x places, TOGETHER at a time."""
    few = max(1, TOGETHER // max(1, places))
    for row in range(0, rows, few):
        for place in range(0, places, TOGETHER):
            yield slice(row, min(row + few, rows)), slice(place, min(place + TOGETHER, places))
