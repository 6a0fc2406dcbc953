"""The feature maps of one layer, and the gradient of the explained output with respect to them."""

from collections.abc import Iterator
from contextlib import ExitStack
from difflib import get_close_matches

import torch
from torch import Tensor, nn

from whybench.errors import BadParameter, Unsupported
from whybench.protocols import Model, Query


def feature_maps(query: Query, layer: str | None, asker: str) -> Iterator[Tensor]:
    """The maps of `layer`, (rows, K, h, w), batch by batch; one forward pass a sample.

    layer: a name; None takes the model's hint `cam`, and without a hint the last convolution that ran with a 4-D
    output of more than one position. Of a layer that runs several times, the last call counts.
    asker: the name of the method that asks, for messages.

    Raises BadParameter for a layer that the model does not have, Unsupported where it gives no feature maps.
    """
    for sample, _ in query.each(1):
        with torch.inference_mode(False), torch.no_grad():
            maps, _ = _run(query, sample, layer, asker)
        yield maps.detach()


def maps_and_gradients(query: Query, layer: str | None, asker: str) -> Iterator[tuple[Tensor, Tensor]]:
    """The maps of `layer` and the gradient of the explained output with respect to them, batch by batch.

    Raises what `feature_maps` raises, and Unsupported where the output does not depend on the maps.
    """
    for sample, _ in query.each(1):
        with torch.inference_mode(False), torch.enable_grad():
            maps, explained = _run(query, sample, layer, asker)
            gradient = None
            if explained.requires_grad:
                (gradient,) = torch.autograd.grad(explained.sum(), maps, allow_unused=True)
        if gradient is None:
            name = _name(query, layer)
            what = f"layer {name!r}" if name else "the last convolution that ran"
            raise Unsupported(
                f"{asker}: the output of model {query.model.name!r} does not depend on {what}; "
                "name another one with layer="
            )
        yield maps.detach(), gradient


def _run(query: Query, sample: Tensor, layer: str | None, asker: str) -> tuple[Tensor, Tensor]:
    """The maps, as a leaf of what comes after them, and the explained scalars."""
    name = _name(query, layer)
    module = query.model.module
    seen = _LastMaps(name, asker)
    with ExitStack() as hooks:
        for hooked in [_named(query.model, name, asker)] if name else _convolutions(module):
            hooks.callback(hooked.register_forward_hook(seen).remove)
        explained = query.model.explained(module(query.inputs[sample]), query.targets[sample])
    if seen.maps is None:
        what = f"layer {name!r} did not run" if name else "no convolution with feature maps ran"
        raise Unsupported(f"{asker}: {what} in model {query.model.name!r}; name another one with layer=")
    return seen.maps, explained


class _LastMaps:
    """A forward hook that keeps the last feature maps that came out of the hooked layers."""

    def __init__(self, name: str | None, asker: str) -> None:
        self.name = name
        self.asker = asker
        self.maps: Tensor | None = None

    def __call__(self, layer: nn.Module, args: object, output: object) -> Tensor | None:
        if not isinstance(output, Tensor) or output.ndim != 4:
            if self.name is None:
                return None
            got = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise Unsupported(
                f"{self.asker}: layer {self.name!r} gives {got}; expected feature maps (n, K, height, width)"
            )
        if self.name is None and output.shape[2:].numel() == 1:
            return None
        # Cut here, the backward pass ends at this layer; what follows gets a copy, since it may write in place.
        self.maps = output.detach().requires_grad_()
        return self.maps.clone()


def _name(query: Query, layer: str | None) -> str | None:
    return layer or query.model.layers.get("cam")


def _named(model: Model, name: str, asker: str) -> nn.Module:
    layers: dict[str, nn.Module] = {key: layer for key, layer in model.module.named_modules() if key}
    if name not in layers:
        close = get_close_matches(name, layers, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else f" It has: {', '.join([*layers][-20:]) or 'none'}."
        raise BadParameter(f"{asker}: model {model.name!r} has no layer {name!r}.{hint}")
    return layers[name]


def _convolutions(module: nn.Module) -> list[nn.Module]:
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
