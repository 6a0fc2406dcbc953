"""Captum's LRP."""

import torch.nn.functional as F
from captum.attr import LRP
from captum.attr._utils import lrp_rules
from failures.finding import Cases, Finding, far, said
from failures.networks import Between, Line, Reused, dense, drawn, draws, input_x_gradient, pixels, row
from torch import Tensor, nn

from whybench.methods.attribution import Lrp
from whybench.methods.attribution.lrp import RULES, Composite, Gamma, ZPlus

case = Cases()
ZERO = Lrp(composite="epsilon", epsilon=0.0)
Z_PLUS = Lrp(Composite(convolution=ZPlus()))


def by_rule(net: Line, rule: lrp_rules.PropagationRule, inputs: Tensor) -> Tensor:
    """Captum's map with one rule at the convolution."""
    net.convolution.rule = rule  # type: ignore[assignment]
    answer: Tensor = LRP(net).attribute(inputs, target=0)
    return answer.detach().flatten()


@case("`LRP(net)` as it is, weights (1, -1), pixels (2, 1)", "relevance of the second pixel, z+ at the convolution")
def default() -> Finding:
    """Every module has the epsilon rule with 1e-9, so the map is input x gradient under another name; composites are
    named, and the default, epsilon_plus, has z+ at convolutions."""
    net, x = Line(1.0, -1.0), pixels(2.0, 1.0)
    theirs = LRP(net).attribute(x, target=0).flatten()[1].item()
    return Finding(theirs, Lrp().attribute(net, x, 0).flatten()[1].item(), 0.0)


@case("the same, with a z+ rule at the convolution, asked a second time", "relevance of the second pixel")
def second_call() -> Finding:
    """Every call deletes `module.rule`, so the next one falls back to epsilon without a word; rules are fields of a
    frozen value here, and nothing is attached to modules."""
    net, x = Line(1.0, -1.0), pixels(2.0, 1.0)
    by_rule(net, lrp_rules.Alpha1_Beta0_Rule(), x)
    theirs = LRP(net).attribute(x, target=0).flatten()[1].item()
    Z_PLUS.attribute(net, x, 0)
    return Finding(theirs, Z_PLUS.attribute(net, x, 0).flatten()[1].item(), 0.0)


def refused(net: nn.Module, inputs: Tensor) -> Finding:
    truth = input_x_gradient(net, inputs, 0)
    theirs = said(lambda: LRP(net).attribute(inputs, target=0))
    return Finding(theirs, far(ZERO.attribute(net, inputs, 0), truth), 0.0)


FIRST_BY_SECOND = "relevance of the first pixel by that of the second"
FROM_GRADIENT = "largest difference from input x gradient, which LRP-0 is"


@case("nn.Flatten", FROM_GRADIENT)
def flatten() -> Finding:
    """It has a list of modules with a rule, which leaves out this one; operations count here, not modules."""
    return refused(drawn(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Flatten(), nn.Linear(4, 2))), draws(3, 4))


@case("nn.Conv1d", FROM_GRADIENT)
def convolution() -> Finding:
    """As above."""
    layers = nn.Unflatten(1, (1, 4)), nn.Conv1d(1, 2, 2), nn.ReLU(), nn.Flatten(), nn.Linear(6, 2)
    return refused(drawn(nn.Sequential(*layers)), draws(3, 4))


@case("nn.BatchNorm1d", FROM_GRADIENT)
def batch_norm() -> Finding:
    """As above; BatchNorm is part of the layer next to it here."""
    return refused(drawn(nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))), draws(3, 4))


@case("nn.GELU, nn.LayerNorm, nn.Sigmoid", "what is raised")
def without_rule() -> Finding:
    """Neither has a rule for them; both refuse by name, whybench in a way that a board shows as unsupported."""
    nets = [
        drawn(nn.Sequential(nn.Linear(4, 4), layer, nn.Linear(4, 2)))
        for layer in (nn.GELU(), nn.LayerNorm(4), nn.Sigmoid())
    ]
    theirs = {said(lambda net=net: LRP(net).attribute(draws(3, 4), target=0)) for net in nets}
    ours = {said(lambda net=net: ZERO.attribute(net, draws(3, 4), 0)) for net in nets}
    return Finding(" ".join(theirs), " ".join(ours), "Unsupported")


@case("gelu as a function between linear layers", "sum of the relevance, where no rule is known for gelu")
def functional_gelu() -> Finding:
    """Only modules are looked at, so the derivative of gelu takes part in the product without a word; whybench sees
    the call and refuses it by name."""
    net, x = Between(dense([1.0]), F.gelu, dense([1.0])), row(1.0)
    ours = said(lambda: ZERO.attribute(net, x, 0))
    return Finding(LRP(net).attribute(x, target=0).sum().item(), ours, "Unsupported")


@case("a network without Sigmoid, after one with it was refused that shares its layers", FROM_GRADIENT)
def after_a_refusal() -> Finding:
    """The refusal leaves `rule = None` behind on modules, on which the next call trips; whybench writes nothing to
    modules, also when it refuses."""
    body = drawn(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2)))
    whole, x = nn.Sequential(*body, nn.Sigmoid()), draws(3, 4)
    said(lambda: LRP(whole).attribute(x, target=0))
    said(lambda: ZERO.attribute(whole, x, 0))
    return refused(body, x)


@case("Alpha1_Beta0_Rule, weights (-1, 1), pixels (-1, 2): contributions 1 and 2", FIRST_BY_SECOND)
def signed_inputs() -> Finding:
    """It clamps weights, which is z+ only where no input is negative; the sign of the product decides."""
    net, x = Line(-1.0, 1.0), pixels(-1.0, 2.0)
    first, second = by_rule(net, lrp_rules.Alpha1_Beta0_Rule(), x).tolist()
    own, other = Z_PLUS.attribute(net, x, 0).flatten().tolist()
    return Finding(first / second, own / other, 0.5)


@case("GammaRule(0.25), the same", FIRST_BY_SECOND)
def signed_gamma() -> Finding:
    """As above: gamma belongs to contributions that have the sign of the sum."""
    net, x = Line(-1.0, 1.0), pixels(-1.0, 2.0)
    first, second = by_rule(net, lrp_rules.GammaRule(0.25), x).tolist()
    own, other = Lrp(Composite(convolution=Gamma(0.25))).attribute(net, x, 0).flatten().tolist()
    return Finding(first / second, own / other, 0.5)


@case("convolution (1, -1), then BatchNorm by -1, z+, pixels (1, 2)", "relevance of the first pixel")
def canonisation() -> Finding:
    """There is no canonisation, so z+ takes the weights as they are before BatchNorm turns their signs; whybench folds
    BatchNorm into the layer next to it."""
    norm = nn.BatchNorm2d(1, eps=0.0).double().eval()
    norm.weight.data.fill_(-1.0)
    net, x = Line(1.0, -1.0, then=norm), pixels(1.0, 2.0)
    theirs = by_rule(net, lrp_rules.Alpha1_Beta0_Rule(), x)[0].item()
    return Finding(theirs, Z_PLUS.attribute(net, x, 0).flatten()[0].item(), 0.0)


@case("the rules that there are", "how many of zB, w2 and flat for first layers, and alpha-beta with beta > 0")
def rules() -> Finding:
    """Those are missing, and so are composites."""
    names = {name.lower().replace("_", "").removesuffix("rule") for name in vars(lrp_rules)}
    wanted = {"zb", "wsquare", "flat", "alphabeta"}
    return Finding(float(len(wanted & names)), float(len(wanted & {rule.__name__.lower() for rule in RULES})), 4.0)


@case("one linear layer and f(x) = 3", "sum of the relevance, which is f(x)")
def docstring() -> Finding:
    """The documentation says that relevance sums to 1 and must be multiplied by the output; the code has done so."""
    net, x = nn.Sequential(dense([1.0, 1.0])), row(1.0, 2.0)
    return Finding(LRP(net).attribute(x, target=0).sum().item(), ZERO.attribute(net, x, 0).sum().item(), 3.0)


@case("a model that is itself a linear layer, weights (2, -3), columns (1, 2)", "relevance of the first column")
def bare_layer() -> Finding:
    """Only a model's children are given rules, so that one without any gets its gradient times the output."""
    net, x = dense([2.0, -3.0]), row(1.0, 2.0)
    return Finding(LRP(net).attribute(x, target=0)[0, 0].item(), ZERO.attribute(net, x, 0)[0, 0].item(), 2.0)


@case("a linear layer that runs twice", FROM_GRADIENT)
def reused() -> Finding:
    """What a layer read is kept once a module; here it is kept once a call."""
    return refused(drawn(Reused()), draws(3, 4))
