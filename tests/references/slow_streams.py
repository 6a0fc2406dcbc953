"""Named draws once more, a number at a time in whole numbers of Python's."""

import json
import math
from hashlib import sha256

import numpy as np
import torch
from slow_world import SEED, Array

BELOW = 2**64


def digest(*name: str | int) -> int:
    return int.from_bytes(sha256(json.dumps(list(name), separators=(",", ":")).encode()).digest()[:8], "big")


def generator(role: str, sample: str, draw: int, seed: int = SEED) -> torch.Generator:
    return torch.Generator().manual_seed(digest(seed, role, sample, draw) >> 1)


def words(role: str, sample: str, draw: int, count: int) -> list[int]:
    """SplitMix64's numbers, begun where the draw's name says."""
    state, found = (digest(SEED, role, sample) + draw * 0xC13FA9A902A6328F) % BELOW, []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) % BELOW
        word = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % BELOW
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB % BELOW
        found.append(word ^ (word >> 31))
    return found


def normal(role: str, sample: str, draw: int, shape: tuple[int, ...]) -> Array:
    """The first half of the numbers are cosines, the other half sines; rounded to single precision."""
    count = math.prod(shape)
    pairs = [divmod(word, 2**32) for word in words(role, sample, draw, (count + 1) // 2)]
    length = [math.sqrt(-2 * math.log((high + 0.5) / 2**32)) for high, _ in pairs]
    angle = [2 * math.pi * low / 2**32 for _, low in pairs]
    both = [r * math.cos(a) for r, a in zip(length, angle, strict=True)]
    both += [r * math.sin(a) for r, a in zip(length, angle, strict=True)]
    return np.array(both[:count], np.float32).astype(np.float64).reshape(shape)


def uniform(role: str, sample: str, draw: int, shape: tuple[int, ...]) -> Array:
    drawn = [(word >> 11) / 2**53 for word in words(role, sample, draw, math.prod(shape))]
    return np.array(drawn).reshape(shape)


def permutation(role: str, sample: str, draw: int, size: int) -> list[int]:
    drawn = words(role, sample, draw, size)
    return sorted(range(size), key=lambda place: drawn[place])
