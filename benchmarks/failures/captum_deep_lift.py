"""Captum's DeepLift."""

import torch
import torch.nn.functional as F
from captum.attr import DeepLift as CaptumDeepLift
from failures.finding import Cases, Finding, far
from failures.networks import Function, ReusedRelu, line_of, row
from torch import Tensor, nn

from whybench.methods.attribution import DeepLift

case = Cases()
BY_HAND = "largest difference from the answer by hand"
GAP = "sum less f(x) - f(baseline)"


def theirs(net: nn.Module, x: Tensor, base: Tensor) -> Tensor:
    answer: Tensor = CaptumDeepLift(net).attribute(x.clone(), base.expand_as(x).clone(), target=0)
    return answer.detach()


def ours(net: nn.Module, x: Tensor, base: Tensor) -> Tensor:
    return DeepLift().attribute(net, x, 0, baseline=base[0])


def against(net: nn.Module, x: Tensor, base: Tensor, *right: float) -> Finding:
    """Both beside the answer by hand."""
    truth = row(*right)
    return Finding(far(theirs(net, x, base), truth), far(ours(net, x, base), truth), 0.0)


def gap(net: nn.Module, x: Tensor, base: Tensor) -> Finding:
    """Completeness."""
    change = (net(x) - net(base))[0, 0].item()
    return Finding(theirs(net, x, base).sum().item() - change, ours(net, x, base).sum().item() - change, 0.0)


@case("ReLU, then max pool of 2; x = (3, 1), baseline (1, 2)", BY_HAND)
def relu_then_pool() -> Finding:
    """The maximum grows by 1, the winner itself by 2, which is what Captum counts. With a baseline of 0 the two
    are one."""
    return against(line_of(nn.ReLU(), nn.MaxPool1d(2)), row(3.0, 1.0), row(1.0, 2.0), 1.0, 0.0)


@case("max pool of 2, then ReLU; x = (3, 1), baseline (-1, -2)", BY_HAND)
def pool_then_relu() -> Finding:
    """The output grows from 0 to 3; Captum counts the pool's change from -1 to 3."""
    return against(line_of(nn.MaxPool1d(2), nn.ReLU()), row(3.0, 1.0), row(-1.0, -2.0), 3.0, 0.0)


@case("max pool of 2 with stride 1, summed; x = (1, 5, 2), baseline (0, 1, 0)", BY_HAND)
def overlapping() -> Finding:
    """The middle wins both windows, each of which grows by 4; Captum unpools it once."""
    net = nn.Sequential(line_of(nn.MaxPool1d(2, 1)), Function(lambda x: x.sum(1, keepdim=True)))
    return against(net, row(1.0, 5.0, 2.0), row(0.0, 1.0, 0.0), 0.0, 8.0, 0.0)


@case("nn.Softmax inside; x = (1, 0), baseline 0", GAP)
def softmax() -> Finding:
    """Captum takes the mean over the whole tensor off; whybench takes softmax apart into exp, sum and quotient."""
    return gap(nn.Sequential(nn.Softmax(1)), row(1.0, 0.0), row(0.0, 0.0))


@case("nn.Softmax inside, alone and beside another sample", "largest difference of one sample's map")
def softmax_in_a_batch() -> Finding:
    """That mean is over all samples, so a map depends on its company; a test holds all of whybench's methods to
    1e-12."""
    net, base = nn.Sequential(nn.Softmax(1)), row(0.0, 0.0)
    x = torch.cat([row(1.0, 0.0), row(5.0, -3.0)])
    return Finding(
        far(theirs(net, x, base)[:1], theirs(net, x[:1], base)),
        far(ours(net, x, base)[:1], ours(net, x[:1], base)),
        0.0,
    )


@case("relu as a function, f(x) = relu(x - 1); x = 2, baseline 0", BY_HAND)
def functional_relu() -> Finding:
    """Modules are hooked, functions are not, and pass with their gradient without a warning; every call counts here."""
    return against(Function(lambda x: F.relu(x - 1)), row(2.0), row(0.0), 1.0)


@case("nn.GELU; x = 2, baseline 0", BY_HAND)
def gelu() -> Finding:
    """It has no rule and passes with its gradient, without a warning; every function of single numbers has one here."""
    return against(nn.GELU(), row(2.0), row(0.0), F.gelu(row(2.0)).item())


@case("nn.ReLU6; x = 8, baseline -1", BY_HAND)
def relu6() -> Finding:
    """As above: where it is saturated its gradient, and with it all relevance, is 0."""
    return against(nn.ReLU6(), row(8.0), row(-1.0), 6.0)


@case("nn.LayerNorm(2); x = (3, 1), baseline (0, 2)", GAP)
def layer_norm() -> Finding:
    """As above; whybench takes it apart into sums, squares and quotients."""
    return gap(nn.LayerNorm(2).double(), row(3.0, 1.0), row(0.0, 2.0))


@case("x1 * x2; x = (3, 2), baseline (1, 1)", GAP)
def product() -> Finding:
    """As above; each factor's multiplier is the mean of the other one."""
    return gap(Function(lambda x: x[:, :1] * x[:, 1:]), row(3.0, 2.0), row(1.0, 1.0))


@case("one ReLU module that runs twice, relu(relu(x) - 1); x = 3, baseline 0", BY_HAND)
def reused() -> Finding:
    """What a module read is kept once; here it is kept once a call."""
    net, x, base = ReusedRelu(), row(3.0), row(0.0)
    try:
        found: float | str = far(theirs(net, x, base), row(2.0))
    except RuntimeError as error:
        found = type(error).__name__
    return Finding(found, far(ours(net, x, base), row(2.0)), 0.0)
