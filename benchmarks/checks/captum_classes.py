"""What of Captum cannot be checked by a class's name alone."""

from captum.attr import NoiseTunnel, Saliency, ShapleyValueSampling
from torch import Tensor, nn


class NoiseTunnelOfSaliency:
    """SmoothGrad as Captum's users write it."""

    def __init__(self, model: nn.Module) -> None:
        self.tunnel = NoiseTunnel(Saliency(model))

    def attribute(self, inputs: Tensor, target: Tensor | None = None) -> Tensor:
        found: Tensor = self.tunnel.attribute(inputs, nt_samples=5, stdevs=0.1, target=target)
        return found


class FewOrders:
    """ShapleyValueSampling with 2 orders of the features instead of 25, which take minutes."""

    def __init__(self, model: nn.Module) -> None:
        self.sampling = ShapleyValueSampling(model)

    def attribute(self, inputs: Tensor, target: Tensor | None = None) -> Tensor:
        found: Tensor = self.sampling.attribute(inputs, target=target, n_samples=2)
        return found
