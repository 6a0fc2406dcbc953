"""shap's DeepExplainer, without its check of additivity, which stops most of these with an AssertionError."""

import contextlib
import io
import warnings

import numpy as np
import shap
import torch
import torch.nn.functional as F
from failures.finding import Cases, Finding, far
from failures.networks import Function, ReusedRelu, line_of, row
from torch import Tensor, nn

from whybench.methods.attribution import DeepShap

case = Cases()
BY_HAND = "largest difference from the answer by hand"
GAP = "sum less f(x) - f(background)"


def theirs(net: nn.Module, x: Tensor, base: Tensor) -> Tensor:
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        values = shap.DeepExplainer(net, base).shap_values(x, check_additivity=False)
    first = np.asarray(values, dtype=np.float64).reshape(*x.shape, -1)[..., 0]
    return torch.from_numpy(first.copy())


def ours(net: nn.Module, x: Tensor, base: Tensor) -> Tensor:
    return DeepShap().attribute(net, x, 0, training=base)


def against(net: nn.Module, x: Tensor, base: Tensor, *right: float) -> Finding:
    """Both beside the answer by hand."""
    truth, own = row(*right), far(ours(net, x, base), row(*right))
    try:
        return Finding(far(theirs(net, x, base), truth), own, 0.0)
    except Exception as error:  # any exception is the finding
        return Finding(type(error).__name__, own, 0.0)


def gap(net: nn.Module, x: Tensor, base: Tensor) -> Finding:
    """Completeness."""
    change = (net(x) - net(base))[0, 0].item()
    return Finding(theirs(net, x, base).sum().item() - change, ours(net, x, base).sum().item() - change, 0.0)


@case("relu as a function, f(x) = relu(x - 1); x = 2, background 0", BY_HAND)
def functional_relu() -> Finding:
    """Modules are hooked, functions are not, and pass with their gradient; every call counts here."""
    return against(Function(lambda x: F.relu(x - 1)), row(2.0), row(0.0), 1.0)


@case("one ReLU module that runs twice, relu(relu(x) - 1); x = 3, background 0", BY_HAND)
def reused() -> Finding:
    """What a module read is kept once; here it is kept once a call."""
    return against(ReusedRelu(), row(3.0), row(0.0), 2.0)


@case("max pool of 2 with stride 1, summed; x = (1, 5, 2), background (0, 1, 0)", BY_HAND)
def overlapping() -> Finding:
    """The middle wins both windows, each of which grows by 4; it is counted once."""
    net = nn.Sequential(line_of(nn.MaxPool1d(2, 1)), Function(lambda x: x.sum(1, keepdim=True)))
    return against(net, row(1.0, 5.0, 2.0), row(0.0, 1.0, 0.0), 0.0, 8.0, 0.0)


@case("nn.ReLU6; x = 8, background -1", BY_HAND)
def relu6() -> Finding:
    """It has no rule and passes with its gradient, which is 0 where it is saturated; every function of single numbers
    has one here."""
    return against(nn.ReLU6(), row(8.0), row(-1.0), 6.0)


@case("nn.SiLU; x = 2, background -1", BY_HAND)
def silu() -> Finding:
    """As above."""
    change = (F.silu(row(2.0)) - F.silu(row(-1.0))).item()
    return against(nn.SiLU(), row(2.0), row(-1.0), change)


@case("nn.LayerNorm(2); x = (3, 1), background (0, 2)", GAP)
def layer_norm() -> Finding:
    """It is taken for linear; whybench takes it apart into sums, squares and quotients."""
    return gap(nn.LayerNorm(2).double(), row(3.0, 1.0), row(0.0, 2.0))


@case("x1 * x2; x = (3, 2), background (1, 1)", GAP)
def product() -> Finding:
    """A product is no module; each factor's multiplier is the mean of the other one."""
    return gap(Function(lambda x: x[:, :1] * x[:, 1:]), row(3.0, 2.0), row(1.0, 1.0))
