"""FIDO's smallest destroying region."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.methods.attribution.fido import Fido
from whybench.registries import register


@register
@dataclass(frozen=True)
class FidoSDR(Fido):
    """The probability with which a feature is hidden, where hiding few features is to lose the target.

    Minimises E_z[s(c | z x + (1 - z) xhat)] + weight * mean(1 - p), s the log-odds of the target and p the keep
    probabilities (`Fido`), and gives 1 - p; (n, 1, height, width), or (n, columns) for tables, between 0 and 1. A map
    of the smallest destroying region: what every way to the target needs.

    Raises BadParameter for values not allowed, Unsupported for models without classes or gradients.

    Source: chang2019.

    >>> import torch
    >>> linear = torch.nn.Linear(2, 2, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[9.0, 1.0], [0.0, 0.0]]))
    >>> method = FidoSDR(weight=10.0, iterations=100)  # 5 log-odds a column
    >>> (method.attribute(linear, torch.ones(1, 2, dtype=torch.float64), 0) > 0.5).tolist()
    [[True, False]]
    """

    name: ClassVar[str] = "fido_sdr"
    reference: ClassVar[str] = "chang2019"
    sufficient: ClassVar[bool] = False
