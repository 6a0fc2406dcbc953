"""The bare model on the batch that methods explain: the unit in which costs are compared between machines."""

import torch
from torch import Tensor

from whybench.batch_plan import BatchPlan
from whybench.protocols import Model


def forward(model: Model, inputs: Tensor, plan: BatchPlan) -> None:
    """One forward pass of all inputs, without a graph, `plan.rows` at a time."""
    with torch.inference_mode():
        for part in torch.split(inputs, plan.rows):
            model.module(part)


def gradient(model: Model, inputs: Tensor, targets: Tensor, plan: BatchPlan) -> None:
    """One forward and backward pass of all inputs: the explained outputs' gradient, `plan.rows` at a time."""
    with torch.inference_mode(False), torch.enable_grad():
        for part, of in zip(torch.split(inputs, plan.rows), torch.split(targets, plan.rows), strict=True):
            leaf = part.detach().clone().requires_grad_()
            torch.autograd.grad(model.explained(model.module(leaf), of).sum(), leaf)
