"""Copies of a model with the weights of some layers randomised."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Literal

import torch
from torch import Tensor

from whybench.errors import BadInput, Unsupported
from whybench.protocols import Model
from whybench.protocols.asking import predict
from whybench.protocols.model import steady
from whybench.streams import Streams

Randomisation = Literal["shuffle", "redraw"]

PROBES = 2


def randomised(
    model: Model, parameters: Sequence[str], randomisation: Randomisation, streams: Streams, seed: int
) -> Model:
    """A copy of `model` whose named parameters are randomised; everything else, buffers included, is as it was.

    shuffle: the values of each tensor in a random order, so that their distribution is exactly kept; redraw: normal
    values with the tensor's mean and standard deviation. Every tensor has a random stream of its own, named by the
    parameter and the seed, so that no two layers share weights and a tensor gets the same ones whatever else is
    randomised. A tensor of equal values stays as it is.

    Raises Unsupported where the module cannot be copied.
    """
    try:
        module = deepcopy(model.module)
    except (RuntimeError, TypeError) as error:
        raise Unsupported(f"model {model.name!r} cannot be copied to be randomised: {error}") from error
    draw = _shuffle if randomisation == "shuffle" else _redraw
    with torch.no_grad():
        for name in parameters:
            values = module.get_parameter(name)
            values.copy_(draw(values, streams.generator(f"mprt/{name}", str(seed))))
    return model.with_module(module)


def _shuffle(values: Tensor, generator: torch.Generator) -> Tensor:
    order = torch.randperm(values.numel(), generator=generator)
    return values.flatten()[order.to(values.device)].view_as(values)


def _redraw(values: Tensor, generator: torch.Generator) -> Tensor:
    noise = torch.randn(values.shape, generator=generator, dtype=torch.float64).to(values.device)
    return values.double().mean() + values.double().std(correction=0) * noise


def responds(model: Model, inputs: Tensor, streams: Streams, rows: int) -> bool:
    """Whether the outputs of `model` are finite and depend on the input at all.

    It is asked for noise of two strengths, within the domain's bounds where these are known, and never for the
    samples themselves, so that the answer is the same for every batch. Outputs that differ by less than the square
    root of the precision, relative to the largest, are rounding. inputs: what a batch of this model looks like.
    """
    probes = noise_probes(model, inputs, streams)
    try:
        with steady(model.module):
            outputs = predict(model, probes, rows).double()
    except BadInput:
        return False
    spread = (outputs.amax(0) - outputs.amin(0)).max()
    return bool(spread > torch.finfo(inputs.dtype).eps ** 0.5 * outputs.abs().max())


def noise_probes(model: Model, inputs: Tensor, streams: Streams) -> Tensor:
    """Noise inputs of rising strength, shaped like samples of `inputs`."""
    shape, domain = tuple(inputs.shape[1:]), model.domain
    strength = torch.arange(1, PROBES + 1, dtype=torch.float64).view(-1, *(1 for _ in shape)) / PROBES
    if domain.low is None or domain.high is None:
        noise = torch.stack([streams.normal("mprt/probe", str(k), 0, shape) for k in range(PROBES)])
        return (strength * noise).to(inputs)
    noise = torch.stack([streams.uniform("mprt/probe", str(k), 0, shape) for k in range(PROBES)])
    probes = (strength * noise).to(inputs)
    low, high = domain.like(domain.low, probes), domain.like(domain.high, probes)
    return low + (high - low) * probes
