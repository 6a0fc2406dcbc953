"""LRP beside zennit, where that is installed (`tox -e zennit`): equal where definitions agree, else who is right."""

import importlib.util
import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from whybench.checking import check
from whybench.methods.attribution import InputXGradient, Lrp
from whybench.methods.attribution.lrp import ZB, Composite, Epsilon, Gamma, WSquare, ZPlus

if importlib.util.find_spec("zennit") is None:
    pytest.skip("zennit is not installed", allow_module_level=True)


def stand_in(package: str, **classes: str) -> None:
    """An empty package with the classes that zennit names when it is imported; it makes none of them here."""
    sys.modules[package], models = ModuleType(package), ModuleType(f"{package}.models")
    sys.modules[models.__name__] = models
    for name, members in classes.items():
        module = ModuleType(f"{models.__name__}.{name}")
        for member in members.split():
            setattr(module, member, type(member, (), {}))
        sys.modules[module.__name__] = module


if importlib.util.find_spec("torchvision") is None:
    stand_in("torchvision", resnet="Bottleneck BasicBlock", vgg="VGG")

import zennit.composites  # noqa: E402
import zennit.rules  # noqa: E402
from zennit.attribution import Gradient  # noqa: E402
from zennit.canonizers import SequentialMergeBatchNorm  # noqa: E402

LOW, HIGH = -3.0, 3.0
TARGETS = torch.tensor([0, 2, 1])


def network(norm: bool = True) -> nn.Sequential:
    """conv -> BN -> ReLU -> overlapping max pool -> grouped conv -> ReLU -> average pool -> two linear layers."""
    net = nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1),
        nn.BatchNorm2d(4) if norm else nn.Identity(),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, 1),
        nn.Conv2d(4, 6, 3, padding=1, groups=2),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(12, 5),
        nn.ReLU(),
        nn.Linear(5, 3),
    ).double()
    draw = torch.Generator().manual_seed(0)
    for parameter in net.parameters():
        fan = parameter[0].numel() if parameter.ndim > 1 else 1
        parameter.data = torch.randn(parameter.shape, generator=draw, dtype=torch.float64) / fan**0.5
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var = torch.rand(4, generator=draw, dtype=torch.float64) + 0.2
            module.eps = 0.0  # zennit leaves it in the merged BatchNorm, where it changes the output
    return net.eval()


@pytest.fixture
def x() -> Tensor:
    values = torch.randn(3, 2, 8, 6, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    return values.clamp(LOW, HIGH)


def by_zennit(net: nn.Module, x: Tensor, composite: Any, start: Callable[[Tensor], Tensor] | None = None) -> Tensor:
    def logit(outputs: Tensor) -> Tensor:
        return torch.zeros_like(outputs).scatter(1, TARGETS[:, None], outputs.gather(1, TARGETS[:, None]))

    with Gradient(net, composite) as attributor:
        _, relevance = attributor(x, start or logit)
    return relevance.detach()


COMPOSITES: dict[str, Callable[[list[object]], object]] = {
    "epsilon_plus": lambda merge: zennit.composites.EpsilonPlus(canonizers=merge),
    "epsilon_alpha2_beta1_flat": lambda merge: zennit.composites.EpsilonAlpha2Beta1Flat(canonizers=merge),
    "epsilon_gamma_box": lambda merge: zennit.composites.EpsilonGammaBox(
        low=torch.full((1, 2, 8, 6), LOW).double(), high=torch.full((1, 2, 8, 6), HIGH).double(), canonizers=merge
    ),
}


@pytest.mark.parametrize("name", COMPOSITES)
def test_named_composites(name: str, x: Tensor) -> None:
    ours = Lrp(name, low=LOW, high=HIGH).attribute(network(), x, TARGETS)
    theirs = by_zennit(network(), x, COMPOSITES[name]([SequentialMergeBatchNorm()]))
    torch.testing.assert_close(ours, theirs, atol=1e-9 * float(ours.abs().max()), rtol=1e-9)


def test_rules_by_name(x: Tensor) -> None:
    theirs = zennit.composites.NameMapComposite(
        [
            (["0"], zennit.rules.WSquare(zero_params=["bias"])),  # a squared bias counts there else
            (["4"], zennit.rules.Gamma(0.5)),
            (["6"], zennit.rules.Norm()),
            (["8"], zennit.rules.ZPlus()),
            (["10"], zennit.rules.Epsilon(0.01)),
        ]
    )
    ours = Composite(layers={"0": WSquare(), "4": Gamma(0.5), "8": ZPlus(), "10": Epsilon(0.01)})
    found = Lrp(ours).attribute(network(norm=False), x, TARGETS)
    torch.testing.assert_close(found, by_zennit(network(norm=False), x, theirs), atol=1e-9, rtol=1e-9)


def test_box_rule_of_one_s_own(x: Tensor) -> None:
    ours = Composite(convolution=Gamma(), first_convolution=ZB(LOW, (HIGH, HIGH)))
    found = Lrp(ours).attribute(network(), x, TARGETS)
    theirs = by_zennit(network(), x, COMPOSITES["epsilon_gamma_box"]([SequentialMergeBatchNorm()]))
    torch.testing.assert_close(found, theirs, atol=1e-9 * float(found.abs().max()), rtol=1e-9)


def test_contrast(x: Tensor) -> None:
    """Their start is whatever the caller writes."""

    def others(outputs: Tensor) -> Tensor:
        own = outputs.gather(1, TARGETS[:, None])
        return (-own / 2).expand_as(outputs).scatter(1, TARGETS[:, None], own)

    ours = Lrp(contrast="others").attribute(network(), x, TARGETS)
    theirs = by_zennit(network(), x, COMPOSITES["epsilon_plus"]([SequentialMergeBatchNorm()]), others)
    torch.testing.assert_close(ours, theirs, atol=1e-9, rtol=1e-9)


def test_a_linear_layer_used_twice_is_wrong_there() -> None:
    """The right map is known: with a small epsilon, input x gradient."""

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.shared, self.relu, self.top = nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.top(self.relu(self.shared(self.relu(self.shared(x)))))

    torch.manual_seed(0)
    net, x = Twice().double(), torch.randn(3, 4, dtype=torch.float64)
    expected = InputXGradient().attribute(net, x, TARGETS)
    ours = Lrp("epsilon", epsilon=1e-13).attribute(net, x, TARGETS)
    torch.testing.assert_close(ours, expected, atol=1e-10, rtol=0)
    epsilon = zennit.rules.Epsilon(1e-13)
    theirs = by_zennit(net, x, zennit.composites.LayerMapComposite([(nn.Linear, epsilon)]))
    assert (theirs - expected).abs().max() > 0.01


def test_pre_activation_is_not_merged_there(x: Tensor) -> None:
    """BN -> ReLU -> conv: theirs passes relevance on at BatchNorm, which is not input x gradient."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.MaxPool2d(2), nn.BatchNorm2d(3), nn.ReLU(), nn.Conv2d(3, 4, 2))
    net = nn.Sequential(*net, nn.Flatten(), nn.Linear(8, 3)).double().eval()
    net[2].bias.data = torch.tensor([1.0, -0.5, 0.7], dtype=torch.float64)
    net[2].running_mean = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)
    expected = InputXGradient().attribute(net, x, TARGETS)
    ours = Lrp("epsilon", epsilon=1e-13).attribute(net, x, TARGETS)
    torch.testing.assert_close(ours, expected, atol=1e-10, rtol=0)
    layers = [((nn.Conv2d, nn.Linear), zennit.rules.Epsilon(1e-13)), (nn.BatchNorm2d, zennit.rules.Pass())]
    theirs = by_zennit(net, x, zennit.composites.LayerMapComposite(layers, canonizers=[SequentialMergeBatchNorm()]))
    assert (theirs - expected).abs().max() > 0.5 * expected.abs().max()


@pytest.mark.parametrize(
    "thing",
    [
        zennit.composites.EpsilonPlus,
        zennit.composites.EpsilonPlus(canonizers=[SequentialMergeBatchNorm()]),
        Gradient,
        partial(Gradient, composite=zennit.composites.EpsilonPlus()),
    ],
    ids=["class", "composite", "attributor", "attributor of a composite"],
)
def test_check_takes_what_is_zennits_as_it_is(thing: Any) -> None:
    report = check(thing, only=("C1", "C6", "C24"))
    assert report.refused == ()
    assert report.verdicts() == {"C1": "passed", "C6": "passed", "C24": "passed" if thing is Gradient else "failed"}
