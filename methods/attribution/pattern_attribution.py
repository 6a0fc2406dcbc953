"""PatternAttribution."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.methods.attribution.patterns.method import PatternMethod
from whybench.registries import register


@register
@dataclass(frozen=True)
class PatternAttribution(PatternMethod):
    """How much the signal in each input value contributed: the gradient's way back through weights times patterns.

    From R = f_c(x), R_j = sum_k w_jk a+_jk R_k at convolutions, fully connected layers and average pools, which are
    shares since w.a+ = 1; ReLU (ReLU6) passes where it is open, max pools along their switches, additions to all of
    their parts; shaped like the inputs, in units of the output. It does not sum to f_c: rectifiers that are closed,
    padding and additions see to that.

    estimator: how patterns are estimated on the training data, `two_component` or `linear`: see `pattern_net`, which
    also says what they are, and what is part of a layer.

    Raises Unsupported as `pattern_net` does.

    Source: kindermans2018.

    >>> import torch
    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[1.0, -1.0]]))
    >>> training = torch.tensor([[2.0, 1.0], [0.0, -1.0], [0.0, 1.0], [-2.0, -1.0]], dtype=torch.float64)
    >>> (PatternAttribution().attribute(linear, torch.tensor([[5.0, 2.0]]).double(), training=training) + 0).tolist()
    [[3.0, 0.0]]
    """

    name: ClassVar[str] = "pattern_attribution"
    reference: ClassVar[str] = "kindermans2018"
    weighted: ClassVar[bool] = True
