"""completeness: the relative error of a claimed sum, by what each method claims."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import ImageDomain
from whybench.errors import Unsupported
from whybench.meter import Meter
from whybench.methods.attribution import (
    DeepShap,
    ExpectedGradients,
    GradCam,
    Gradient,
    InputXGradient,
    IntegratedGradients,
    KernelShap,
)
from whybench.metrics.attribution.completeness import Completeness
from whybench.protocols import AttributionMethod, Case, Model, Query, Training


@dataclass(frozen=True)
class Scaled(AttributionMethod):
    """Input x gradient times a factor, which claims to sum to f(x)."""

    name: ClassVar[str] = "scaled"
    reference: ClassVar[str] = ""
    complete: ClassVar[str | None] = "f(x)"

    factor: float = 1.0

    def relevance(self, query: Query) -> Tensor:
        return self.factor * query.inputs * query.gradient(query.inputs, torch.arange(len(query)))


@dataclass(frozen=True)
class Strange(Scaled):
    """Claims something that is known to nobody else."""

    name: ClassVar[str] = "strange"
    complete: ClassVar[str | None] = "f(x) / 2"


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


INPUTS = draw(4, 2, 3, 3)


def network(bias: bool = True, linear: bool = False) -> nn.Module:
    middle: list[nn.Module] = [nn.Identity()] if linear else [nn.Tanh()]
    net = nn.Sequential(nn.Flatten(), nn.Linear(18, 5, bias=bias), *middle, nn.Linear(5, 3, bias=bias)).double()
    for k, parameter in enumerate(net.parameters()):
        parameter.data.copy_(draw(*parameter.shape, seed=k + 1) / 2)
    return net.eval()


def case(method: AttributionMethod, net: nn.Module | None = None, inputs: Tensor = INPUTS, **facts: Any) -> Case[Any]:
    model = Model("net", net or network(), ImageDomain(low=-3.0, high=3.0, **facts))
    model = Model("net", model.module, model.domain, training=Training(draw(6, 2, 3, 3, seed=9), torch.zeros(6)))
    ids = tuple(f"s{float(x.sum()):.9f}" for x in inputs)
    return open_case(method, model, inputs, torch.arange(len(inputs)) % 3, ids=ids, seed=1)


def slow(opened: Case[Any], reference: Tensor) -> list[float]:
    """From the definition, one sample at a time; `reference`: the inputs whose mean output the sum starts from."""
    out = []
    for i, target in enumerate(opened.targets.tolist()):
        start = opened.model.module(reference[i] if reference.ndim == 5 else reference)[:, target].mean()
        change = float((opened.model.module(opened.inputs[i : i + 1])[0, target] - start).detach())
        out.append(abs(float(opened.explanation.relevance[i].sum()) - change) / abs(change))
    return out


def test_integrated_gradients_against_the_definition_at_few_steps() -> None:
    opened = case(IntegratedGradients(steps=2), baseline=0.4)
    found = Completeness().score(opened).values.tolist()
    assert found == pytest.approx(slow(opened, torch.full((1, 2, 3, 3), 0.4, dtype=torch.float64)), rel=1e-9)
    assert min(found) > 1e-6


def test_more_steps_close_the_gap() -> None:
    worst = [float(Completeness().score(case(IntegratedGradients(steps=k))).values.max()) for k in (1, 4, 64)]
    assert worst[0] > worst[1] > worst[2]
    assert worst[2] < 1e-12


@pytest.mark.parametrize("infill", ["mean", "uniform", "lowest"])
def test_the_baseline_is_the_method_s_own(infill: str) -> None:
    opened = case(IntegratedGradients(steps=64, baseline=infill), mean=0.2)
    assert float(Completeness().score(opened).values.max()) < 1e-8  # 64 points of the quadrature


def test_kernel_shap_and_deep_shap_meet_what_they_claim() -> None:
    assert float(Completeness().score(case(KernelShap(samples=600))).values.max()) < 1e-9
    opened = case(DeepShap(background=4))
    assert float(Completeness().score(opened).values.max()) < 1e-9
    background = opened.model.training.background(4, opened.streams)  # type: ignore[union-attr]
    assert Completeness().score(opened).values.tolist() == pytest.approx(slow(opened, background), abs=1e-9)


def test_a_claim_in_expectation_is_measured_from_the_whole_training_data() -> None:
    opened = case(ExpectedGradients(samples=30))
    training = opened.model.training.inputs  # type: ignore[union-attr]
    found = Completeness().score(opened).values.tolist()
    assert found == pytest.approx(slow(opened, training), rel=1e-9)
    assert min(found) > 1e-3


@pytest.mark.parametrize("method", [Gradient(), GradCam(), InputXGradient()], ids=lambda m: m.name)
def test_methods_that_claim_nothing_are_unsupported_rather_than_zero(method: AttributionMethod) -> None:
    net = nn.Sequential(nn.Conv2d(2, 3, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten()).double()
    with pytest.raises(Unsupported, match=f"{method.name} claims no sum"):
        Completeness().score(case(method, net))


def test_a_claim_that_nobody_knows_is_named() -> None:
    with pytest.raises(Unsupported, match=r"strange claims the sum 'f\(x\) / 2'"):
        Completeness().score(case(Strange()))


@pytest.mark.parametrize("factor", [0.0, 0.5, 1.0, 3.0, -1.0])
def test_the_relative_error_of_a_scaled_map_is_known(factor: float) -> None:
    """Gradient x input on a bias-free linear net sums to f(x): exact equality of floats, or a map that was divided
    by its largest value, would call that incomplete."""
    found = Completeness().score(case(Scaled(factor), network(bias=False, linear=True))).values.tolist()
    assert found == pytest.approx([abs(factor - 1)] * 4, abs=1e-13)


def test_a_sample_whose_output_did_not_change_is_undefined() -> None:
    inputs = INPUTS.clone()
    inputs[2] = 0
    found = Completeness().score(case(IntegratedGradients(steps=3), inputs=inputs))
    assert found.undefined == {2: "the output is the same as at the reference"}
    assert found.details["absolute_error"][2] == 0


def test_batches_do_not_matter() -> None:
    whole = Completeness().score(case(IntegratedGradients(steps=2))).values
    for order in ([2], [3, 0]):
        opened = case(IntegratedGradients(steps=2), inputs=INPUTS[order])
        opened = open_case(
            IntegratedGradients(steps=2), opened.model, INPUTS[order], torch.tensor(order) % 3, ids=opened.ids, rows=1
        )
        assert Completeness().score(opened).values.tolist() == pytest.approx(whole[order].tolist(), abs=1e-12)


def test_two_passes_a_sample_and_none_for_the_next_metric() -> None:
    opened, meter = case(IntegratedGradients(steps=2)), Meter()
    with meter.watching(opened.model.module):
        Completeness().score(opened)
        assert (meter.forward, meter.backward) == (8, 0)
        Completeness().score(opened)
    assert meter.forward == 8
