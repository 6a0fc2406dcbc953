"""What tables call methods and metrics."""

from collections.abc import Mapping, Sequence

from whybench.leaderboard.contest import Block, Contest
from whybench.leaderboard.variants import Variant, labels

Names = Mapping[tuple[Block, Variant], str]


def names(contests: Sequence[Contest]) -> tuple[Names, Names]:
    """The label of each method and of each metric in its block.

    Labels are shortest within a block, so that a metric whose region size follows the image size is one metric.
    """
    methods: dict[tuple[Block, Variant], str] = {}
    metrics: dict[tuple[Block, Variant], str] = {}
    for block in {c.block for c in contests}:
        here = [c for c in contests if c.block == block]
        methods |= {(block, v): label for v, label in labels(e.method for c in here for e in c.entries).items()}
        metrics |= {(block, v): label for v, label in labels(c.metric for c in here).items()}
    return methods, metrics
