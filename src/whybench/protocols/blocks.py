"""Working through a case in blocks of samples, so that what is needed a sample is held for few of them at a time."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import Any

import torch
from torch import Tensor

from whybench.protocols.case import Artifact, Case
from whybench.protocols.scores import Scores
from whybench.protocols.truth import Truth


def by_block(work: Callable[[Case[Any]], dict[str, Tensor]], case: Case[Any]) -> dict[str, Tensor]:
    """What `work` makes of a case, tensors with one row a sample, made block by block and joined.

    Every row must depend on its own sample only. A block has at most as many samples as a pass has rows.
    """
    parts = [work(block) for block in blocks(case)]
    return {name: torch.cat([part[name] for part in parts]) for name in parts[0]} if len(parts) > 1 else parts[0]


def scores_by_block(work: Callable[[Case[Any]], Scores], case: Case[Any]) -> Scores:
    """The scores that `work` gives a case, given block by block and joined; without curves.

    Every score must depend on its own sample only.
    """
    parts = [work(block) for block in blocks(case)]
    starts = [0, *accumulate(len(part.values) for part in parts)]
    placed = list(zip(starts[:-1], parts, strict=True))
    return Scores(
        torch.cat([part.values for part in parts]),
        {start + i: why for start, part in placed for i, why in part.undefined.items()},
        {start + i: why for start, part in placed for i, why in part.censored.items()},
        {name: torch.cat([part.details[name] for part in parts]) for name in parts[0].details},
    )


def blocks(case: Case[Any]) -> Iterator[Case[Any]]:
    """The case in parts of at most `rows` samples, in order; the case itself where it has no more."""
    for few in slices(len(case), case.rows):
        yield part(case, few)


def slices(count: int, size: int) -> Iterator[slice]:
    """The positions 0, ..., count - 1 in as few parts of at most `size` as there can be, as large as each other.

    >>> list(slices(7, 3))
    [slice(0, 3, None), slice(3, 5, None), slice(5, 7, None)]
    """
    parts = -(-count // size)
    each, more = divmod(count, max(1, parts))
    starts = [part * each + min(part, more) for part in range(parts + 1)]
    return (slice(start, end) for start, end in pairwise(starts))


def part(case: Case[Any], few: slice) -> Case[Any]:
    """Some of the samples, with what is known of them; artifacts are those of the whole case, cut to them."""
    if few == slice(0, len(case)):
        return case
    explanation, truth = case.explanation, case.truth
    if explanation is not None:
        cut = {name: tensor[few] for name, tensor in explanation.tensors().items()}
        explanation = type(explanation).restore(cut, explanation.facts())
    if truth is not None:
        truth = Truth(truth.masks[few], None if truth.difficult is None else truth.difficult[few])

    def fetch(request: Artifact) -> dict[str, Tensor]:
        return {name: tensor[few] for name, tensor in case.artifact(request).items()}

    return replace(
        case,
        inputs=case.inputs[few],
        targets=case.targets[few],
        labels=case.labels[few],
        ids=case.ids[few],
        explanation=explanation,
        fetch=fetch,
        truth=truth,
        explaining=None,
    )
