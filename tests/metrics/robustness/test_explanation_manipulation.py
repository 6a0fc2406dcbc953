"""explanation_manipulation: a random search within limits, the same for all methods."""

from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import Domain, ImageDomain, TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.meter import Meter
from whybench.methods.attribution import Gradient, InputXGradient, SmoothGrad
from whybench.metrics.attribution import random_search
from whybench.metrics.attribution.explanation_manipulation import ExplanationManipulation
from whybench.metrics.attribution.manipulated_maps import ManipulatedMaps
from whybench.passes import Passes
from whybench.protocols import AttributionMethod, Case, Query
from whybench.protocols.asking import wrap
from whybench.wrappers import Precomputed

GRADIENT = Gradient(polarity="contribution")
PRODUCT = InputXGradient(polarity="contribution")
Row = np.ndarray[Any, Any]


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def filled(net: nn.Module) -> nn.Module:
    for k, parameter in enumerate(net.double().parameters()):
        parameter.data.copy_(draw(*parameter.shape, seed=k + 1))
    return net.eval()


def network() -> nn.Module:
    return filled(nn.Sequential(nn.Flatten(), nn.Linear(18, 5), nn.Tanh(), nn.Linear(5, 3)))


def linear(columns: int, outputs: int = 1) -> nn.Module:
    return filled(nn.Linear(columns, outputs))


IMAGES = draw(4, 2, 3, 3).clamp(-1.5, 1.5)
LIMITS = ImageDomain(low=-1.5, high=1.5)


@dataclass(frozen=True)
class Recorded(AttributionMethod):
    """The gradient, with a list of what it was asked."""

    name: ClassVar[str] = "recorded"
    reference: ClassVar[str] = ""

    asked: list[tuple[str, Tensor, int]] = field(default_factory=list, compare=False)

    def relevance(self, query: Query) -> Tensor:
        self.asked.extend(zip(query.ids, query.inputs, query.targets.tolist(), strict=True))
        return query.gradient(query.inputs, torch.arange(len(query)))


@dataclass(frozen=True)
class Pattern(AttributionMethod):
    """A pattern that does not look at the input, times a number that does."""

    name: ClassVar[str] = "pattern"
    reference: ClassVar[str] = ""

    scaled: bool = False
    flat: bool = False

    def relevance(self, query: Query) -> Tensor:
        one = torch.ones_like(query.inputs) if self.flat else torch.arange(query.inputs.numel() // len(query)).double()
        size = query.inputs.flatten(1).sum(1).exp() if self.scaled else torch.ones(len(query), dtype=torch.float64)
        return one.view(-1, *query.inputs.shape[1:]) * size.view(-1, *[1] * (query.inputs.ndim - 1))


@dataclass(frozen=True)
class Noise(AttributionMethod):
    """Noise named by sample, whatever the input."""

    name: ClassVar[str] = "noise"
    reference: ClassVar[str] = ""
    stochastic: ClassVar[bool] = True

    def relevance(self, query: Query) -> Tensor:
        return query.per_sample(lambda i: query.streams.normal("own", i, 0, tuple(query.inputs.shape[1:])))


def case(
    method: AttributionMethod,
    module: nn.Module | None = None,
    order: tuple[int, ...] = (0, 1, 2, 3),
    rows: int = 64,
    inputs: Tensor = IMAGES,
    domain: Domain = LIMITS,
    seed: int = 7,
) -> Case[Any]:
    model = wrap(module or network(), inputs, domain=domain)
    few = inputs[list(order)]
    targets = model.module(few).argmax(1) if model.output == "classes" else torch.zeros(len(few), dtype=torch.int64)
    return open_case(method, model, few, targets, ids=tuple(f"s{i}" for i in order), seed=seed, rows=rows)


def table(
    method: AttributionMethod, module: nn.Module, row: list[float], low: float, high: float, seed: int = 7
) -> Case[Any]:
    inputs = torch.tensor([row], dtype=torch.float64)
    return case(method, module, (0,), inputs=inputs, domain=TabularDomain(low=low, high=high), seed=seed)


def slow(metric: ExplanationManipulation, opened: Case[Any]) -> tuple[list[list[float]], list[int]]:
    """The search sample by sample and query by query, in NumPy, from its description."""
    net, method = opened.model.module, opened.method
    assert isinstance(method, AttributionMethod)
    curves, allowed = [], []
    for i, name in enumerate(opened.ids):
        clean = opened.inputs[i].numpy()
        channels, *grid = clean.shape
        features = int(np.prod(grid))

        def said(x: Row) -> Row:
            return net(torch.from_numpy(x)[None]).detach().numpy()[0]  # type: ignore[no-any-return]

        def explained(x: Row, target: int, name: str = name) -> Row:
            relevance = method.attribute(net, torch.from_numpy(x)[None], target, ids=[name], seed=7)[0]
            return relevance.sum(0).numpy().ravel()

        def alike(a: Row, b: Row) -> float:
            return float(np.corrcoef(a, b)[0, 1] if metric.similarity == "pearson" else spearmanr(a, b).statistic)

        target, before = int(opened.targets[i]), said(clean)
        other = [k for k in np.argsort(before) if k != target][-1]
        goal = explained(clean, target if metric.goal == "away" else other)
        sign = -1 if metric.goal == "away" else 1
        start, best, current, count, curve = alike(explained(clean, target), goal), 0.0, clean, 0, [0.0]
        share = 0.5
        for query in range(metric.queries):
            share = min(max(share, 1 / features), 0.5 * 32 ** (-query / (metric.queries - 1)))
            drawn = opened.streams.uniform("manipulation", name, query, (1 + channels, *grid)).numpy()
            chosen = np.argsort(drawn[0].ravel())[: max(1, round(share * features))]
            proposed = current.copy().reshape(channels, features)
            for k in chosen:
                for c in range(channels):
                    side = -1 if drawn[1 + c].ravel()[k] < 0.5 else 1
                    corner = clean.reshape(channels, features)[c, k] + side * metric.radius * 3.0
                    proposed[c, k] = min(max(corner, -1.5), 1.5)
            proposed = proposed.reshape(clean.shape)
            after = said(proposed)
            change = np.linalg.norm((after - after.mean()) - (before - before.mean()))
            if after.argmax() == before.argmax() and change <= metric.tolerance * np.linalg.norm(
                before - before.mean()
            ):
                count += 1
                share *= 2
                gain = sign * (alike(explained(proposed, target), goal) - start)
                if gain > best + 1e-6:
                    best, current = gain, proposed
            else:
                share *= 0.8
            curve.append(best)
        curves.append(curve)
        allowed.append(count)
    return curves, allowed


@pytest.mark.parametrize("goal", ["away", "other_class"])
@pytest.mark.parametrize("similarity", ["pearson", "spearman"])
@pytest.mark.parametrize("method", [GRADIENT, SmoothGrad(samples=2, polarity="contribution")], ids=lambda m: m.name)
def test_the_definition(goal: Any, similarity: Any, method: AttributionMethod) -> None:
    metric = ExplanationManipulation(goal=goal, similarity=similarity, radius=0.1, tolerance=0.3, queries=12)
    opened = case(method)
    curves, allowed = slow(metric, opened)
    found = metric.score(opened)
    assert found.curves is not None
    assert found.curves.y.numpy() == pytest.approx(np.array(curves), abs=1e-9)
    assert found.values.tolist() == [curve[-1] for curve in found.curves.y.tolist()]
    assert found.details["allowed"].tolist() == [count / 12 for count in allowed]
    assert 0 < min(allowed) < 12
    assert float(found.values.median()) > 0.1


def test_the_gradient_of_a_linear_model_cannot_be_moved() -> None:
    """Not by rounding either: of nine proposals none is better, whatever the order of sums."""
    flat = filled(nn.Sequential(nn.Flatten(), nn.Linear(18, 3)))
    for similarity in ("pearson", "spearman", "spearman_abs", "ssim"):
        metric = ExplanationManipulation(radius=0.3, tolerance=10.0, queries=9, similarity=similarity)
        found = metric.score(case(GRADIENT, flat))
        assert found.values.tolist() == [0.0] * 4
        assert found.details["distance"].tolist() == [0.0] * 4
        assert found.details["similarity"].tolist() == [1.0] * 4


def test_input_x_gradient_of_a_linear_model_reaches_the_best_corner() -> None:
    """R(x') = w x': what can be reached are three values a column, so that the best is found by trying all."""
    weights, row = [2.0, -1.0, 0.5, 3.0], [0.5, 0.2, -0.4, 0.1]
    module = linear(4)
    module.weight.data.copy_(torch.tensor([weights]))
    opened = table(PRODUCT, module, row, -1.0, 1.0)
    metric = ExplanationManipulation(radius=0.1, tolerance=1e9, queries=150)
    clean = np.multiply(weights, row)
    reached = [
        1 - np.corrcoef(clean, clean + np.multiply(weights, step))[0, 1] for step in product([-0.2, 0.0, 0.2], repeat=4)
    ]
    assert metric.score(opened).values.tolist() == pytest.approx([max(reached)], rel=1e-12)


class Waves(nn.Module):
    """100 + sum_i a_i / w sin(w (x_i - 1)): the gradient turns round within pi / w, the output comes back to 100."""

    def __init__(self, sizes: list[float], frequency: float) -> None:
        super().__init__()
        self.sizes, self.frequency = nn.Parameter(torch.tensor(sizes, dtype=torch.float64)), frequency

    def forward(self, x: Tensor) -> Tensor:
        waves = self.sizes / self.frequency * torch.sin(self.frequency * (x - 1))
        return torch.stack([100 + waves.sum(1), torch.zeros(len(x), dtype=x.dtype)], 1)


def test_the_worst_case_of_a_planted_curvature_is_found() -> None:
    """At a corner every derivative has changed its sign: the map is the negative one, the output the same."""
    radius, sizes = 0.05, [1.0, -2.0, 3.0, 0.5]
    opened = table(GRADIENT, Waves(sizes, np.pi / (2 * radius)), [1.0] * 4, 0.0, 2.0)
    found = ExplanationManipulation(radius=radius, tolerance=1e-9, queries=60).score(opened)
    assert found.values.tolist() == pytest.approx([2.0], abs=1e-12)
    assert found.details["similarity"].tolist() == pytest.approx([-1.0], abs=1e-12)
    assert found.details["output_change"].tolist() == pytest.approx([0.0], abs=1e-12)
    assert found.details["distance"].tolist() == pytest.approx([2 * 0.1], rel=1e-12)
    flat = table(GRADIENT, Waves(sizes, 1e-9), [1.0] * 4, 0.0, 2.0)
    assert ExplanationManipulation(radius=radius, tolerance=1e-2, queries=60).score(flat).values.tolist() == [0.0]


class Rival(Waves):
    """The second logit is sum_i b_i x_i, b being a with all signs but the last changed."""

    def forward(self, x: Tensor) -> Tensor:
        rival = x @ (self.sizes * torch.tensor([-1.0, -1.0, -1.0, 1.0], dtype=torch.float64))
        return torch.stack([super().forward(x)[:, 0], rival, torch.full_like(rival, -200.0)], 1)


def test_the_map_of_another_class_is_reached() -> None:
    """Three columns have to be moved to corners and the fourth, by far the largest, must not: the map is then T."""
    a, b = np.array([1.0, -2.0, 3.0, 20.0]), np.array([-1.0, 2.0, -3.0, 20.0])
    opened = table(GRADIENT, Rival(a.tolist(), np.pi / 0.1), [1.0] * 4, 0.0, 2.0)
    found = ExplanationManipulation(goal="other_class", radius=0.05, queries=80).score(opened)
    assert found.values.tolist() == pytest.approx([1 - np.corrcoef(a, b)[0, 1]], rel=1e-9)
    assert found.details["similarity"].tolist() == pytest.approx([1.0], rel=1e-12)
    assert found.details["distance"].tolist() == pytest.approx([0.1 * 3**0.5], rel=1e-12)


@pytest.mark.parametrize("radius", [0.02, 0.2])
def test_whatever_is_asked_keeps_within_the_limits(radius: float) -> None:
    """One value lies outside of the bounds from the start: it may stay or come inwards, never go further out."""
    inputs = IMAGES.clone()
    inputs[0, 0, 0, 0], inputs[1, 1, 2, 2] = 1.7, -9.0
    method, net = Recorded(), network()
    opened = case(method, net, inputs=inputs)
    method.asked.clear()
    metric = ExplanationManipulation(radius=radius, tolerance=0.2, queries=20)
    found = metric.score(opened)
    assert len(method.asked) == round(20 * float(found.details["allowed"].sum()))
    touched = 0
    for name, x, target in method.asked:
        clean = inputs[int(name[1:])]
        assert float((x - clean).abs().max()) <= radius * 3 + 1e-12
        assert bool((x <= clean.clamp(min=1.5)).all() and (x >= clean.clamp(max=-1.5)).all())
        touched += int(((x - clean).abs() > 1e-12).any()) and int((x.abs() == 1.5).any())
        before, after = (net(z[None])[0].detach() for z in (clean, x))
        assert after.argmax() == before.argmax() == target
        moved = (after - after.mean()) - (before - before.mean())
        assert float(moved.norm() / (before - before.mean()).norm()) <= 0.2
    assert touched
    assert bool((found.details["output_change"] <= 0.2).all())


class Cliff(nn.Module):
    """The first class at x_0 <= 1, the second beyond, with another gradient there, the outputs hardly moved."""

    def forward(self, x: Tensor) -> Tensor:
        beyond = (x[:, :1] > 1).to(x)
        first = x @ torch.tensor([[1.0], [2], [-3]]).double() / 1e4
        turned = x @ torch.tensor([[-5.0], [1], [9]]).double() / 1e4
        return torch.cat([10 + (1 - beyond) * (1 + first), 10 + beyond * (1 + turned), -30 + 0 * first], 1)


def test_an_input_of_another_class_is_not_accepted() -> None:
    """The map of the first class is zero beyond the cliff, a different one, but there the model says something else."""
    opened = table(GRADIENT, Cliff(), [1.0, 0.5, 0.5], 0.0, 2.0)
    found = ExplanationManipulation(tolerance=1.0, queries=30).score(opened)
    assert found.values.tolist() == [0.0]
    assert 0 < found.details["allowed"].item() < 1
    beyond = torch.tensor([[1.03, 0.5, 0.5]], dtype=torch.float64)
    assert opened.explain(inputs=beyond).relevance.tolist() != opened.explanation.relevance.tolist()


def test_where_nothing_is_allowed_the_score_is_zero() -> None:
    opened = table(PRODUCT, linear(3), [1.0, 0.5, 0.2], 0.0, 2.0)
    found = ExplanationManipulation(tolerance=1e-12, queries=10).score(opened)
    assert (found.values.tolist(), found.details["allowed"].tolist()) == ([0.0], [0.0])


def test_steps_get_shorter_where_the_output_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mean of 1024 columns may hardly move: with half of them moved it does, with some of them often not."""
    module = linear(1024)
    module.weight.data.fill_(1.0)
    row = torch.linspace(0.2, 0.8, 1024).tolist()
    metric = ExplanationManipulation(radius=0.1, tolerance=0.0001, queries=40)

    def allowed() -> float:
        found = [
            metric.score(table(PRODUCT, module, row, 0.0, 1.0, seed)).details["allowed"].item() for seed in range(20)
        ]
        return float(np.mean(found))

    adapting = allowed()
    for name in ("SHORTER", "LONGER"):
        monkeypatch.setattr(random_search, name, 1.0)
    assert (adapting, allowed()) == pytest.approx((0.1075, 0.03875))


def test_the_scale_of_a_map_does_not_matter() -> None:
    """A map that only grows and shrinks with the input is the same map: differences of plain maps fail here."""
    for similarity in ("pearson", "spearman", "ssim"):
        metric = ExplanationManipulation(similarity=similarity, tolerance=10.0, queries=10)
        assert metric.score(case(Pattern(scaled=True))).values.tolist() == [0.0] * 4


def test_maps_that_do_not_look_win_and_are_called_trivial() -> None:
    metric = ExplanationManipulation(tolerance=10.0, queries=10)
    assert metric.score(case(Pattern())).values.tolist() == [0.0] * 4
    assert (metric.score(case(GRADIENT)).values > 0).all()
    assert metric.trivial
    assert not metric.higher_is_better


def test_a_stochastic_method_keeps_its_noise() -> None:
    """New noise at each question would be taken for manipulation."""
    metric = ExplanationManipulation(tolerance=10.0, queries=10)
    assert metric.score(case(Noise())).values.tolist() == [0.0] * 4


def test_a_constant_map_is_undefined() -> None:
    found = ExplanationManipulation(queries=3).score(case(Pattern(flat=True)))
    assert found.undefined == dict.fromkeys(range(4), "a constant map has no correlation with anything")
    assert all(bool(detail.isnan().all()) for detail in found.details.values())


def test_a_constant_map_of_the_other_class_is_undefined() -> None:
    net = network()
    net[3].weight.data[1:] = 0  # type: ignore[index, union-attr]
    net[3].bias.data.copy_(torch.tensor([90.0, 1, 0]))  # type: ignore[index, union-attr]
    found = ExplanationManipulation(goal="other_class", queries=3).score(case(GRADIENT, net))
    assert found.undefined == dict.fromkeys(range(4), "the map of the other class is constant")


@pytest.mark.parametrize("goal", ["away", "other_class"])
def test_passes_are_those_that_the_definition_says(goal: Any) -> None:
    method, meter = Recorded(), Meter()
    opened = replace(case(method), explaining=Passes(4, 4))
    method.asked.clear()
    metric = ExplanationManipulation(goal=goal, radius=0.1, tolerance=0.3, queries=15)
    with meter.watching(opened.model.module):
        found = metric.score(opened)
        asked = round(15 * float(found.details["allowed"].sum()))
        other = 4 * (goal == "other_class")
        assert 15 < asked < 60
        assert len(method.asked) == asked + other
        assert (meter.forward, meter.backward) == (4 * 16 + asked + other, asked + other)
        request = ManipulatedMaps(goal, 0.1, 0.3, 15, "pearson")
        needed = request.passes(opened, opened.artifact(request))
        assert needed is not None
        assert (needed.forward, needed.backward) == pytest.approx((meter.forward, meter.backward))
    everything = ExplanationManipulation(goal=goal, tolerance=1e9, queries=15, radius=1e-4)
    method.asked.clear()
    everything.score(opened)
    assert len(method.asked) == 4 * 15 + other


@pytest.mark.parametrize("method", [GRADIENT, PRODUCT, SmoothGrad(samples=2)], ids=lambda m: m.name)
@pytest.mark.parametrize("relu", [False, True])
def test_batches_do_not_matter(method: AttributionMethod, relu: bool) -> None:
    """With ReLU many proposals leave the map as it is: rounding must not decide from which the search goes on."""
    net = network()
    if relu:
        net[2] = nn.ReLU()  # type: ignore[index]
    metric = ExplanationManipulation(radius=0.1, tolerance=0.5, queries=12)
    weights, inputs = [p.clone() for p in net.parameters()], IMAGES.clone()
    state = torch.get_rng_state()
    whole = metric.score(case(method, net))
    assert float(whole.values.max()) > 0
    for order, rows in (((2,), 64), ((3, 0, 1), 2), ((3, 2, 1, 0), 1)):
        found = metric.score(case(method, net, order, rows))
        assert found.values.tolist() == pytest.approx(whole.values[list(order)].tolist(), abs=1e-12)
        for name, values in found.details.items():
            assert values.tolist() == pytest.approx(whole.details[name][list(order)].tolist(), abs=1e-12)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(inputs, IMAGES)
    assert all(torch.equal(a, b) for a, b in zip(weights, net.parameters(), strict=True))


def descended(opened: Case[Any], radius: float, tolerance: float, steps: int) -> Row:
    """The published attack: down the gradient of the similarity, through second derivatives of the network."""
    net, x = opened.model.module, opened.inputs
    reach = 3 * radius
    before = net(x).detach()
    size = (before - before.mean(1, keepdim=True)).norm(dim=1)

    def maps(z: Tensor) -> Tensor:
        explained = net(z).gather(1, opened.targets[:, None]).sum()
        return torch.autograd.grad(explained, z, create_graph=True)[0].sum(1).flatten(1)

    own = maps(x.clone().requires_grad_()).detach()
    best, current = np.zeros(len(x)), x.clone()
    for step in range(steps):
        z = current.clone().requires_grad_()
        pairs = zip(own, maps(z), strict=True)
        alike = torch.stack([torch.corrcoef(torch.stack(pair))[0, 1] for pair in pairs])
        after = net(z).detach()
        moved = ((after - after.mean(1, keepdim=True)) - (before - before.mean(1, keepdim=True))).norm(dim=1)
        allowed = (after.argmax(1) == opened.targets) & (moved <= tolerance * size)
        best = np.maximum(best, np.where(allowed, 1 - alike.detach(), 0))
        slope = torch.autograd.grad(alike.sum(), z)[0] if step else draw(*x.shape, seed=9)
        current = (z.detach() - reach / 5 * slope.sign()).clamp(-1.5, 1.5)
        current = torch.minimum(torch.maximum(current, x - reach), x + reach)
    return best


def test_the_search_is_no_weaker_than_a_descent_along_gradients() -> None:
    """Or else the score would say little of what an attacker can do; both ask for a hundred maps.

    Over the samples: one search may stay where it is, as one descent does.
    """
    descent = descended(case(GRADIENT), 0.03, 0.5, 100)
    assert descent == pytest.approx([0.0773, 0.4641, 0.1758, 0.8581], abs=1e-3)
    metric = ExplanationManipulation(radius=0.03, tolerance=0.5)
    found = [metric.score(case(GRADIENT, seed=seed)).values.numpy() for seed in range(20)]
    assert np.mean(found) == pytest.approx(0.4021572, abs=1e-6)
    assert np.mean(found) > np.mean(descent)


def test_all_methods_get_the_same_first_proposal() -> None:
    first = []
    for seed in (0, 1):
        method = Recorded()
        net = network() if seed else filled(nn.Sequential(nn.Flatten(), nn.Linear(18, 2)))
        opened = case(method, net)
        method.asked.clear()
        ExplanationManipulation(tolerance=1e9, radius=1e-4, queries=1).score(opened)
        first.append(torch.stack([x for _, x, _ in method.asked]))
    assert torch.equal(first[0], first[1])


def test_what_cannot_be_asked_is_unsupported() -> None:
    with pytest.raises(Unsupported, match=r"needs the bounds of the image inputs, which are not given; bounds="):
        ExplanationManipulation().score(case(GRADIENT, domain=ImageDomain()))
    with pytest.raises(Unsupported, match=r"goal='other_class'\) needs a second class; model 'model' has none"):
        ExplanationManipulation(goal="other_class").score(table(PRODUCT, linear(2), [0.1, 0.2], 0.0, 1.0))
    with pytest.raises(Unsupported, match="ssim compares images"):
        ExplanationManipulation(similarity="ssim").score(table(PRODUCT, linear(2), [0.1, 0.2], 0.0, 1.0))
    opened = case(GRADIENT)
    values = opened.explanation.relevance
    stored = Precomputed(values, opened.model.digest, opened.inputs, opened.targets, opened.ids)
    with pytest.raises(Unsupported, match="precomputed relevance cannot be asked again for other inputs"):
        ExplanationManipulation().score(case(stored, opened.model.module))


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("goal", "sideways"),
        ("radius", 0.0),
        ("radius", 1.5),
        ("radius", float("nan")),
        ("tolerance", 0.0),
        ("tolerance", float("inf")),
        ("queries", 0),
        ("queries", 2.5),
        ("similarity", "cosine"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(parameter: str, value: Any) -> None:
    with pytest.raises(BadParameter, match=f"explanation_manipulation: {parameter}="):
        ExplanationManipulation(**{parameter: value})
