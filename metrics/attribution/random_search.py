"""A random search among the inputs nearby that leave the output as it is."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, Self

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.protocols import Case
from whybench.protocols.model import steady

LARGEST, SMALLEST = 1 / 2, 1 / 64
"""The most features that the first and the last proposal move, as shares; in between it falls by one factor a query."""

SHORTER, LONGER = 0.8, 2.0
"""So many times the features move in the next proposal after one that was not allowed, and after one that was: near the
edge of what is allowed large steps lead outside."""

LEAST = 1e-6
"""What counts as better: smaller gains are rounding, and whether they are seen would depend on the batch."""


@dataclass(frozen=True, eq=False)
class Ball:
    """The inputs that are allowed: no value further from x than radius * (high - low), none outside [low, high].

    lowest, highest: shaped like the inputs. Values of x that lie outside already may stay, and move inwards only.
    """

    lowest: Tensor
    highest: Tensor

    @classmethod
    def around(cls, case: Case[Any], radius: float) -> Self:
        """Raises Unsupported where the bounds of the inputs are not known."""
        if case.domain.low is None or case.domain.high is None:
            raise Unsupported(
                f"explanation_manipulation needs the bounds of the {case.domain.name} inputs, which are not given; "
                "bounds=(lowest, highest) gives them"
            )
        low, high = (case.domain.like(bound, case.inputs) for bound in (case.domain.low, case.domain.high))
        reach = radius * (high - low)
        return cls(
            torch.maximum(case.inputs - reach, torch.minimum(low, case.inputs)),
            torch.minimum(case.inputs + reach, torch.maximum(high, case.inputs)),
        )

    def proposal(self, case: Case[Any], current: Tensor, query: int, share: Tensor) -> Tensor:
        """`current` with round(share * d), at least one, of its d features moved to corners of the ball; share: (n,).

        Which features, and to which side each of their values, is named by sample and query: the same for all methods.
        """
        grid = case.domain.grid(case.inputs.shape)
        features, sample = prod(grid), tuple(case.inputs.shape[1:])
        shape = (1 + prod(sample) // features, *grid)
        drawn = case.streams.uniforms("manipulation", [(i, query) for i in case.ids], shape)
        places = drawn[:, 0].flatten(1)
        count = (share * features).round().long().clamp(min=1)
        last = places.sort(1).values.gather(1, count[:, None] - 1)
        moved = (places <= last).view(-1, *grid).to(current.device)
        down = (drawn[:, 1:] < 0.5).reshape(current.shape).to(current.device)
        return torch.where(case.domain.over_channels(moved), torch.where(down, self.lowest, self.highest), current)


@dataclass(frozen=True, eq=False)
class Unchanged:
    """Which outputs count as those of the clean inputs: of the same class, and moved by no more than a share.

    The change is |h(x') - h(x)|_2 / |h(x)|_2 over all outputs h; of class logits the mean is taken off first, since
    adding a constant to all of them says nothing new. clean: the outputs h(x), (n, outputs).
    """

    clean: Tensor
    classes: bool
    tolerance: float

    def change(self, outputs: Tensor) -> Tensor:
        """(n,) float64; 0 for equal outputs, infinite where h(x) is zero and h(x') is not."""
        before, after = self._centred(self.clean), self._centred(outputs)
        moved = (after - before).norm(dim=1)
        return torch.where(moved > 0, moved / before.norm(dim=1), 0.0)

    def allows(self, outputs: Tensor) -> Tensor:
        """(n,) bool."""
        near = self.change(outputs) <= self.tolerance
        return near & (outputs.argmax(1) == self.clean.argmax(1)) if self.classes else near

    def _centred(self, outputs: Tensor) -> Tensor:
        values = outputs.double()
        return values - values.mean(1, keepdim=True) if self.classes else values


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found: `inputs`, shaped like the clean ones; `gains` (n, queries + 1), the largest gain after each
    query; `allowed` (n,) how many proposals left the output as it was; `outputs` what the model says to `inputs`."""

    inputs: Tensor
    gains: Tensor
    allowed: Tensor
    outputs: Tensor


def searched(
    case: Case[Any], ball: Ball, unchanged: Unchanged, gain: Callable[[Tensor, Tensor], Tensor], queries: int
) -> Found:
    """The input of the largest gain that `queries` proposals lead to, each made from the best before it.

    gain(inputs, which): of the samples at the positions `which`, (k,) float64; asked of proposals that `unchanged`
    allows and of no others. The clean input has gain 0. Costs one pass a proposal besides what `gain` costs.
    """
    current, outputs = case.inputs.clone(), unchanged.clean.clone()
    best = torch.zeros(len(case), dtype=torch.float64, device=current.device)
    gains, allowed = [best], torch.zeros_like(best)
    share = torch.full((len(case),), LARGEST, dtype=torch.float64)
    one = 1 / prod(case.domain.grid(case.inputs.shape))
    for query in range(queries):
        share = share.clamp(one, LARGEST * (SMALLEST / LARGEST) ** (query / max(1, queries - 1)))
        proposed = ball.proposal(case, current, query, share)
        with steady(case.model.module):
            said = case.predict(proposed)
        within = unchanged.allows(said)
        share = share * torch.where(within.cpu(), LONGER, SHORTER).double()
        which = within.nonzero().flatten()
        allowed[which] += 1
        if len(which):
            reached = gain(proposed[which], which)
            better = reached > best[which] + LEAST
            rows = which[better]
            best = best.index_put((rows,), reached[better])
            current[rows], outputs[rows] = proposed[rows], said[rows]
        gains.append(best)
    return Found(current, torch.stack(gains, 1), allowed, outputs)
