"""Rules of one's own: by name, depth and type, against explicit matrices; what names and parameters are refused."""

import dataclasses
from collections.abc import Callable

import lrp_by_definition as definition
import pytest
import torch
import torch.nn.functional as F
from lrp_networks import weighted
from torch import Tensor, nn

from whybench.errors import BadParameter, UnknownName, Unsupported
from whybench.keys import component
from whybench.methods.attribution import Lrp
from whybench.methods.attribution.lrp import (
    ZB,
    AlphaBeta,
    Composite,
    Epsilon,
    Flat,
    Gamma,
    Pass,
    WSquare,
    ZPlus,
)
from whybench.parameters import parameters


class Network(nn.Module):
    """Layers as modules and as functions, in parts and in the network's own forward pass."""

    def __init__(self, functional: bool = False) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Conv2d(3, 2, 3))
        self.middle = nn.Linear(8, 8)
        self.top = nn.Linear(8, 3)
        self.functional = functional

    def forward(self, x: Tensor) -> Tensor:
        h = F.relu(self.features(x)).flatten(1)
        if self.functional:
            return F.linear(F.relu(F.linear(h, self.middle.weight, self.middle.bias)), self.top.weight, self.top.bias)
        return self.top(F.relu(self.middle(h)))


BOUNDS = -3.0, 3.0
RULES: dict[str, tuple[object, Callable[..., Tensor]]] = {
    "epsilon": (Epsilon(0.01), lambda a, w, b, r: definition.epsilon_rule(a, w, b, r, 0.01)),
    "gamma": (Gamma(0.5), lambda a, w, b, r: definition.gamma(a, w, b, r, 0.5)),
    "z+": (ZPlus(), definition.z_plus),
    "alpha-beta": (AlphaBeta(2.0, 1.0), definition.alpha2_beta1),
    "zB": (
        ZB(*BOUNDS),
        lambda a, w, b, r: definition.z_box(a, w, r, torch.full_like(a, -3.0), torch.full_like(a, 3.0)),
    ),
    "w2": (WSquare(), lambda a, w, b, r: definition.w_square(a, w, r)),
    "flat": (Flat(), lambda a, w, b, r: definition.flat(a, w, r)),
    "pass": (Pass(), lambda a, w, b, r: r.reshape(a.shape)),
}


def by_definition(net: Network, x: Tensor, rules: dict[str, str]) -> Tensor:
    """The relevance of class 1 for one sample, by one rule a layer."""
    one = net.features[:2](x).detach()
    two = F.relu(net.features(x)).flatten(1).detach()
    three = F.relu(net.middle(two)).detach()
    r = net.top(three).detach() * torch.tensor([[0.0, 1.0, 0.0]])
    for name, read, function in (
        ("top", three, net.top),
        ("middle", two, net.middle),
        ("features.2", one, net.features[2]),
        ("features.0", x, net.features[0]),
    ):
        weight, bias = definition.matrix(function, read)
        r = RULES[rules[name]][1](read, weight.detach(), bias, r)
    return r


@pytest.fixture
def net() -> Network:
    module = weighted(Network())
    assert isinstance(module, Network)
    return module


@pytest.fixture
def x() -> Tensor:
    values = torch.randn(1, 2, 4, 4, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    return values.clamp(*BOUNDS)


EVERYTHING = Composite(
    convolution=Gamma(0.5),
    linear=Epsilon(0.01),
    first_convolution=ZB(*BOUNDS),
    layers={"middle": ZPlus()},
)
CASES = {
    "types": (
        Composite(convolution=Gamma(0.5), linear=Epsilon(0.01)),
        {"features.0": "gamma", "features.2": "gamma", "middle": "epsilon", "top": "epsilon"},
    ),
    "first": (EVERYTHING, {"features.0": "zB", "features.2": "gamma", "middle": "z+", "top": "epsilon"}),
    "names": (
        Composite(linear=Epsilon(0.01), layers={"features": Gamma(0.5), "features.0": Flat(), "middle": Pass()}),
        {"features.0": "flat", "features.2": "gamma", "middle": "pass", "top": "epsilon"},
    ),
    "depths": (
        Composite(linear=Epsilon(0.01), depths={0: WSquare(), range(1, 3): AlphaBeta(2.0, 1.0)}),
        {"features.0": "w2", "features.2": "alpha-beta", "middle": "alpha-beta", "top": "epsilon"},
    ),
    "names before depths before first": (
        Composite(
            convolution=Gamma(0.5),
            linear=Epsilon(0.01),
            first_convolution=Flat(),
            depths={0: WSquare(), 1: ZPlus(), range(0, 9): AlphaBeta()},
            layers={"top": Gamma(0.5)},
        ),
        {"features.0": "w2", "features.2": "z+", "middle": "alpha-beta", "top": "gamma"},
    ),
    "inner input rules": (
        Composite(linear=Epsilon(0.01), layers={"features.0": ZPlus(), "features.2": Flat(), "middle": WSquare()}),
        {"features.0": "z+", "features.2": "flat", "middle": "w2", "top": "epsilon"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_every_layer_has_the_rule_that_is_named(case: str, net: Network, x: Tensor) -> None:
    composite, rules = CASES[case]
    found = Lrp(composite).attribute(net, x, 1)
    torch.testing.assert_close(found, by_definition(net, x, rules), atol=1e-9, rtol=1e-9)


def test_functional_layers_have_the_name_of_the_module_in_which_they_run(net: Network, x: Tensor) -> None:
    functional = Network(functional=True).double().eval()
    functional.load_state_dict(net.state_dict())
    outer = nn.Sequential(functional)
    rules = {"features.0": "z+", "features.2": "z+", "middle": "gamma", "top": "gamma"}
    found = Lrp(Composite(layers={"0": Gamma(0.5), "0.features": ZPlus()})).attribute(outer, x, 1)
    torch.testing.assert_close(found, by_definition(net, x, rules), atol=1e-9, rtol=1e-9)


def test_depth_is_the_longest_way() -> None:
    class Skip(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two, self.top = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.top(torch.cat([self.two(self.one(x).relu()).relu()], 1) + x)

    net, x = weighted(Skip()), torch.ones(1, 3, dtype=torch.float64)
    by_depth = Lrp(Composite(depths={2: Gamma(0.5), 1: ZPlus(), 0: Flat()})).attribute(net, x, 0)
    by_name = Lrp(Composite(layers={"top": Gamma(0.5), "two": ZPlus(), "one": Flat()})).attribute(net, x, 0)
    assert torch.equal(by_depth, by_name)
    assert not torch.equal(by_name, Lrp("epsilon").attribute(net, x, 0))


def test_w_square_and_flat_take_what_is_merged_from_below() -> None:
    """BatchNorm's factors are part of the weights, and padding beforehand is no input."""
    net = weighted(
        nn.Sequential(
            nn.Conv2d(2, 3, 3),
            nn.ReLU(),
            nn.BatchNorm2d(3),
            nn.ZeroPad2d((1, 0, 0, 1)),
            nn.Conv2d(3, 2, 2),
            nn.Flatten(),
        )
    )
    x = torch.randn(1, 2, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    h = net[:2](x).detach()
    upper = torch.zeros(1, 8, dtype=torch.float64)
    upper[0, 3] = net(x)[0, 3].detach()
    weight, _ = definition.matrix(net[2:5], h)
    for rule, by_hand in ((WSquare(), definition.w_square), (Flat(), definition.flat)):
        middle = by_hand(h, weight.detach(), upper)
        expected = definition.epsilon_rule(x, *definition.matrix(net[0], x), middle).detach()
        found = Lrp(Composite(layers={"4": rule})).attribute(net, x, 3)
        torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("name", ["epsilon_plus", "epsilon_gamma_box", "epsilon_alpha2_beta1_flat", "epsilon"])
def test_named_composites_written_out(name: str, net: Network, x: Tensor) -> None:
    written = {
        "epsilon": Composite(Epsilon(1e-6), Epsilon(1e-6)),
        "epsilon_plus": Composite(convolution=ZPlus(), linear=Epsilon(1e-6)),
        "epsilon_gamma_box": Composite(Gamma(0.25), Epsilon(1e-6), first_convolution=ZB(-3.0, (3.0, 3.0))),
        "epsilon_alpha2_beta1_flat": Composite(AlphaBeta(2.0, 1.0), Epsilon(1e-6), Flat(), Flat()),
    }[name]
    one, other = Lrp(name, low=-3.0, high=3.0).attribute(net, x, 1), Lrp(written).attribute(net, x, 1)
    assert torch.equal(one, other)


def test_unknown_layers_are_named_with_close_matches(net: Network, x: Tensor) -> None:
    with pytest.raises(UnknownName, match=r"unknown layer 'features\.1'. Did you mean features\.2 or features\.0\?"):
        Lrp(Composite(layers={"features.1": Gamma()})).attribute(net, x, 1)
    with pytest.raises(UnknownName, match=r"unknown layer 'midle'. Did you mean middle\? Known: .*features\.0"):
        Lrp(Composite(layers={"midle": Gamma()})).attribute(net, x, 1)


def test_rules_that_cannot_be_are_refused_with_the_layer(net: Network, x: Tensor) -> None:
    with pytest.raises(Unsupported, match=r"Pass on a layer from \(8,\) to \(3,\).*module 'top'"):
        Lrp(Composite(layers={"top": Pass()})).attribute(net, x, 1)
    with pytest.raises(Unsupported, match=r"zB rule needs the bounds.*module 'middle'"):
        Lrp(Composite(layers={"middle": ZB(0.0, 1.0)})).attribute(net, x, 1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Epsilon(-1.0), "Epsilon: epsilon=-1.0; a finite number of at least 0 is needed"),
        (lambda: Gamma(float("inf")), "Gamma: gamma=inf"),
        (lambda: AlphaBeta(2.0, -1.0), "AlphaBeta: beta=-1.0"),
        (lambda: ZB(1.0, 0.0), "every low bound must be below its high one"),
        (lambda: ZB(low=0.0), "give both bounds, or neither"),
        (lambda: Composite(layers={0: Gamma()}), "layers has the key 0; expected names of modules"),
        (lambda: Composite(depths={"features": Gamma()}), "depths has the key 'features'; expected whole numbers"),
        (lambda: Composite(layers=("top", Gamma())), "expected a mapping to rules"),
        (lambda: Composite(convolution=Gamma), "is no rule; write Epsilon(1e-6)"),
        (lambda: Lrp(Composite(lambda layer, relevance: relevance)), "allowed: ZB, AlphaBeta"),
        (lambda: Lrp(Composite(), epsilon=0.1), "write Epsilon(0.1) in it"),
        (lambda: Lrp("gamma"), "allowed: epsilon, epsilon_plus"),
    ],
)
def test_bad_parameters_are_named(make: Callable[[], object], message: str) -> None:
    with pytest.raises(BadParameter) as error:
        make()
    assert message in str(error.value)


def test_a_composite_is_a_value_that_keys_and_boards_show() -> None:
    one, other = Lrp(EVERYTHING), Lrp(dataclasses.replace(EVERYTHING))
    assert one == other
    assert hash(one) == hash(other)
    shown = parameters(one)["composite"]
    assert shown["name"] == "Composite"
    assert shown["convolution"] == {"name": "Gamma", "gamma": 0.5}
    assert shown["layers"] == [["middle", {"name": "ZPlus"}]]
    assert component(one)["parameters"] == component(other)["parameters"]
    assert component(one)["parameters"] != component(Lrp(dataclasses.replace(EVERYTHING, layers={})))["parameters"]
