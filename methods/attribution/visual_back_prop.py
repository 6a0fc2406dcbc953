"""VisualBackProp."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from whybench.methods.attribution.backpropagation.averaged_maps import AveragedMaps
from whybench.methods.attribution.backpropagation.recording import Recording
from whybench.methods.attribution.min_max import min_max
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class VisualBackProp(AttributionMethod):
    """Where the feature maps of all convolutions are high: their averages, multiplied from the last to the input.

    R_L = M_L, R_l = M_l * T_l+1(R_l+1), R = T_1(R_1), scaled to [0, 1] for each sample; (n, 1, height, width), without
    unit. M_l is the mean over channels after convolution l and its ReLU; T_l is the transposed convolution with
    the kernel size, stride, padding and dilation of convolution l, one channel, all weights 1, no bias, and as much
    output padding as gives the size of what convolution l read. Knows nothing of the class. A map without any
    difference is 0. The authors' code does not know padding and dilation, and takes height and width for one another
    where kernels or strides are not square; otherwise it agrees.

    Where the paper's chain of convolutions is silent: pools go back as convolutions without average do. Batch and
    other normalisation, dropout and constants stay where they are. A convolution without ReLU is gone back through;
    the first ReLU after a convolution counts, others change nothing. A sum (residual connection) or concatenation
    hands what comes back to each of its parts, and what is read twice adds up. Maps end where they are flattened or
    averaged. What runs is watched, so that functional, reused and in-place operations are those of modules.

    Raises Unsupported, naming the operation, for activations other than ReLU and ReLU6 (GELU, SiLU: their maps have no
    sign), products of maps (squeeze and excitation), attention, transposed convolutions, rearranged channels, uneven
    adaptive pools, and for models with no ReLU after a convolution.

    Source: bojarski2016.

    >>> convolution = torch.nn.Conv2d(1, 1, (1, 2))
    >>> net = torch.nn.Sequential(convolution, torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(2, 1))
    >>> for parameter in net.parameters(): _ = parameter.data.fill_(1.0)
    >>> VisualBackProp().attribute(net, torch.tensor([[[[0.0, 0.0, 2.0]]]])).tolist()
    [[[[0.0, 1.0, 0.6666666865348816]]]]
    """

    name: ClassVar[str] = "visual_back_prop"
    reference: ClassVar[str] = "bojarski2016"
    needs: ClassVar[frozenset[str]] = frozenset({"layers", "image"})
    signed: ClassVar[bool] = False
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"
    passes_each: ClassVar[Passes | None] = Passes(1)

    def relevance(self, query: Query) -> Tensor:
        return torch.cat([min_max(_mask(query, sample)) for sample, _ in query.each(1)]).to(query.inputs)


@torch.inference_mode(False)
@torch.enable_grad()
def _mask(query: Query, sample: Tensor) -> Tensor:
    leaf = query.inputs[sample].detach().requires_grad_()
    averaged = AveragedMaps(leaf)
    with Recording(query.model.module, leaf, averaged) as recording:
        outputs = query.model.module(leaf)
    recording.finished(outputs)
    return averaged.relevance().detach()
