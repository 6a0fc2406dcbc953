"""Captum's gradients, and gradients that are changed at rectifiers."""

import torch
import torch.nn.functional as F
from captum.attr import Deconvolution, IntegratedGradients, NoiseTunnel, Saliency
from captum.attr import GuidedBackprop as CaptumGuidedBackprop
from failures.finding import Cases, Finding, far, said
from failures.networks import Between, Function, dense, drawn, draws, row
from torch import nn

from whybench import method

case = Cases()
WHAT = "relevance of the only column"


def guided(net: nn.Module, library: type = CaptumGuidedBackprop, name: str = "guided_backprop") -> tuple[float, float]:
    x = row(1.0)
    return library(net).attribute(x.clone(), target=0).item(), method(name).attribute(net, x, 0).item()


@case("GuidedBackprop, relu(2x) - relu(3x) with relu as a function, x = 1", WHAT)
def guided_function() -> Finding:
    """Only nn.ReLU modules are hooked, so the plain gradient comes out under another name, without a warning; every
    rectifier that runs counts here."""
    return Finding(*guided(Between(dense([2.0], [3.0]), F.relu, dense([1.0, -1.0]))), 2.0)


@case("GuidedBackprop, the same with nn.ReLU6", WHAT)
def guided_relu6() -> Finding:
    """As above: ReLU6 is no nn.ReLU."""
    return Finding(*guided(nn.Sequential(dense([2.0], [3.0]), nn.ReLU6(), dense([1.0, -1.0]))), 2.0)


@case("GuidedBackprop, a network of GELU", WHAT)
def guided_gelu() -> Finding:
    """The definition does not speak of GELU; Captum gives the plain gradient, whybench refuses by name."""
    net = nn.Sequential(dense([2.0], [3.0]), nn.GELU(), dense([1.0, -1.0]))
    theirs = CaptumGuidedBackprop(net).attribute(row(1.0), target=0).item()
    return Finding(theirs, said(lambda: method("guided_backprop").attribute(net, row(1.0), 0)), "Unsupported")


@case("Deconvolution, relu(2x) + relu(-3x) with relu as a function, x = 1", WHAT)
def deconvolution_function() -> Finding:
    """As GuidedBackprop."""
    net = Between(dense([2.0], [-3.0]), F.relu, dense([1.0, 1.0]))
    return Finding(*guided(net, Deconvolution, "deconvnet"), -1.0)


@case("Deconvolution, the same with nn.ReLU6", WHAT)
def deconvolution_relu6() -> Finding:
    """As GuidedBackprop."""
    net = nn.Sequential(dense([2.0], [-3.0]), nn.ReLU6(), dense([1.0, 1.0]))
    return Finding(*guided(net, Deconvolution, "deconvnet"), -1.0)


@case("Saliency as it is, f(x) = -3x", WHAT)
def saliency() -> Finding:
    """Absolute values are the default, which changes what can be said with signs and after channels are summed;
    `gradient` keeps its sign, and its polarity says how channels are read."""
    net = dense([-3.0])
    return Finding(
        Saliency(net).attribute(row(1.0), target=0).item(), method("gradient").attribute(net, row(1.0), 0).item(), -3.0
    )


@case("SmoothGrad as it is, ReLU network without biases, x and 10 x, the same draws", "largest difference of the maps")
def noise() -> Finding:
    """NoiseTunnel's default is a deviation of 1, whatever the inputs are; noise in units of an input's range, as the
    paper has it, gives the same gradients where the network is scaled with its input."""
    net, x = drawn(nn.Sequential(nn.Linear(4, 8, bias=False), nn.ReLU(), nn.Linear(8, 2, bias=False))), draws(3, 4)
    maps = []
    for factor in (1, 10):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            tunnel = NoiseTunnel(Saliency(net))
            maps.append(tunnel.attribute(x * factor, target=0, nt_samples=25, abs=False))
    own = method("smooth_grad(samples=25)")
    ours = far(own.attribute(net, x, 0), own.attribute(net, 10 * x, 0))
    return Finding(far(maps[0], maps[1]), ours, 0.0)


@case("IntegratedGradients, f(x) = sum of x^2 / 2 in float64", "largest difference from x^2 / 2")
def integrated() -> Finding:
    """Quadrature weights are rounded to float32; here they are float64."""
    net, x = Function(lambda x: x.square().sum(1, keepdim=True) / 2), draws(3, 4)
    theirs = IntegratedGradients(net).attribute(x, target=0)
    ours = method("integrated_gradients").attribute(net, x, 0)
    return Finding(far(theirs, x.square() / 2), far(ours, x.square() / 2), 0.0)
