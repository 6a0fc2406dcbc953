"""Guided Grad-CAM."""

from dataclasses import dataclass, field
from typing import ClassVar

from torch import Tensor

from whybench.explanations import Polarity
from whybench.methods.attribution.backpropagation.rectifiers import guided, rectified_gradient
from whybench.methods.attribution.grad_cam import GradCam
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Query
from whybench.registries import register


@register
@dataclass(frozen=True)
class GuidedGradCam(AttributionMethod):
    """Guided backpropagation times Grad-CAM: its detail, where the class is.

    R = guided_backprop * L, elementwise, with L = ReLU(Grad-CAM) brought to the input's height and width by bilinear
    interpolation, the same for all channels; shaped like the inputs.

    layer: the layer that Grad-CAM looks at (`GradCam.layer`).

    Raises what `GuidedBackprop` and `GradCam` raise.

    Source: selvaraju2017.

    >>> import torch
    >>> net = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(4, 1))
    >>> for parameter in net.parameters(): _ = parameter.data.fill_(1.0)
    >>> GuidedGradCam().attribute(net, torch.tensor([[[[0.0, 1.0], [2.0, 3.0]]]])).tolist()
    [[[[1.0, 2.0], [3.0, 4.0]]]]
    """

    name: ClassVar[str] = "guided_grad_cam"
    reference: ClassVar[str] = "selvaraju2017"
    needs: ClassVar[frozenset[str]] = GradCam.needs
    signed: ClassVar[bool] = False
    passes_each: ClassVar[Passes | None] = Passes(2, 2)

    layer: str | None = None
    polarity: Polarity = field(default="sensitivity", kw_only=True)

    def relevance(self, query: Query) -> Tensor:
        return rectified_gradient(query, guided) * GradCam(self.layer).relevance(query)
