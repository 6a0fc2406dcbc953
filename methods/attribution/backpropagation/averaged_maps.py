"""VisualBackProp: feature maps averaged over channels, multiplied from the last one down to the input."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from whybench.errors import Unsupported
from whybench.methods.attribution.backpropagation.calls import Call, tensors
from whybench.methods.attribution.backpropagation.operations import OTHER_ACTIVATIONS, RECTIFIERS, rectifier_bounds
from whybench.methods.attribution.backpropagation.spreading import Spread, spread


@dataclass(eq=False)
class FeatureMap:
    """A (rows, K, h, w) tensor of the forward pass and where it came from.

    reads: the maps that it was made from, with the way back to each. rectifiable: whether a convolution lies between
    it and the last rectifier, so that the next one gives that convolution's average. average: over the channels, of a
    rectifier's output that is one. mask: what came back to it, None until something did.
    """

    tensor: Tensor
    reads: Sequence[tuple["FeatureMap", Spread]] = ()
    rectifiable: bool = False
    average: Tensor | None = None
    mask: Tensor | None = None

    def receive(self, mask: Tensor) -> None:
        self.mask = mask if self.mask is None else self.mask + mask


class AveragedMaps:
    """Follows the feature maps of one forward pass from the input to where they end.

    Maps end where an operation makes something of another shape of them (flattening, the mean of each map): there the
    mask is 1. What is computed from then on is of no concern, so that the mask depends on no class.

    Raises Unsupported, with the operation's name, for activations other than ReLU and ReLU6, products of feature maps,
    and whatever else no rule says how to go back through.
    """

    def __init__(self, leaf: Tensor) -> None:
        self.leaf = FeatureMap(leaf)
        self.maps = {id(leaf): self.leaf}

    def __call__(self, call: Call) -> Any:
        if not torch.is_grad_enabled():
            raise Unsupported(
                f"{call.name!r} runs where gradients are switched off (torch.no_grad, a custom autograd function)"
            )
        reads = [self.maps.get(id(tensor)) for tensor in call.dependent]
        known = [read for read in reads if read is not None]
        result = call.result()
        shaped = [tensor for tensor in tensors(result) if tensor.ndim == 4]
        if not known:
            if call.name.startswith("conv"):
                raise Unsupported(f"{call.name!r} reads what is not made of feature maps by operations with a rule")
            return result
        if not shaped:
            for read in known:
                read.receive(torch.ones_like(read.tensor[:, :1], dtype=torch.float64))
            return result
        if len(known) < len(reads) or not isinstance(result, Tensor):
            raise Unsupported(f"{call.name!r} mixes feature maps with what is none")
        return self._made(call, known, result)

    def relevance(self) -> Tensor:
        """The mask at the input, (rows, 1, height, width), in float64; to be asked once.

        Raises Unsupported where no convolution was followed by a rectifier.
        """
        if all(feature_map.average is None for feature_map in self.maps.values()):
            raise Unsupported("there is no convolution with a ReLU or ReLU6 after it, whose average could be taken")
        for feature_map in reversed(self.maps.values()):
            mask = feature_map.mask
            if mask is not None:
                mask = mask if feature_map.average is None else mask * feature_map.average
                for read, back in feature_map.reads:
                    read.receive(back(mask))
        return torch.zeros_like(self.leaf.tensor[:, :1]).double() if self.leaf.mask is None else self.leaf.mask

    def _made(self, call: Call, reads: Sequence[FeatureMap], result: Tensor) -> Tensor:
        if call.name in OTHER_ACTIVATIONS:
            raise Unsupported(f"the averages are defined for ReLU and ReLU6, not for {call.name!r}")
        ways = [(read, spread(call, read.tensor, result)) for read in reads]
        made = FeatureMap(
            result.detach().requires_grad_(),  # cut here: nothing goes back through autograd's graph
            ways,
            rectifiable=call.name == "conv2d" or any(read.rectifiable for read in reads),
        )
        if call.name in RECTIFIERS:
            rectifier_bounds(call)
            if made.rectifiable:
                made.rectifiable, made.average = False, result.detach().double().mean(1, keepdim=True)
        self.maps[id(made.tensor)] = made
        return made.tensor
