"""Copies of a model with the weights of some layers randomised."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from copy import copy, deepcopy
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from whybench.errors import BadInput, Unsupported
from whybench.protocols import Model
from whybench.protocols.asking import predict
from whybench.protocols.model import steady
from whybench.streams import Streams

Randomisation = Literal["shuffle", "redraw"]

PROBES = 2
EMPTY = (dict, OrderedDict, set)


class Twin:
    """One copy of a model that is given other weights again and again; the model itself is never touched.

    Raises Unsupported where the module cannot be copied.
    """

    def __init__(self, model: Model) -> None:
        try:
            self._module = copied(model.module)
        except (RuntimeError, TypeError) as error:
            raise Unsupported(f"model {model.name!r} cannot be copied to be randomised: {error}") from error
        self._model = model
        own = self._module.named_parameters()
        self._parameters = [
            (name, parameter, original)
            for (name, parameter), original in zip(own, model.module.parameters(), strict=True)
        ]
        self._buffers = [
            (place, part._buffers, name, buffer, buffer.clone())
            for place, part in self._module.named_modules()
            for name, buffer in part._buffers.items()
            if buffer is not None
        ]

    def holding(self, weights: Mapping[str, Tensor]) -> Model:
        """The model with these parameters and buffers, by name; all others are the original's.

        It holds them until the next call. Its module is a new object each time, for methods that know modules by
        identity.
        """
        with torch.no_grad():
            for name, parameter, original in self._parameters:
                parameter.copy_(weights.get(name, original))
            for place, of, name, buffer, before in self._buffers:  # some models write into theirs, or replace them
                of[name] = buffer.copy_(weights.get(f"{place}.{name}" if place else name, before))
        return self._model.with_module(copy(self._module))


def copied(module: nn.Module) -> nn.Module:
    """A deep copy; the empty containers of each part, of hooks mostly, take half of the time unless made at once."""
    known: dict[int, Any] = {}
    for part in module.modules():
        known |= {id(each): type(each)() for each in vars(part).values() if type(each) in EMPTY and not each}
    return deepcopy(module, known)


def randomised_weights(
    model: Model, parameters: Sequence[str], randomisation: Randomisation, streams: Streams, seed: int
) -> dict[str, Tensor]:
    """Other values for the named parameters of `model`.

    shuffle: the values of each tensor in a random order, so that their distribution is exactly kept; redraw: normal
    values with the tensor's mean and standard deviation. Every tensor has a random stream of its own, named by the
    parameter and the seed, so that no two layers share weights and a tensor gets the same ones whatever else is
    randomised. A tensor of equal values stays as it is.
    """
    draw = _shuffle if randomisation == "shuffle" else _redraw
    return {
        name: draw(model.module.get_parameter(name).detach(), streams.generator(f"mprt/{name}", str(seed)))
        for name in parameters
    }


def _shuffle(values: Tensor, generator: torch.Generator) -> Tensor:
    order = torch.randperm(values.numel(), generator=generator)
    return values.flatten().index_select(0, order.to(values.device)).view_as(values)


def _redraw(values: Tensor, generator: torch.Generator) -> Tensor:
    noise = torch.randn(values.shape, generator=generator, dtype=torch.float64).to(values.device)
    return values.double().mean() + values.double().std(correction=0) * noise


def responds(model: Model, probes: Tensor, rows: int) -> bool:
    """Whether the outputs of `model` are finite and depend on the input at all.

    It is asked for noise of two strengths and never for the samples themselves, so that the answer is the same for
    every batch. Outputs that differ by less than the square root of the precision, relative to the largest, are
    rounding. probes: as `noise_probes` draws them.
    """
    try:
        with steady(model.module):
            outputs = predict(model, probes, rows).double().cpu().numpy()
    except BadInput:
        return False
    return bool(np.ptp(outputs, axis=0).max() > torch.finfo(probes.dtype).eps ** 0.5 * np.abs(outputs).max())


def noise_probes(model: Model, inputs: Tensor, streams: Streams) -> Tensor:
    """Noise of rising strength, within the domain's bounds where these are known, shaped like samples of `inputs`."""
    shape, domain = tuple(inputs.shape[1:]), model.domain
    draws = [(str(k), 0) for k in range(PROBES)]
    strength = torch.arange(1, PROBES + 1, dtype=torch.float64).view(-1, *(1 for _ in shape)) / PROBES
    if domain.low is None or domain.high is None:
        noise = streams.normals("mprt/probe", draws, shape)
        return (strength * noise).to(inputs)
    noise = streams.uniforms("mprt/probe", draws, shape)
    probes = (strength * noise).to(inputs)
    low, high = domain.like(domain.low, probes), domain.like(domain.high, probes)
    return low + (high - low) * probes
