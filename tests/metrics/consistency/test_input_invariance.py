"""Invariance under a constant shift: what theory says of each method, exactly."""

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import (
    DeconvNet,
    GradCam,
    Gradient,
    GuidedBackprop,
    InputXGradient,
    IntegratedGradients,
    Lrp,
    Occlusion,
    SmoothGrad,
)
from whybench.metrics.attribution import InputInvariance
from whybench.metrics.attribution.input_invariance import shifted
from whybench.protocols import AttributionMethod, Case, Model, Query
from whybench.protocols.asking import domain_of, sample_ids
from whybench.streams import Streams


def convnet() -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    module = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(90, 3)).double()
    for parameter in module.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 2
    return module.eval()


def images() -> Tensor:
    return torch.randn(4, 2, 6, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def table() -> Tensor:
    return torch.randn(4, 3, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def case_of(
    method: AttributionMethod, module: nn.Module, inputs: Tensor, keep: Any = None, rows: int = 64
) -> Case[Any]:
    chosen = list(range(len(inputs))) if keep is None else keep
    domain = domain_of(inputs, bounds=(-4.0, 4.0))
    model = Model("net", module, domain, layers={"cam": "0"})
    ids = tuple(sample_ids(len(inputs))[i] for i in chosen)
    targets = torch.tensor([0, 1, 0, 1])[chosen]
    return open_case(method, model, inputs[chosen], targets, ids=ids, rows=rows)


@pytest.mark.parametrize(
    "method",
    [Gradient(), SmoothGrad(samples=5), GuidedBackprop(), DeconvNet(), GradCam(), GradCam(layer="0")],
    ids=["gradient", "smooth_grad", "guided_backprop", "deconvnet", "grad_cam", "grad_cam(layer)"],
)
@pytest.mark.parametrize("shift", [1.0, -3.5])
def test_gradients_and_activations_are_invariant(method: AttributionMethod, shift: float) -> None:
    scores = InputInvariance(shift).score(case_of(method, convnet(), images()))
    torch.testing.assert_close(scores.values, torch.zeros(4, dtype=torch.float64), rtol=0, atol=1e-12)


@pytest.mark.parametrize("make", [convnet, lambda: nn.Linear(3, 2, dtype=torch.float64)], ids=["images", "table"])
def test_input_x_gradient_differs_by_the_shift_times_the_gradient(make: Any) -> None:
    module = make()
    inputs = images() if isinstance(module, nn.Sequential) else table()
    case = case_of(InputXGradient(), module, inputs)
    gradient = Gradient().attribute(module, inputs, case.targets)
    expected = (2.5 * gradient).flatten(1).abs().amax(1) / (inputs * gradient).flatten(1).abs().amax(1)
    torch.testing.assert_close(InputInvariance(2.5).score(case).values, expected, rtol=0, atol=1e-12)


def test_integrated_gradients_are_invariant_only_if_the_baseline_moves() -> None:
    linear = nn.Linear(3, 2, dtype=torch.float64)
    case = case_of(IntegratedGradients(steps=4), linear, table())
    gradient = linear.weight.detach()[case.targets]
    expected = gradient.abs().amax(1) / (gradient * case.inputs).abs().amax(1)
    torch.testing.assert_close(InputInvariance().score(case).values, expected, rtol=0, atol=1e-12)
    curved = case_of(IntegratedGradients(), convnet(), images())
    assert (InputInvariance().score(curved).values > 0.1).all()
    moved = InputInvariance(baseline="shifted").score(curved).values
    torch.testing.assert_close(moved, torch.zeros(4, dtype=torch.float64), rtol=0, atol=1e-12)


def test_occlusion_is_invariant_only_if_the_baseline_moves() -> None:
    case = case_of(Occlusion(), convnet(), images())
    assert (InputInvariance().score(case).values > 0.1).all()
    moved = InputInvariance(baseline="shifted").score(case).values
    torch.testing.assert_close(moved, torch.zeros(4, dtype=torch.float64), rtol=0, atol=1e-12)


def test_lrp_answers_as_on_the_network_with_the_shift_in_its_bias() -> None:
    net = nn.Sequential(nn.Linear(3, 6), nn.ReLU(), nn.Linear(6, 2)).double()
    folded = deepcopy(net)
    with torch.no_grad():
        folded[0].bias.sub_(1.5 * folded[0].weight.sum(1))
    method = Lrp(composite="epsilon")
    case = case_of(method, net, table())
    before = method.attribute(net, table(), case.targets)
    after = method.attribute(folded, table() + 1.5, case.targets)
    expected = (after - before).abs().amax(1) / before.abs().amax(1)
    torch.testing.assert_close(InputInvariance(1.5).score(case).values, expected, rtol=0, atol=1e-12)
    assert (expected > 0.1).all()


def test_every_element_is_shifted_the_first_one_too() -> None:
    linear = nn.Linear(3, 2, bias=False, dtype=torch.float64)
    with torch.no_grad():
        linear.weight.copy_(torch.tensor([[2.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]))
    scores = InputInvariance().score(case_of(InputXGradient(), linear, table()))
    torch.testing.assert_close(scores.values, 1 / table()[:, 0].abs(), rtol=0, atol=1e-12)


@dataclass(frozen=True)
class Spy(AttributionMethod):
    """The input; keeps what it was asked."""

    name: ClassVar[str] = "spy"
    reference: ClassVar[str] = ""
    asked: ClassVar[list[Query]] = []

    def relevance(self, query: Query) -> Tensor:
        self.asked.append(query)
        return query.inputs


def test_a_module_whose_own_hooks_would_come_before_the_shift_is_refused() -> None:
    module = nn.Linear(3, 2, dtype=torch.float64)
    module.register_forward_pre_hook(lambda _, inputs: (inputs[0].relu(),))
    with pytest.raises(Unsupported, match="own pre-hooks"):
        shifted(module, 2.0)


def test_a_method_that_hooks_and_copies_the_module_sees_the_shift() -> None:
    twin = deepcopy(shifted(nn.Linear(3, 2, dtype=torch.float64), 2.0))
    doubling = twin.register_forward_pre_hook(lambda _, pair: (torch.cat(pair[0]),))
    expected = nn.functional.linear(torch.cat([table(), table()]) - 2.0, twin.weight, twin.bias)
    torch.testing.assert_close(twin((table(), table())), expected, rtol=0, atol=0)
    doubling.remove()


def test_the_shifted_question() -> None:
    Spy.asked.clear()
    module = convnet().train()
    module[1].eval()
    case = case_of(Spy(), module, images())
    scores = InputInvariance(0.5).score(case)
    first, second = Spy.asked
    assert torch.equal(second.inputs, images() + 0.5)
    torch.testing.assert_close(second.model.module(second.inputs), module(first.inputs), rtol=0, atol=1e-12)
    assert (second.domain.low, second.domain.high, second.domain.baseline) == (-3.5, 4.5, 0.0)
    assert torch.equal(torch.as_tensor(second.domain.mean), torch.as_tensor(case.domain.mean) + 0.5)
    assert [*second.model.module.named_parameters()] == [*module.named_parameters()]
    assert not module._forward_pre_hooks
    assert [m.training for m in module] == [True, False, True, True]
    expected = 0.5 / images().flatten(1).abs().amax(1)
    torch.testing.assert_close(scores.values, expected, rtol=0, atol=1e-12)


def test_rounding_is_told_and_absent_for_coarse_pixels() -> None:
    coarse = (torch.arange(4 * 60) % 256).view(4, 2, 6, 5).double() / 128 - 1
    assert InputInvariance().score(case_of(Gradient(), convnet(), coarse)).details["rounding"].tolist() == [0.0] * 4
    scores = InputInvariance(1e6).score(case_of(Gradient(), convnet(), images()))
    assert (scores.details["rounding"] > 1e-12).all()


def test_a_zero_map_is_undefined() -> None:
    inputs = images()
    inputs[2] = 0
    scores = InputInvariance().score(case_of(Spy(), convnet(), inputs))
    assert scores.undefined == {2: "a zero map has no relative change"}
    assert scores.values.isnan().tolist() == [False, False, True, False]


def test_batch_and_order_do_not_matter() -> None:
    for method in (InputXGradient(), SmoothGrad(samples=3)):
        together = InputInvariance().score(case_of(method, convnet(), images())).values
        swapped = InputInvariance().score(case_of(method, convnet(), images(), keep=[2, 0, 3, 1], rows=3)).values
        alone = torch.cat([InputInvariance().score(case_of(method, convnet(), images(), [i])).values for i in range(4)])
        torch.testing.assert_close(swapped, together[[2, 0, 3, 1]], rtol=0, atol=1e-12)
        torch.testing.assert_close(alone, together, rtol=0, atol=1e-12)


def test_bad_parameters() -> None:
    for shift in (0.0, float("nan"), float("inf")):
        with pytest.raises(BadParameter, match="a finite number other than 0 is needed"):
            InputInvariance(shift)
    with pytest.raises(BadParameter, match="baseline='black'; allowed: fixed, shifted"):
        InputInvariance(baseline="black")  # type: ignore[arg-type]


@dataclass(frozen=True)
class Learner(AttributionMethod):
    """Learns how often it has learned."""

    name: ClassVar[str] = "learner"
    reference: ClassVar[str] = ""
    learned: ClassVar[int] = 0

    def prepare(self, model: Model, streams: Streams, rows: int) -> dict[str, Tensor]:
        type(self).learned += 1
        return {"times": torch.tensor(self.learned)}

    def relevance(self, query: Query) -> Tensor:
        return query.prepared["times"] * torch.ones_like(query.inputs)


def test_a_method_learns_of_the_shifted_model_once_for_all_blocks() -> None:
    case = case_of(Learner(), convnet(), images(), rows=2)
    assert InputInvariance().score(case).values.tolist() == [1.0] * 4  # the second lesson against the first
    assert Learner.learned == 2


@pytest.mark.parametrize("method", [Gradient(), InputXGradient(), Occlusion(window=1)])
def test_blocks_of_samples_give_the_scores_of_all_at_once(method: AttributionMethod) -> None:
    together, apart = (InputInvariance().score(case_of(method, convnet(), images(), rows=rows)) for rows in (64, 3))
    assert torch.allclose(apart.values, together.values, rtol=1e-12, atol=1e-15)
    assert torch.equal(apart.details["rounding"], together.details["rounding"])
