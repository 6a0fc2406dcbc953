"""Zennit's LRP and guided backpropagation."""

import sys
from collections.abc import Callable
from copy import deepcopy
from importlib.util import find_spec
from types import ModuleType

import torch
import torch.nn.functional as F
from failures.finding import Cases, Finding, far, said
from failures.networks import Between, Reused, dense, drawn, draws, input_x_gradient, row
from torch import Tensor, nn

from whybench.methods.attribution import GuidedBackprop, Lrp

if find_spec("torchvision") is None:  # zennit asks it for three classes, which no case needs
    stands_in = {"models.resnet": ("Bottleneck", "BasicBlock"), "ops": ("FrozenBatchNorm2d",)}
    sys.modules["torchvision"], sys.modules["torchvision.models"] = ModuleType("torchvision"), ModuleType("models")
    for name, classes in stands_in.items():
        part = sys.modules[f"torchvision.{name}"] = ModuleType(name)
        vars(part).update({kind: type(kind, (), {}) for kind in classes})
    vars(sys.modules["torchvision"])["ops"] = sys.modules["torchvision.ops"]

from zennit.attribution import Gradient
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.composites import EpsilonPlus
from zennit.composites import GuidedBackprop as ZennitGuidedBackprop
from zennit.core import Composite
from zennit.rules import Epsilon, Pass
from zennit.types import Activation, BatchNorm, Linear

case = Cases()
ZERO = Lrp(composite="epsilon", epsilon=0.0)
FROM_GRADIENT = "largest difference from input x gradient, which LRP-0 is"


def epsilon(*canonizers: object) -> Composite:
    """Zennit's epsilon rule at every layer, with a tiny stabiliser."""

    def rule(ctx: object, name: str, module: nn.Module) -> object:
        if isinstance(module, Activation | BatchNorm):
            return Pass()
        return Epsilon(epsilon=1e-12) if isinstance(module, Linear) else None

    return Composite(module_map=rule, canonizers=list(canonizers))


def relevance(
    net: nn.Module, x: Tensor, composite: Composite, start: Callable[[Tensor], Tensor] | None = None
) -> Tensor:
    """Zennit's map for output 0, from that output's value unless told otherwise; writes to `net`."""
    chosen = start or (lambda out: out * F.one_hot(torch.zeros(len(out)).long(), out.shape[1]).to(out))
    with Gradient(model=net, composite=composite) as attributor:
        found: Tensor = attributor(x.clone(), chosen)[1]
    return found.detach()


def against_gradient(net: nn.Module, x: Tensor, *canonizers: object) -> Finding:
    truth = input_x_gradient(net, x, 0)
    return Finding(
        far(relevance(deepcopy(net), x, epsilon(*canonizers)), truth), far(ZERO.attribute(net, x, 0), truth), 0.0
    )


@case("a linear layer that runs twice", FROM_GRADIENT)
def reused() -> Finding:
    """What a layer read is kept once a module, so that its calls overwrite one another's; here it is kept once a
    call."""
    return against_gradient(drawn(Reused()), draws(3, 4))


@case("the same", "largest gap between the sum of the relevance and f(x)")
def reused_conservation() -> Finding:
    """Conservation holds although the map is wrong: a test of sums does not see it."""
    net, x = drawn(Reused()), draws(3, 4)
    sums = [found.sum(1) for found in (relevance(net, x, epsilon()), ZERO.attribute(net, x, 0))]
    return Finding(far(sums[0], net(x)[:, 0]), far(sums[1], net(x)[:, 0]), 0.0)


def without_shifts() -> nn.Module:
    net = nn.Sequential(nn.Linear(4, 4, bias=False), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2, bias=False))
    drawn(net)
    net[1].bias.data.zero_()
    return net


@case("BatchNorm folded by SequentialMergeBatchNorm, nothing shifted", "sum of the relevance less f(x)")
def folded() -> Finding:
    """0.5.1 folds BatchNorm and leaves its eps there, so that it divides by sqrt(1 + eps) once more; whybench folds in
    the rule and runs the model as it is."""
    net, x = without_shifts(), draws(3, 4)
    truth = net(x)[:, 0].detach()
    theirs = relevance(deepcopy(net), x, epsilon(SequentialMergeBatchNorm())).sum(1)
    return Finding(far(theirs, truth), far(ZERO.attribute(net, x, 0).sum(1), truth), 0.0)


def explained(work: Callable[[nn.Module], object]) -> nn.Module:
    """A network that was explained, and that nothing holds any more."""
    net = without_shifts()
    work(net)
    return net


def by_zennit(net: nn.Module) -> Tensor:
    return relevance(net, draws(3, 4), epsilon(SequentialMergeBatchNorm()))


def by_whybench(net: nn.Module) -> Tensor:
    return ZERO.attribute(net, draws(3, 4), 0)


@case("the same, once the canoniser is removed", "entries that the state of the model has gained")
def gained() -> Finding:
    """1.0.0 gives layers without a bias one for good, which a strict load refuses; whybench never writes to a model."""
    before = len(without_shifts().state_dict())
    theirs, ours = (len(explained(work).state_dict()) - before for work in (by_zennit, by_whybench))
    return Finding(float(theirs), float(ours), 0.0)


@case("the same, then other weights are loaded", "largest change of the output from that of a new model with them")
def loaded() -> Finding:
    """1.0.0 hides the parameters of folded layers behind attributes of the same name, which loading does not reach."""
    weights = {name: value * 2 for name, value in without_shifts().state_dict().items()}
    outputs = []
    for net in (without_shifts(), explained(by_zennit), explained(by_whybench)):
        net.load_state_dict(weights, strict=False)
        outputs.append(net(draws(3, 4)))
    return Finding(far(outputs[1], outputs[0]), far(outputs[2], outputs[0]), 0.0)


class Misplaced(nn.Module):
    """A linear layer and BatchNorm that are registered in another order than they run in."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm_of_second = nn.Linear(4, 4), nn.BatchNorm1d(4)
        self.second, self.last = nn.Linear(4, 4), nn.Linear(4, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        out: Tensor = self.last(self.norm_of_second(self.second(self.first(inputs).relu())).relu())
        return out


@case("BatchNorm of the second layer, registered after the first", FROM_GRADIENT)
def misplaced() -> Finding:
    """Canonisers pair layers by the order in which they were registered, which changes the model's output; whybench
    goes by what runs after what."""
    return against_gradient(drawn(Misplaced()), draws(3, 4), SequentialMergeBatchNorm())


@case("weights (2, 1), columns (1, 1), f(x) = 3, started as in its examples, from a one-hot vector", "sum of the map")
def one_hot() -> Finding:
    """Relevance is R / f(x): maps of different samples have different units, and the sign is lost where f(x) < 0; here
    it starts from f(x)."""
    net, x = nn.Sequential(dense([2.0, 1.0])), row(1.0, 1.0)
    theirs = relevance(net, x, epsilon(), torch.ones_like).sum().item()
    return Finding(theirs, ZERO.attribute(net, x, 0).sum().item(), 3.0)


@case("h + h by an operator, f(x) = 2", "sum of the map")
def addition() -> Finding:
    """What is no module has its gradient, so that an addition hands all of its relevance to both parts, unless it is
    rewritten with zennit's Sum; here every addition that runs has a rule."""
    net, x = Between(dense([1.0]), lambda h: h + h, dense([1.0])), row(1.0)
    return Finding(relevance(net, x, epsilon()).sum().item(), ZERO.attribute(net, x, 0).sum().item(), 2.0)


@case("EpsilonPlus, gelu as a function between linear layers, f(x) = gelu(1)", "sum of the map")
def functional_gelu() -> Finding:
    """As above, its derivative is taken; whybench refuses gelu by name."""
    net, x = Between(dense([1.0]), F.gelu, dense([1.0])), row(1.0)
    theirs = relevance(net, x, EpsilonPlus()).sum().item()
    return Finding(theirs, said(lambda: Lrp().attribute(net, x, 0)), "Unsupported")


@case("guided backpropagation, relu(2x) - relu(3x) with relu as a function, x = 1", "relevance of the only column")
def guided() -> Finding:
    """Only modules are seen, so the plain gradient comes out; every rectifier that runs counts here."""
    net, x = Between(dense([2.0], [3.0]), F.relu, dense([1.0, -1.0])), row(1.0)
    theirs = relevance(net, x, ZennitGuidedBackprop(), torch.ones_like).item()
    return Finding(theirs, GuidedBackprop().attribute(net, x, 0).item(), 2.0)
