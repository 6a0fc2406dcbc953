"""The pool: which models, how right they are, and what they share."""

from typing import NamedTuple

import torch

from whybench.loading import load
from whybench.suite import Block

SHARED = {
    "digit_mosaics": "mosaics of the same digits",
    "planted_patches": "the same digits as a dim background",
    "imagenet_photos": "three sizes of one family",
}


class Member(NamedTuple):
    """A model on a data set: how many of the data set's samples it has right, R^2 for a regression, and parameters."""

    model: str
    dataset: str
    samples: int | None
    right: str
    parameters: int


def member(block: Block, rows: int = 20) -> Member:
    """A block's model, asked about the whole data set, which it was not trained on."""
    bench = load(Block(block.model, block.dataset, (), (), None, block.target), "cpu")
    with torch.inference_mode():
        answers = torch.cat([bench.model.module(part) for part in bench.inputs.split(rows)])
    if bench.model.output == "classes":
        right = f"{int((answers.argmax(1) == bench.labels).sum())} of {len(bench.labels)}"
    else:
        rest = (answers.flatten().double() - bench.labels).square().mean() / bench.labels.var(correction=0)
        right = f"R2 = {1 - float(rest):.2f}"
    weights = sum(p.numel() for p in bench.model.module.parameters())
    return Member(block.model_name, block.dataset_name, block.samples, right, weights)
