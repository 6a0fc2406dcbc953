"""torch's generator on the CPU, the Mersenne Twister MT19937, for many short draws at once."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SIZE, MIDDLE = 624, 397
LONGEST = (SIZE - MIDDLE) // 2
"""Numbers that depend on nothing but the state right after seeding, two words each."""
TOGETHER = 2**13
"""Generators side by side: the words of more lie in slower memory."""


def uniforms(seeds: Sequence[int], count: int) -> NDArray[np.float64]:
    """What `torch.rand` in float64 draws first with each of the seeds, (seeds, count); at most LONGEST numbers each.

    To seed a generator for each and to call it takes longer than a short draw; here the words of all of them are
    computed side by side.

    >>> import torch
    >>> one = torch.rand(2, generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    >>> bool((uniforms([3, 7], 2)[1] == one.numpy()).all())
    True
    """
    numbers = np.empty((len(seeds), count))
    for start in range(0, len(seeds), TOGETHER):
        some = np.asarray(seeds[start : start + TOGETHER], np.uint64).astype(np.uint32)
        words = _first_words(some, 2 * count).astype(np.uint64)
        mantissa = ((words[::2] << np.uint64(32)) | words[1::2]) & np.uint64(2**53 - 1)
        numbers[start : start + TOGETHER] = (mantissa * 2.0**-53).T
    return numbers


def _first_words(seeds: NDArray[np.uint32], count: int) -> NDArray[np.uint32]:
    """The first outputs of a generator of each seed: (count, seeds)."""
    state = _seeded(seeds, MIDDLE + count)
    mixed = (state[:count] & np.uint32(0x80000000)) | (state[1 : count + 1] & np.uint32(0x7FFFFFFF))
    words: NDArray[np.uint32] = (
        state[MIDDLE:] ^ (mixed >> np.uint32(1)) ^ ((mixed & np.uint32(1)) * np.uint32(0x9908B0DF))
    )
    words ^= words >> np.uint32(11)
    words ^= (words << np.uint32(7)) & np.uint32(0x9D2C5680)
    words ^= (words << np.uint32(15)) & np.uint32(0xEFC60000)
    words ^= words >> np.uint32(18)
    return words


def _seeded(seeds: NDArray[np.uint32], length: int) -> NDArray[np.uint32]:
    """The first words of the state right after seeding: (length, seeds)."""
    state = np.empty((length, len(seeds)), np.uint32)
    state[0] = seeds
    for place in range(1, length):
        before, word = state[place - 1], state[place]
        np.right_shift(before, 30, out=word)
        word ^= before
        word *= np.uint32(1812433253)
        word += np.uint32(place)
    return state
