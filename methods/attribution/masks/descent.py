"""Gradient descent on the masks of all samples of a query at once, none of which sees another."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import torch
from torch import Tensor

from whybench.protocols import Query

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]
"""The loss of each row, (rows,): parameters of all samples, the rows' samples and the rows' draws."""
Penalty = Callable[[Tensor, int], Tensor]
"""What the parameters themselves cost each sample, (n,): parameters and iteration."""
Optimiser = Callable[[list[Tensor]], torch.optim.Optimizer]


def with_graph(query: Query) -> Query:
    """The query with inputs that a graph may hold, whatever mode its own were made in."""
    with torch.inference_mode(False):
        return replace(query, inputs=query.inputs.clone(), targets=query.targets.clone())


def minimise(
    query: Query,
    start: Tensor,
    loss: Callable[[int], Loss],
    penalty: Penalty,
    optimiser: Optimiser,
    *,
    iterations: int,
    draws: int = 1,
    bounds: tuple[float, float] | None = None,
) -> Tensor:
    """The parameters after `iterations` steps of descent on penalty + mean over draws of loss, from `start`.

    start: (n, ...), a set of parameters a sample; loss: what iteration t evaluates; optimiser: made anew here, and one
    that treats every parameter by itself (SGD, Adam). Rows of one draw each are packed, `query.rows` a pass, and the
    samples' losses are summed, so that a sample's parameters depend on its own rows only. bounds: parameters are put
    back between them after every step. It takes iterations x draws forward and backward passes a sample.
    """
    with torch.inference_mode(False), torch.enable_grad():
        leaf = start.detach().clone().requires_grad_()
        steps = optimiser([leaf])
        for t in range(iterations):
            leaf.grad = gradient(query, leaf, loss(t), lambda p, t=t: penalty(p, t), draws)  # type: ignore[misc]
            steps.step()
            if bounds is not None:
                with torch.no_grad():
                    leaf.clamp_(*bounds)
    return leaf.detach()


def gradient(query: Query, leaf: Tensor, loss: Loss, penalty: Callable[[Tensor], Tensor], draws: int) -> Tensor:
    """The gradient of sum over samples of (penalty + mean over draws of loss), shaped like `leaf`."""
    parts: Iterable[Tensor] = (loss(leaf, sample, draw).sum() / draws for sample, draw in query.each(draws))
    total = torch.autograd.grad(penalty(leaf).sum(), leaf)[0]
    for part in parts:
        total = total + torch.autograd.grad(part, leaf)[0]
    return total
