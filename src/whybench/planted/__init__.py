"""Networks with weights that are written down, and what every pixel is worth to their answers, exactly.

>>> from whybench import planted
>>> found = planted.shortcut(strength=0.75)
>>> shares = found.worth.abs().flatten(1).sum(1)
>>> (found.worth.abs() * ~found.masks[:, None]).flatten(1).sum(1).div(shares).tolist()[:2]
[0.75, 0.75]
"""

from whybench.planted.designs import (
    DESIGNS,
    additive,
    conjunction,
    dead_branch,
    exclusive,
    saturating,
    shortcut,
    suppressor,
    watermark,
)
from whybench.planted.planted import Planted

__all__ = [
    "DESIGNS",
    "Planted",
    "additive",
    "conjunction",
    "dead_branch",
    "exclusive",
    "saturating",
    "shortcut",
    "suppressor",
    "watermark",
]
