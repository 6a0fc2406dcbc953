"""Grad-CAM."""

from contextlib import ExitStack
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.errors import BadParameter, Unsupported
from whybench.protocols import AttributionMethod, Model, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class GradCam(AttributionMethod):
    """The feature maps of one layer, weighted by the mean gradient of the explained output over each map.

    L_uv = ReLU(sum_k alpha_k A^k_uv), alpha_k = mean over u, v of df_c/dA^k_uv, brought to the input's height and
    width by bilinear interpolation; (n, 1, height, width), in units of the output.

    layer: name of the layer that gives the maps A; None takes the model's hint `cam`, and without a hint the last
    convolution that ran with a 4-D output of more than one position. Of a layer that runs several times, the last
    call counts. relu: keep what speaks for the target only; upsample: False leaves the layer's own grid.

    Raises BadParameter for a layer that the model does not have, Unsupported where it gives no feature maps that the
    output depends on.

    Source: selvaraju2017.

    >>> net = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.Flatten(), torch.nn.Linear(4, 1))
    >>> for parameter in net.parameters(): _ = parameter.data.fill_(1.0)
    >>> GradCam().attribute(net, torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])).tolist()
    [[[[1.0, 2.0], [3.0, 4.0]]]]
    """

    name: ClassVar[str] = "grad_cam"
    reference: ClassVar[str] = "selvaraju2017"
    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "layers", "image"})
    signed: ClassVar[bool] = False
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"

    layer: str | None = None
    relu: bool = True
    upsample: bool = True

    def relevance(self, query: Query) -> Tensor:
        size = query.inputs.shape[2:]
        maps = []
        for sample, _ in query.each(1):
            activation, gradient = self._at_layer(query, sample)
            cam = (gradient.mean((2, 3), keepdim=True) * activation).sum(1, keepdim=True)
            cam = cam.relu() if self.relu else cam
            maps.append(F.interpolate(cam, size, mode="bilinear", align_corners=False) if self.upsample else cam)
        return torch.cat(maps)

    @torch.inference_mode(False)
    @torch.enable_grad()
    def _at_layer(self, query: Query, sample: Tensor) -> tuple[Tensor, Tensor]:
        """Feature maps and the gradient of the explained output with respect to them, both (rows, K, h, w)."""
        name = self.layer or query.model.layers.get("cam")
        module = query.model.module
        seen = _LastMaps(name)
        with ExitStack() as hooks:
            for layer in [_named(query.model, name)] if name else _convolutions(module):
                hooks.callback(layer.register_forward_hook(seen).remove)
            out = query.model.explained(module(query.inputs[sample]), query.targets[sample])
        if seen.maps is None:
            what = f"layer {name!r} did not run" if name else "no convolution with feature maps ran"
            raise Unsupported(f"grad_cam: {what} in model {query.model.name!r}; name another one with layer=")
        gradient = None
        if out.requires_grad:
            (gradient,) = torch.autograd.grad(out.sum(), seen.maps, allow_unused=True)
        if gradient is None:
            what = f"layer {name!r}" if name else "the last convolution that ran"
            raise Unsupported(
                f"grad_cam: the output of model {query.model.name!r} does not depend on {what}; "
                "name another one with layer="
            )
        return seen.maps.detach(), gradient


class _LastMaps:
    """A forward hook that keeps the last feature maps that came out of the hooked layers."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.maps: Tensor | None = None

    def __call__(self, layer: nn.Module, args: object, output: object) -> Tensor | None:
        if not isinstance(output, Tensor) or output.ndim != 4:
            if self.name is None:
                return None
            got = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise Unsupported(f"grad_cam: layer {self.name!r} gives {got}; expected feature maps (n, K, height, width)")
        if self.name is None and output.shape[2:].numel() == 1:
            return None
        # Cut here, the backward pass ends at this layer; what follows gets a copy, since it may write in place.
        self.maps = output.detach().requires_grad_()
        return self.maps.clone()


def _named(model: Model, name: str) -> nn.Module:
    layers: dict[str, nn.Module] = {key: layer for key, layer in model.module.named_modules() if key}
    if name not in layers:
        close = get_close_matches(name, layers, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else f" It has: {', '.join([*layers][-20:]) or 'none'}."
        raise BadParameter(f"grad_cam: model {model.name!r} has no layer {name!r}.{hint}")
    return layers[name]


def _convolutions(module: nn.Module) -> list[nn.Module]:
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]
