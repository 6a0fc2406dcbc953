"""Named draws once more: the seed of a generator is the hash of what the draw is called."""

import json
from hashlib import sha256

import torch
from slow_world import SEED, Array


def generator(role: str, sample: str, draw: int, seed: int = SEED) -> torch.Generator:
    name = json.dumps([seed, role, sample, draw], separators=(",", ":"))
    return torch.Generator().manual_seed(int.from_bytes(sha256(name.encode()).digest()[:8], "big") >> 1)


def normal(role: str, sample: str, draw: int, shape: tuple[int, ...]) -> Array:
    return torch.randn(shape, generator=generator(role, sample, draw), dtype=torch.float64).numpy()


def uniform(role: str, sample: str, draw: int, shape: tuple[int, ...]) -> Array:
    return torch.rand(shape, generator=generator(role, sample, draw), dtype=torch.float64).numpy()


def permutation(role: str, sample: str, draw: int, size: int) -> list[int]:
    found: list[int] = torch.randperm(size, generator=generator(role, sample, draw)).tolist()
    return found
