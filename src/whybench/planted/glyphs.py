"""Patterns of five bright pixels that are planted into images."""

import torch

GLYPHS = torch.tensor(
    [
        [[0, 0, 0], [1, 0, 1], [1, 1, 1]],
        [[0, 1, 1], [0, 0, 1], [0, 1, 1]],
        [[0, 1, 1], [1, 0, 0], [1, 1, 0]],
        [[1, 1, 0], [1, 0, 0], [0, 1, 1]],
    ]
)
"""One a class: five bright pixels of nine, such that none looks like a part of another one."""
DECOYS = torch.tensor(
    [
        [[0, 0, 0], [1, 1, 1], [1, 0, 1]],
        [[0, 0, 1], [0, 0, 1], [1, 1, 1]],
        [[0, 0, 1], [1, 0, 1], [1, 1, 0]],
        [[0, 1, 0], [0, 0, 1], [1, 1, 1]],
    ]
)
"""Patterns of as many bright pixels that belong to no class."""
CLASS_NAMES = ("cup", "hook", "zig", "zag")
THRESHOLD = 4.0
"""A glyph answers its own filter, 2 g - 1, with 5; nothing else that is planted answers any with more than 3."""
