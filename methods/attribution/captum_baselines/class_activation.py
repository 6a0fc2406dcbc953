"""Captum's class activation maps: LayerGradCam and GuidedGradCam."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from whybench.errors import BadParameter, Unsupported
from whybench.explanations import Polarity
from whybench.methods.attribution.captum_baselines.adapter import CaptumMethod, Question
from whybench.methods.attribution.captum_baselines.rectifiers import check_rectifiers
from whybench.passes import Passes
from whybench.protocols import Model
from whybench.registries import register


@dataclass(frozen=True)
class ClassActivation(CaptumMethod):
    """A map read off one layer.

    layer: name of the layer; None takes the model's hint `cam`, and without a hint the last convolution that ran
    with a 4-D output of more than one position. Of a layer that runs several times, the last call counts.
    """

    hooks: ClassVar[bool] = True
    needs: ClassVar[frozenset[str]] = frozenset({"gradients", "layers", "image"})

    layer: str | None = None

    def layer_of(self, model: Model, sample: Tensor) -> nn.Module:
        """The layer in `model`; raises BadParameter for an unknown name, Unsupported where no convolution ran."""
        name = self.layer or model.layers.get("cam")
        if name is None:
            return self._last_convolution(model, sample)
        try:
            return model.module.get_submodule(name)
        except AttributeError as error:
            raise BadParameter(f"{self.name}: model {model.name!r} has no layer {name!r}: {error}") from error

    def _last_convolution(self, model: Model, sample: Tensor) -> nn.Module:
        ran: list[nn.Module] = []

        def note(layer: nn.Module, args: Any, output: Tensor) -> None:
            if output.ndim == 4 and output.shape[2:].numel() > 1:
                ran.append(layer)

        convolutions = [m for m in model.module.modules() if isinstance(m, nn.Conv2d | nn.ConvTranspose2d)]
        handles = [layer.register_forward_hook(note) for layer in convolutions]
        with torch.no_grad():
            model.module(sample)
        for handle in handles:
            handle.remove()
        if not ran:
            raise Unsupported(
                f"{self.name}: no convolution with feature maps ran in model {model.name!r}; name a layer="
            )
        return ran[-1]


@register
@dataclass(frozen=True)
class LayerGradCam(ClassActivation):
    """Captum's LayerGradCam: a layer's feature maps, weighted by the mean gradient of the output over each map.

    L_uv = ReLU(sum_k alpha_k A^k_uv), alpha_k = mean over u, v of df_c/dA^k_uv, brought to the input's height and
    width by bilinear interpolation; (n, 1, height, width). The ReLU and the interpolation are the paper's; Captum
    leaves both to the caller and would interpolate by nearest neighbour.

    Source: selvaraju2017.
    """

    name: ClassVar[str] = "captum/layer_grad_cam"
    reference: ClassVar[str] = "selvaraju2017"
    signed: ClassVar[bool] = False
    grid: ClassVar[Literal["input", "spatial"]] = "spatial"
    passes_each: ClassVar[Passes | None] = Passes(1, 1)

    def ask(self, captum: Any, question: Question) -> Tensor:
        layer = self.layer_of(question.model, question.inputs[:1])
        maps = captum.LayerGradCam(question.module, layer).attribute(
            question.inputs, target=question.target, relu_attributions=True
        )
        answer: Tensor = captum.LayerAttribution.interpolate(maps, tuple(question.inputs.shape[2:]), "bilinear")
        return answer


@register
@dataclass(frozen=True)
class GuidedGradCam(ClassActivation):
    """Captum's GuidedGradCam: guided backpropagation times the upsampled Grad-CAM map of one layer.

    R = GuidedBackprop * bilinear(ReLU(Grad-CAM)), shaped like the inputs. Captum would interpolate by nearest
    neighbour. Raises Unsupported for models with rectifiers other than nn.ReLU modules.

    Source: selvaraju2017.
    """

    name: ClassVar[str] = "captum/guided_grad_cam"
    reference: ClassVar[str] = "selvaraju2017"
    passes_each: ClassVar[Passes | None] = Passes(2, 2)

    polarity: Polarity = field(default="sensitivity", kw_only=True)

    def check(self, model: Model, sample: Tensor) -> None:
        check_rectifiers(self.name, model, sample)

    def ask(self, captum: Any, question: Question) -> Tensor:
        layer = self.layer_of(question.model, question.inputs[:1])
        answer: Tensor = captum.GuidedGradCam(question.module, layer).attribute(
            question.inputs, target=question.target, interpolate_mode="bilinear"
        )
        return answer
