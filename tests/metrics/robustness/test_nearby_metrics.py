"""sensitivity_max, local_lipschitz and the relative stabilities: one set of nearby inputs, one set of maps."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from captum.attr import Saliency
from captum.metrics import sensitivity_max as captum_sensitivity_max
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.errors import BadParameter, Unsupported
from whybench.meter import Meter
from whybench.methods.attribution import Gradient, SmoothGrad
from whybench.metrics.attribution.local_lipschitz import LocalLipschitz
from whybench.metrics.attribution.nearby_inputs import nearby
from whybench.metrics.attribution.relative_input_stability import RelativeInputStability
from whybench.metrics.attribution.relative_output_stability import RelativeOutputStability
from whybench.metrics.attribution.relative_representation_stability import RelativeRepresentationStability
from whybench.metrics.attribution.sensitivity_max import SensitivityMax
from whybench.protocols import AttributionMethod, Case, Metric, Query
from whybench.protocols.asking import wrap
from whybench.streams import Streams

ALL = (SensitivityMax, LocalLipschitz, RelativeInputStability, RelativeOutputStability, RelativeRepresentationStability)
STABLE = ALL[2:]
GRADIENT = Gradient(polarity="contribution")
Row = np.ndarray[Any, Any]


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def network() -> nn.Module:
    net = nn.Sequential(nn.Flatten(), nn.Linear(9, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    for k, parameter in enumerate(net.parameters()):
        parameter.data.copy_(draw(*parameter.shape, seed=k + 1))
    return net.eval()


INPUTS = draw(4, 1, 3, 3)
QUANTUS: dict[type[Any], list[float | None]] = {
    SensitivityMax: [0.27173573106433857, 0.42525228211195476, 0.18846730960817787, 0.25333662039436833],
    LocalLipschitz: [0.7181509798963619, 10.809247035349767, 0.8519056595226363, 0.7510633868627663],
    RelativeInputStability: [4.635250895820521, None, 3.1390876970409534, 3.5495121916484575],
    RelativeOutputStability: [16.957834531138484, None, 5.017971994532271, 58.015850092120516],
    RelativeRepresentationStability: [27.988000752657314, None, 2.066192668984423, 71.90770071613152],
}


@dataclass(frozen=True)
class Counted(AttributionMethod):
    """The gradient, with a list of the batch sizes that it was asked for."""

    name: ClassVar[str] = "counted"
    reference: ClassVar[str] = ""

    asked: list[int] = field(default_factory=list, compare=False)

    def relevance(self, query: Query) -> Tensor:
        self.asked.append(len(query))
        return query.gradient(query.inputs, torch.arange(len(query)))


@dataclass(frozen=True)
class Copy(AttributionMethod):
    """A fixed multiple of the input."""

    name: ClassVar[str] = "copy"
    reference: ClassVar[str] = ""

    factor: float = 1.0

    def relevance(self, query: Query) -> Tensor:
        return self.factor * query.inputs


@dataclass(frozen=True)
class Flat(AttributionMethod):
    """The same value everywhere."""

    name: ClassVar[str] = "flat"
    reference: ClassVar[str] = ""

    value: float = 1.0

    def relevance(self, query: Query) -> Tensor:
        return torch.full_like(query.inputs, self.value)


def case(
    method: AttributionMethod, module: nn.Module | None = None, order: tuple[int, ...] = (0, 1, 2, 3), rows: int = 64
) -> Case[Any]:
    chosen = list(order)
    return open_case(
        method,
        wrap(module or network(), INPUTS),
        INPUTS[chosen],
        torch.tensor([0, 1, 2, 0])[chosen],
        ids=tuple(f"s{i}" for i in chosen),
        seed=7,
        rows=rows,
    )


def slow(metric: Any, opened: Case[Any]) -> list[float]:
    """Sample by sample and draw by draw, in NumPy, from the definitions."""
    net, method, found = opened.model.module, opened.method, []
    assert isinstance(method, AttributionMethod)
    for i, name in enumerate(opened.ids):
        x = opened.inputs[i : i + 1]

        def explained(z: Tensor, target: int = int(opened.targets[i])) -> Row:
            return method.attribute(net, z, target).numpy().ravel()  # one channel: joined as it is

        def said(z: Tensor) -> Row:
            return net(z).detach().numpy().ravel()

        def hidden(z: Tensor) -> Row:
            return net[:3](z).detach().numpy().ravel()  # type: ignore[index]

        ratios = []
        for k in range(metric.draws):
            noise = opened.streams.uniform("nearby", name, k, tuple(x.shape[1:]))
            z = x + metric.radius * (2 * noise - 1)
            change, size = explained(z) - explained(x), np.linalg.norm(explained(x))
            relative = np.linalg.norm(change / explained(x))
            if isinstance(metric, SensitivityMax):
                ratios.append(np.linalg.norm(change) / size)
            elif isinstance(metric, LocalLipschitz):
                ratios.append(np.linalg.norm(change) / size / np.linalg.norm((z - x).numpy()))
            elif said(z).argmax() == said(x).argmax():
                if isinstance(metric, RelativeInputStability):
                    below = ((z - x) / x).numpy().ravel()
                elif isinstance(metric, RelativeOutputStability):
                    below = said(z) - said(x)
                else:
                    below = (hidden(z) - hidden(x)) / hidden(x)
                ratios.append(relative / np.linalg.norm(below))
        found.append(float(max(ratios)))
    return found


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
@pytest.mark.parametrize("radius", [0.02, 0.5])
def test_the_definition(metric: type[Any], radius: float) -> None:
    asked = metric(draws=4, radius=radius)
    opened = case(GRADIENT)
    assert asked.score(opened).values.tolist() == pytest.approx(slow(asked, opened), rel=1e-9)


def test_captum_with_the_same_perturbations() -> None:
    opened = case(GRADIENT)
    moved = torch.stack([nearby(opened, k, 0.1) for k in range(5)], 1).flatten(0, 1)
    found = captum_sensitivity_max(
        lambda inputs, target: Saliency(network()).attribute(inputs, target, abs=False),
        INPUTS,
        perturb_func=lambda inputs: moved,
        n_perturb_samples=5,
        target=opened.targets,
    )
    assert SensitivityMax(draws=5, radius=0.1).score(opened).values.tolist() == pytest.approx(found.tolist(), abs=1e-9)


@pytest.mark.parametrize(("metric", "expected"), list(QUANTUS.items()), ids=lambda v: getattr(v, "name", ""))
def test_quantus_with_the_same_perturbations(
    metric: type[Any], expected: list[float | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What Quantus 0.6.0 gives without normalisation, for the same network, maps and ten nearby inputs.

    Those were drawn by torch. It gives NaN for a whole sample where a single draw changes the class; here the other
    draws are still judged.
    """

    def by_torch(self: Streams, role: str, draws: list[tuple[str, int]], shape: tuple[int, ...]) -> Tensor:
        generators = [self.generator(role, *named) for named in draws]
        return torch.stack([torch.rand(shape, generator=each, dtype=torch.float64) for each in generators])

    monkeypatch.setattr(Streams, "uniforms", by_torch)
    found = metric(draws=10, radius=0.1).score(case(GRADIENT))
    values = found.details["plain"] if metric is LocalLipschitz else found.values
    for value, judged, other in zip(values.tolist(), found.details["judged"].tolist(), expected, strict=True):
        assert (judged < 1) == (other is None)
        assert other is None or value == pytest.approx(other, rel=1e-6)


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
def test_the_gradient_of_a_linear_model_does_not_move(metric: type[Any]) -> None:
    linear = nn.Sequential(nn.Flatten(), nn.Linear(9, 3)).double()
    assert metric(radius=0.3).score(case(GRADIENT, linear)).values.tolist() == [0.0] * 4


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
def test_a_constant_map_wins_and_is_called_trivial(metric: type[Any]) -> None:
    flat, better = metric().score(case(Flat())).values, metric().score(case(GRADIENT)).values
    assert flat.tolist() == [0.0] * 4
    assert (better > 0).all()
    assert metric.trivial
    assert not metric().higher_is_better


def test_closed_forms_of_a_map_that_is_the_input() -> None:
    """R(x) = c x: the plain Lipschitz constant is c, relative to |R| it is 1 / |x|, relative input stability is 1."""
    opened = case(Copy(-3.0))
    lipschitz = LocalLipschitz(radius=0.1).score(opened)
    assert lipschitz.details["plain"].tolist() == pytest.approx([3.0] * 4, rel=1e-12)
    assert lipschitz.values.tolist() == pytest.approx((1 / INPUTS.flatten(1).norm(dim=1)).tolist(), rel=1e-12)
    assert RelativeInputStability(radius=0.1).score(opened).values.tolist() == pytest.approx([1.0] * 4, rel=1e-12)


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
@pytest.mark.parametrize("factor", [-1.0, 1e-9, 1e9])
def test_the_scale_of_a_map_does_not_matter(metric: type[Any], factor: float) -> None:
    """Dividing by the size of the input instead of the map, or adding a constant to the size, fails here."""
    expected = metric().score(case(Copy())).values.tolist()
    assert metric().score(case(Copy(factor))).values.tolist() == pytest.approx(expected, rel=1e-9)


def test_more_draws_and_farther_ones_only_raise_sensitivity() -> None:
    opened = case(GRADIENT)
    few, many = (SensitivityMax(draws=k).score(opened).values for k in (3, 12))
    assert (many >= few - 1e-12).all()  # batches of other sizes round differently
    assert (SensitivityMax(draws=3, radius=0.2).score(opened).values > few).all()


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
@pytest.mark.parametrize("method", [GRADIENT, SmoothGrad(samples=3)], ids=lambda m: m.name)
def test_batches_do_not_matter(metric: type[Any], method: AttributionMethod) -> None:
    """Draws of a global generator make the values depend on batches even at a fixed seed."""
    net = network()
    whole = metric(draws=3).score(case(method, net)).values
    state = torch.get_rng_state()
    for order in ((2,), (3, 0, 1)):
        found = metric(draws=3).score(case(method, net, order, rows=2)).values
        assert found.tolist() == pytest.approx(whole[list(order)].tolist(), rel=1e-10, abs=1e-12)
    assert torch.equal(torch.get_rng_state(), state)


def test_five_metrics_ask_the_method_once_a_draw() -> None:
    method, meter = Counted(), Meter()
    opened = case(method)
    with meter.watching(opened.model.module):
        SensitivityMax(draws=6).score(opened)
        assert method.asked == [4, 24]  # all draws in full batches
        assert (meter.forward, meter.backward) == (24, 24)
        LocalLipschitz(draws=6).score(opened)
        assert meter.forward == 24
        RelativeInputStability(draws=6).score(opened)
        RelativeOutputStability(draws=6).score(opened)
        assert meter.forward == 24 + 4 * 7
        RelativeRepresentationStability(draws=6).score(opened)
    assert method.asked == [4, 24]
    assert (meter.forward, meter.backward) == (52 + 1 + 4 * 7, 24)


@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
def test_a_zero_map_is_undefined(metric: type[Any]) -> None:
    found = metric().score(case(Flat(0.0)))
    assert found.undefined == dict.fromkeys(range(4), "the map is zero everywhere")


@pytest.mark.parametrize("metric", STABLE, ids=lambda m: m.name)
def test_only_inputs_of_the_same_class_are_judged(metric: type[Any]) -> None:
    opened = case(GRADIENT)
    asked = metric(draws=30, radius=3.0)
    said = [network()(nearby(opened, k, 3.0)).argmax(1) == network()(INPUTS).argmax(1) for k in range(30)]
    share = torch.stack(said, 1).double().mean(1)
    found = asked.score(opened)
    assert found.details["judged"].tolist() == share.tolist()
    assert 0 < float(share.min()) < 1
    assert found.values.tolist() == pytest.approx(slow(asked, opened), rel=1e-9)


@pytest.mark.parametrize("metric", STABLE, ids=lambda m: m.name)
def test_nothing_to_judge_is_undefined(metric: type[Any]) -> None:
    """A network whose outputs, hidden values and inputs do not move beside one that has no input but zero."""
    dead = nn.Sequential(nn.Flatten(), nn.Linear(9, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    for parameter in dead.parameters():
        parameter.data.zero_()
    found = metric().score(case(Copy(), dead))
    if metric is RelativeInputStability:
        assert found.values.tolist() == pytest.approx([1.0] * 4, rel=1e-9)
    else:
        assert found.undefined == dict.fromkeys(range(4), "no input nearby can be judged")


def test_the_representation_is_that_of_a_named_layer() -> None:
    opened = case(GRADIENT)
    last = RelativeRepresentationStability().score(opened).values
    assert RelativeRepresentationStability(layer="3").score(opened).values.tolist() == last.tolist()
    first = RelativeRepresentationStability(layer="1").score(opened).values.tolist()
    assert first == pytest.approx(RelativeInputStability().score(opened).values.tolist(), rel=1e-9)
    with pytest.raises(Unsupported, match="no layer 'nowhere'"):
        RelativeRepresentationStability(layer="nowhere").score(opened)
    assert not any(m._forward_pre_hooks for m in opened.model.module.modules())


@pytest.mark.parametrize(("parameter", "value"), [("draws", 0), ("draws", 2.5), ("radius", 0.0), ("radius", -1.0)])
@pytest.mark.parametrize("metric", ALL, ids=lambda m: m.name)
def test_parameters_that_make_no_sense_are_refused(metric: type[Metric[Any]], parameter: str, value: float) -> None:
    with pytest.raises(BadParameter, match=f"{metric.name}: {parameter}="):
        metric(**{parameter: value})  # type: ignore[call-arg]
