"""PatternNet."""

from dataclasses import dataclass, field
from typing import ClassVar

from whybench.explanations import Polarity
from whybench.methods.attribution.patterns.method import PatternMethod
from whybench.registries import register


@register
@dataclass(frozen=True)
class PatternNet(PatternMethod):
    """The signal in the input: the gradient's way back, with the pattern a+ of each neuron in the place of its weights.

    A neuron y = w.x reads x = s + d, a signal s = a y that y comes from and a distractor d that does not correlate with
    y. From 1 at the explained output, R_j = sum_k a+_jk R_k at convolutions, fully connected layers and average pools;
    ReLU (ReLU6) passes where it is open, max pools along their switches, additions to all of their parts; shaped like
    the inputs, in units of input per unit of output.

    Patterns are estimated on the training data of the model, once a layer call, from float64 statistics of all that
    the call's neurons read, zeros of padding included; y is without the bias b, a neuron is active where w.x + b > 0.

    estimator: two_component: a+ = (E+[x y] - E+[x] E[y]) / (w.E+[x y] - w.E+[x] E[y]), with E+ over patches where the
        neuron is active and E over all; neither the bias nor a shift of y changes it.
        linear: a = cov(x, y) / var(y).
        Both give w.a = 1. A regime that the training data never enters has the linear pattern, a neuron that is
        constant on them the pattern 0. Of a neuron that is hardly ever active a+ is as noisy as its few patches: it is
        x / y for a single one. Taking a constant off the inputs of a layer (and giving it to its bias) leaves
        linear patterns as they are, not those of two components.

    BatchNorm and other constant factors right after a layer are part of it, elsewhere a factor c has the pattern 1 / c.

    Raises Unsupported, naming the operation, for activations other than ReLU and ReLU6, for LayerNorm, attention,
    transposed convolutions and whatever else is no linear neuron, for parts that cannot be seen into, and for models
    without training data.

    Source: kindermans2018.

    >>> import torch
    >>> linear = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
    >>> _ = linear.weight.data.copy_(torch.tensor([[1.0, -1.0]]))
    >>> training = torch.tensor([[2.0, 1.0], [0.0, -1.0], [0.0, 1.0], [-2.0, -1.0]], dtype=torch.float64)
    >>> PatternNet().attribute(linear, training[:1], training=training).tolist()
    [[1.0, 0.0]]
    """

    name: ClassVar[str] = "pattern_net"
    reference: ClassVar[str] = "kindermans2018"
    weighted: ClassVar[bool] = False

    polarity: Polarity = field(default="sensitivity", kw_only=True)
