"""DeepLIFT beside Captum and shap: where they agree, and who is right where they do not.

Numbers of shap are those of shap.DeepExplainer 0.51.0 on the same model, baseline and input.
"""

import warnings
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from captum.attr import DeepLift as CaptumDeepLift
from captum.attr import DeepLiftShap as CaptumDeepLiftShap
from torch import Tensor, nn

from whybench.methods.attribution import DeepLift, DeepShap

pytestmark = pytest.mark.filterwarnings("ignore:Setting forward, backward hooks")


def captum(net: nn.Module, x: Tensor, base: Tensor, targets: Tensor | int) -> Tensor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: Tensor = CaptumDeepLift(net).attribute(x.clone(), base.expand_as(x).clone(), target=targets)
    return found.detach()


def filled(net: nn.Module) -> nn.Module:
    draw = torch.Generator().manual_seed(0)
    for name, value in net.double().state_dict().items():
        if value.is_floating_point():
            noise = torch.randn(value.shape, generator=draw, dtype=torch.float64)
            value.copy_(noise.square() + 0.5 if name.endswith("running_var") else noise / 2)
    return net.eval()


@pytest.mark.parametrize(
    "activation", [nn.ReLU, nn.ELU, nn.LeakyReLU, nn.Sigmoid, nn.Tanh, nn.Softplus], ids=lambda a: a.__name__
)
def test_captum_agrees_on_modules_that_it_has_a_rule_for(activation: Callable[[], nn.Module]) -> None:
    body = [nn.Conv2d(2, 4, 3, padding=1, groups=2), nn.BatchNorm2d(4), activation(), nn.AvgPool2d(2)]
    head = [nn.Conv2d(4, 3, 2), activation(), nn.Flatten(), nn.Linear(6, 4), activation(), nn.Linear(4, 3)]
    net, targets = filled(nn.Sequential(*body, *head)), torch.tensor([0, 2, 1])
    draw = torch.Generator().manual_seed(1)
    x, base = torch.randn(3, 2, 6, 5, generator=draw).double(), torch.randn(2, 6, 5, generator=draw).double()
    found = DeepLift().attribute(net, x, targets, baseline=base)
    torch.testing.assert_close(found, captum(net, x, base, targets), atol=1e-9, rtol=0)


def test_captum_agrees_on_a_max_pool_between_convolutions() -> None:
    layers = [nn.Conv2d(2, 4, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(4, 4, 1), nn.ReLU()]
    net = filled(nn.Sequential(*layers, nn.Flatten(), nn.Linear(24, 3)))
    draw = torch.Generator().manual_seed(1)
    x, base = torch.randn(3, 2, 6, 5, generator=draw).double(), torch.randn(2, 6, 5, generator=draw).double()
    targets = torch.tensor([0, 2, 1])
    found = DeepLift().attribute(net, x, targets, baseline=base)
    alone = torch.cat([captum(net, x[i : i + 1], base, targets[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(found, alone, atol=1e-9, rtol=0)


def small() -> nn.Module:
    layers = [nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 2), nn.Sigmoid(), nn.Linear(2, 1)]
    net = nn.Sequential(*layers).double()
    values = (
        [[1.0, -2.0], [0.5, 1.0], [-1.0, 1.0]],
        [0.0, -0.5, 0.25],
        [[1.0, -1.0, 0.5], [2.0, 0.25, -1.0]],
        [0.1, -0.2],
        [[1.0, -3.0]],
        [0.0],
    )
    for parameter, value in zip(net.parameters(), values, strict=True):
        parameter.data = torch.tensor(value, dtype=torch.float64)
    return net


def test_shap_and_captum_agree_over_a_background() -> None:
    x = torch.tensor([[1.0, 2.0], [-1.0, 0.5]], dtype=torch.float64)
    background = torch.tensor([[0.0, 0.0], [2.0, 1.0], [-1.0, 1.5]], dtype=torch.float64)
    found = DeepShap().attribute(small(), x, training=background)
    by_shap = [[-0.5073722595067323, 0.3847928676070289], [0.8452307849209708, 0.0028966597116317216]]
    torch.testing.assert_close(found, torch.tensor(by_shap, dtype=torch.float64), atol=1e-14, rtol=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        by_captum = CaptumDeepLiftShap(small()).attribute(x, background, target=0).detach()
    torch.testing.assert_close(found, by_captum, atol=1e-14, rtol=0)


class Function(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def series(*layers: nn.Module) -> nn.Module:
    """The layers over a row of columns."""
    return nn.Sequential(nn.Unflatten(1, (1, -1)), *layers, nn.Flatten())


SIGMOID_OF_1 = 0.7310585786300049

CASES = {
    # The maximum grows by 1, from 2 to 3; where it is now, the input has grown by 2.
    "relu, then max pool": (series(nn.ReLU(), nn.MaxPool1d(2)), [3.0, 1.0], [1.0, 2.0], [1.0, 0.0], [2.0, 0.0]),
    # It falls from 2 to 1: that is the work of the value that was largest, and Captum has the wrong sign.
    "relu, then falling max pool": (
        series(nn.ReLU(), nn.MaxPool1d(2)),
        [-1.0, 1.0],
        [2.0, -2.0],
        [-1.0, 0.0],
        [0.0, 1.0],
    ),
    # The largest value rises from -1 to 3 and the output from 0 to 3; Captum takes the change of the former.
    "max pool, then relu": (series(nn.MaxPool1d(2), nn.ReLU()), [3.0, 1.0], [-1.0, -2.0], [3.0, 0.0], [4.0, 0.0]),
    # The middle wins both windows, and each of them grows by 4.
    "overlapping windows": (
        nn.Sequential(series(nn.MaxPool1d(2, 1)), Function(lambda x: x.sum(1, keepdim=True))),
        [1.0, 5.0, 2.0],
        [0.0, 1.0, 0.0],
        [0.0, 8.0, 0.0],
        [0.0, 4.0, 0.0],
    ),
    # One logit moves, so that it has all of sigmoid(1) - sigmoid(0).
    "softmax": (
        nn.Sequential(nn.Softmax(1)),
        [1.0, 0.0],
        [0.0, 0.0],
        [SIGMOID_OF_1 - 0.5, 0.0],
        [0.2271822726253729, 0.0],
    ),
    "functional relu": (Function(lambda x: F.relu(x - 1)), [2.0], [0.0], [1.0], [2.0]),
    "relu6": (nn.Sequential(nn.ReLU6()), [8.0], [-1.0], [6.0], [0.0]),
    "gelu": (nn.GELU(), [2.0], [0.0], [1.9544997361036416], [2.170463602156394]),
    "silu": (nn.SiLU(), [2.0], [-1.0], [2.0305355773257596], [3.2723527463546866]),
    # 3 * 2 - 1 * 1 = 5: the mean over both orders of raising one factor before the other.
    "product": (Function(lambda x: x[:, :1] * x[:, 1:]), [3.0, 2.0], [1.0, 1.0], [3.0, 2.0], [4.0, 3.0]),
    # From -1 to 1 up to eps, of which the gradient, 0 but for eps, sees nothing.
    "layer norm": (
        nn.LayerNorm(2),
        [3.0, 1.0],
        [0.0, 2.0],
        [1.4999925000562495, 0.4999975000187499],
        [1.4999775002577653e-05, 4.999925000859218e-06],
    ),
}
"""net, input, baseline, the right answer, Captum's answer."""


@pytest.mark.parametrize("name", CASES)
def test_captum_is_wrong_where_the_answer_is_known(name: str) -> None:
    net, values, baseline, right, by_captum = CASES[name]
    net = net.double().eval()
    x, base = torch.tensor([values], dtype=torch.float64), torch.tensor(baseline, dtype=torch.float64)
    change = (net(x) - net(base[None]))[0, 0].item()
    found = DeepLift().attribute(net, x, 0, baseline=base)
    torch.testing.assert_close(found, torch.tensor([right], dtype=torch.float64), atol=1e-12, rtol=0)
    assert abs(sum(right) - change) <= 1e-12
    theirs = captum(net, x, base, 0)
    torch.testing.assert_close(theirs, torch.tensor([by_captum], dtype=torch.float64), atol=1e-12, rtol=0)
    assert abs(theirs.sum().item() - change) > 1e-3


BY_SHAP = {
    "relu, then max pool": [1.0, 0.0],
    "relu, then falling max pool": [-1.0, 0.0],
    "overlapping windows": [0.0, 4.0, 0.0],
    "softmax": [SIGMOID_OF_1 - 0.5, 0.0],
    "functional relu": [0.0],
    "gelu": [1.9544997361036416],
    "layer norm": [1.4999775002744187e-05, 4.999925000803707e-06],
}


@pytest.mark.parametrize("name", BY_SHAP)
def test_shap_is_right_but_for_what_it_cannot_see(name: str) -> None:
    """Overlapping windows are counted once, functions and layer normalisation taken for linear."""
    right = torch.tensor(CASES[name][3])
    agrees = (right - torch.tensor(BY_SHAP[name])).abs().max().item() <= 1e-12
    assert agrees == (name not in ("overlapping windows", "functional relu", "layer norm"))


def test_captum_ties_a_softmax_to_the_batch_and_ours_does_not() -> None:
    net, base = nn.Sequential(nn.Softmax(1)), torch.zeros(2, dtype=torch.float64)
    x = torch.tensor([[1.0, 0.0], [5.0, -3.0]], dtype=torch.float64)
    together, alone = captum(net, x, base, 0)[:1], captum(net, x[:1], base, 0)
    assert (together - alone).abs().max() > 0.01
    ours = DeepLift()
    assert torch.equal(ours.attribute(net, x, 0)[:1], ours.attribute(net, x[:1], 0))


def test_captum_refuses_a_reused_module() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.relu(self.relu(x) - 1)  # type: ignore[no-any-return]

    x, base = torch.tensor([[3.0]], dtype=torch.float64), torch.zeros(1, dtype=torch.float64)
    with pytest.raises(RuntimeError, match="required for DeepLift"):
        captum(Twice(), x, base, 0)
    assert DeepLift().attribute(Twice(), x, 0).tolist() == [[2.0]]
