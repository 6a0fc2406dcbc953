"""Known scores of the metrics that ask a method again: on other inputs, targets, networks, or about its claims."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import torch
from law_world import SHAPE, draw, network, seed_of, world
from planting import F64, Additive, Answers, Formula, Planted, Scene, Seen, one_hot, plant, row, told
from torch import Tensor, nn

from whybench.domains import TabularDomain
from whybench.methods.attribution import Gradient, InputXGradient, PatternNet
from whybench.methods.attribution.patterns.method import watched
from whybench.metrics.attribution import (
    Completeness,
    Continuity,
    CosineConvergence,
    DataRandomisation,
    EfficientMprt,
    ExplanationManipulation,
    ImplementationInvariance,
    InputInvariance,
    InputShiftConsistency,
    LocalLipschitz,
    Mprt,
    NonSensitivity,
    PatternQuality,
    RandomLogit,
    RelativeInputStability,
    RelativeOutputStability,
    RelativeRepresentationStability,
    SensitivityMax,
    SmoothMprt,
    Symmetry,
)
from whybench.metrics.attribution.manipulated_maps import Goal
from whybench.protocols import AttributionMethod, Metric, Model, Query, Training
from whybench.protocols.propagation import LayerRelevance
from whybench.streams import Streams

FLAT = Answers(lambda query: torch.ones_like(query.inputs))
"""The same value everywhere, whatever the model."""


# What is asked of other models and targets


def ramp(query: Query) -> Tensor:
    """0, 1, 2, ... over the features, whatever the input."""
    each = torch.arange(query.inputs[0].numel()).to(query.inputs)
    return each.view(1, *query.inputs.shape[1:]).expand_as(query.inputs).clone()


def noise(query: Query) -> Tensor:
    """Noise drawn anew for every model, input and target."""
    shape = tuple(query.inputs.shape[1:])
    return torch.stack([draw(*shape, seed=seed_of(query, i)) for i in range(len(query))])


def randomised(metric: Metric, turned: Callable[[Query], Tensor], scene: Scene) -> Planted:
    """Noise knows nothing and passes, a map that stays fails, and one that turns around is the end."""
    stays, turns = Seen(metric, scene, Answers(ramp), 1.0), Seen(metric, scene, Answers(turned), -1.0)
    passes = Seen(metric, scene, Answers(noise))
    return Planted(passes, stays, [turns], [stays], trivial=passes)


def lawful() -> Scene:
    model, inputs = world(), draw(6, *SHAPE, seed=30)
    facts = (("training", model.training), ("retraining", model.retraining))
    return Scene(model.module, inputs, model.domain, model.module(inputs).argmax(1), facts=facts)


def turns_elsewhere(query: Query) -> Tensor:
    """The ramp on the original model, its reverse on any other."""
    return ramp(query) if query.model.digest == world().digest else -ramp(query)


plant("mprt")(lambda: randomised(Mprt(seeds=2), turns_elsewhere, lawful()))
plant("smooth_mprt")(lambda: randomised(SmoothMprt(samples=2), turns_elsewhere, lawful()))
plant("data_randomisation")(lambda: randomised(DataRandomisation(), turns_elsewhere, lawful()))


@plant("random_logit")
def random_logit() -> Planted:
    inputs = draw(6, 16, seed=31)
    scene = Scene(Additive(torch.ones(16, dtype=F64)), inputs)

    def turned(query: Query) -> Tensor:
        return ramp(query) * (1 - 2 * query.targets[:, None].to(query.inputs))

    return randomised(RandomLogit(), turned, scene)


@plant("efficient_mprt")
def efficient_mprt() -> Planted:
    """From one value of n to n different ones is a rise from the entropy of a share 1 / n to ln n."""

    def seen(rule: Callable[[Query, bool], Tensor], score: float, count: int = 64) -> Seen:
        module = nn.Sequential(nn.Linear(count, 2)).double().requires_grad_(False)
        module[0].weight.data = draw(2, count, seed=1)
        inputs = draw(3, count, seed=2)
        original = Scene(module, inputs).asked(FLAT).model.digest
        method = Answers(lambda query: rule(query, query.model.digest == original))
        return Seen(EfficientMprt(bins=count, seeds=2), Scene(module, inputs), method, score)

    def rise(count: int) -> float:
        share = 1 / count
        before = -share * math.log(share) - (1 - share) * math.log1p(-share)
        return (math.log(count) - before) / before

    def falls(query: Query, same: bool) -> Tensor:
        return ramp(query) if same else torch.ones_like(query.inputs)

    def rises(query: Query, same: bool) -> Tensor:
        return (ramp(query) == 0).to(query.inputs) if same else ramp(query)

    return Planted(
        seen(rises, rise(64)),
        seen(lambda query, same: ramp(query), 0.0),
        low=[seen(falls, -1.0)],
        high=[seen(rises, rise(count), count) for count in (64, 4096)],
    )


# What is asked of nearby inputs


def jumping(size: float, at: Tensor) -> AttributionMethod:
    """1 everywhere at the known inputs, and `size` more anywhere else."""

    def rule(query: Query) -> Tensor:
        there = (query.inputs == at[[int(i) for i in query.ids]]).flatten(1).all(1)
        return torch.ones_like(query.inputs) + size * (~there).to(query.inputs).view(
            -1, *(1,) * (query.inputs.ndim - 1)
        )

    return Answers(rule)


COLUMNS = 5
POINT = torch.ones(1, COLUMNS, dtype=F64)
RADIUS = 0.02


def step() -> Tensor:
    """The only perturbation of the only sample."""
    return RADIUS * (2 * Streams(0).uniform("nearby", "0", 0, (COLUMNS,)) - 1)


def near(metric: Metric, per_size: float) -> Planted:
    """f is linear in its inputs, which are 1: relative changes of input and of the last layer's input are the step."""
    layer = nn.Linear(COLUMNS, 2).double().requires_grad_(False)
    layer.weight.data, layer.bias.data = torch.stack([POINT[0], -POINT[0]]), torch.zeros(2, dtype=F64)
    scene = Scene(layer, POINT)
    best = Seen(metric, scene, FLAT, 0.0)
    high = [Seen(metric, scene, jumping(size, POINT), size * per_size) for size in (1.0, 1e6)]
    return Planted(best, high[0], [best], high, trivial=best)


def _wide() -> float:
    return float(step().norm())


plant("sensitivity_max")(lambda: near(SensitivityMax(draws=1), 1.0))
plant("local_lipschitz")(lambda: near(LocalLipschitz(draws=1), 1 / _wide()))
plant("relative_input_stability")(lambda: near(RelativeInputStability(draws=1), math.sqrt(COLUMNS) / _wide()))
plant("relative_output_stability")(
    lambda: near(RelativeOutputStability(draws=1), math.sqrt(COLUMNS / 2) / abs(float(step().sum())))
)
plant("relative_representation_stability")(
    lambda: near(RelativeRepresentationStability(draws=1), math.sqrt(COLUMNS) / _wide())
)


@plant("explanation_manipulation")
def explanation_manipulation() -> Planted:
    return driven("away")


@plant("explanation_manipulation [other_class]")
def explanation_manipulation_other_class() -> Planted:
    return driven("other_class")


def driven(goal: Goal) -> Planted:
    """A map that does not look at the input stays, and one that turns around at every other input goes all the way."""
    point = torch.full((1, COLUMNS), 0.5, dtype=F64)
    scene = Scene(Additive(POINT[0]), point, TabularDomain(low=0.0, high=1.0))
    metric = ExplanationManipulation(goal=goal, queries=8)

    def turned(query: Query) -> Tensor:
        """The reverse for the other class too, which is what the attacker wants to see for the first."""
        elsewhere = (query.inputs != point).any(1, keepdim=True) | (query.targets[:, None] == 1)
        return torch.where(elsewhere, -ramp(query), ramp(query))

    stays, goes = Seen(metric, scene, Answers(ramp), 0.0), Seen(metric, scene, Answers(turned), 2.0)
    return Planted(stays, goes, [stays], [goes], trivial=stays)


def dot(bright: float) -> Scene:
    """One bright pixel on black, whose place does not matter to the model."""
    inputs = torch.zeros(1, 1, 5, 5, dtype=F64)
    inputs[0, 0, 2, 2] = bright
    return Scene(Formula(lambda x: torch.stack([1 + x.flatten(1).sum(1), 0 * x.flatten(1).sum(1)], 1)), inputs)


FOLLOWS = Answers(lambda query: (query.inputs > 0).to(query.inputs))
"""1 at the bright pixel, wherever it is."""


def moved(metric: Metric) -> Planted:
    """A map that moves with the dot differs by 2 where the image differs by sqrt(2) times its brightness."""
    best = Seen(metric, dot(1.0), FLAT, 0.0)
    high = [Seen(metric, dot(bright), FOLLOWS, math.sqrt(2) / bright) for bright in (1.0, 1e-6)]
    return Planted(best, high[0], [best], high, trivial=best)


plant("continuity")(lambda: moved(Continuity(shifts=(1,))))
plant("input_shift_consistency [montavon]")(lambda: moved(InputShiftConsistency(form="montavon", shifts=(1,))))


@plant("input_shift_consistency")
def input_shift_consistency() -> Planted:
    """In this form the map that moves along is right, and one that jumps elsewhere is as far away as can be."""
    metric, scene = InputShiftConsistency(shifts=(1,)), dot(1.0)
    best = Seen(metric, scene, FOLLOWS, 0.0)
    there = told(one_hot(12, 25).view(1, 1, 5, 5))  # where the dot was
    return Planted(best, Seen(metric, scene, there, 1.0), [best], trivial=Seen(metric, scene, FLAT, 0.0))


@plant("input_invariance")
def input_invariance() -> Planted:
    """Input x gradient of a sum at 1 is 1, and 1 + m after a shift by m."""

    def seen(method: AttributionMethod, score: float, shift: float = 1.0) -> Seen:
        return Seen(InputInvariance(shift=shift), Scene(Additive(POINT[0]), POINT), method, score)

    high = [seen(InputXGradient(), shift, shift) for shift in (1.0, 2.0**20)]
    best = seen(Gradient(), 0.0)
    return Planted(best, high[0], [best], high, trivial=seen(FLAT, 0.0))


# What is asked about the function


@plant("symmetry")
def symmetry() -> Planted:
    """Two columns that are added: a map of ones that becomes larger by a factor after the swap."""
    inputs = row(1.0, 2.0)
    scene = Scene(Additive(row(1.0, 1.0)[0]), inputs)
    best = Seen(Symmetry(), scene, Gradient(), 0.0)
    high = [Seen(Symmetry(), scene, jumping(size, inputs), size) for size in (1.0, 1e6)]
    return Planted(best, high[0], [best], high, trivial=Seen(Symmetry(), scene, FLAT, 0.0))


@plant("implementation_invariance")
def implementation_invariance() -> Planted:
    """A map that tells how the network is written instead of what it computes."""
    net, inputs = network(), draw(2, *SHAPE, seed=33)
    scene = Scene(net, inputs)
    digest = scene.asked(FLAT).model.digest

    def shown(size: float) -> AttributionMethod:
        return Answers(lambda q: torch.ones_like(q.inputs) * (1 + size * (q.model.digest != digest)))

    metric, best = ImplementationInvariance(), Seen(ImplementationInvariance(), scene, FLAT, 0.0)
    high = [Seen(metric, scene, shown(size), size) for size in (1.0, 1e6)]
    return Planted(Seen(metric, scene, Gradient()), high[0], [best], high, trivial=best)


@plant("non_sensitivity")
def non_sensitivity() -> Planted:
    """Two columns of four are used; where all are, a map of ones is right."""
    metric, inputs = NonSensitivity(), torch.ones(1, 4, dtype=F64)
    scene, used = Scene(Additive(row(1.0, 0.0, 2.0, 0.0)[0]), inputs), row(1.0, 0.0, 1.0, 0.0)
    best, worst = Seen(metric, scene, told(used), 0.0), Seen(metric, scene, told(1 - used), 1.0)
    dense = Scene(Additive(inputs[0]), inputs)
    return Planted(best, worst, [best], [worst], trivial=Seen(metric, dense, FLAT, 0.0))


@dataclass(frozen=True, eq=False)
class Claims(Answers):
    """Claims that its relevances sum to f(x)."""

    complete: ClassVar[str | None] = "f(x)"


@plant("completeness")
def completeness() -> Planted:
    scene = Scene(Additive(row(1.0, 2.0)[0]), row(1.0, 1.0))
    best, *off = (
        Seen(Completeness(), scene, Claims(lambda q, factor=factor: factor * row(1.0, 2.0)), factor - 1)
        for factor in (1.0, 2.0, 2.0**20)
    )
    return Planted(best, off[0], [best], off)


@dataclass(frozen=True, eq=False)
class Propagates(AttributionMethod):
    """Carries the first and the second start of every pair to what is told for them, whatever the layers are."""

    name: ClassVar[str] = "propagates"
    reference: ClassVar[str] = ""

    pair: Tensor

    def relevance(self, query: Query) -> Tensor:
        return self.pair[:1].expand(len(query), -1)

    def propagated(self, query: Query, starts: Tensor) -> Iterator[list[LayerRelevance]]:
        arrived = self.pair[torch.arange(len(starts)) % 2]
        yield [LayerRelevance("", arrived[:, None].expand(-1, len(query), -1))]


@plant("cosine_convergence")
def cosine_convergence() -> Planted:
    """Both relevances of a pair at right angles, or in one line."""
    scene = Scene(Additive(row(1.0, 1.0)[0]), row(1.0, 1.0))
    apart, parallel = (
        Seen(CosineConvergence(), scene, Propagates(torch.tensor(pair, dtype=F64)), score)
        for pair, score in (([[1, 0], [0, 1]], 0.0), ([[3, 4], [-6, -8]], 1.0))
    )
    return Planted(apart, parallel, [apart], [parallel])


@dataclass(frozen=True)
class Given(PatternNet):
    """Patterns that are told instead of estimated."""

    name: ClassVar[str] = "given"

    pattern: tuple[float, ...] = ()

    def prepare(self, model: Model, streams: Streams, rows: int) -> dict[str, Tensor]:
        assert model.training is not None
        layers = watched(model, model.training.inputs[:1])
        told = torch.tensor(self.pattern, dtype=F64)
        return {f"{one.name}.{part}": told.expand_as(one.weight) for one in layers for part in ("active", "inactive")}


@plant("pattern_quality")
def pattern_quality() -> Planted:
    """y = x_1 + x_2 over the corners of a square, where x_1 and x_2 are independent and of variance 1.

    What S(x) = (y, 0) leaves is (-x_2, x_2): the score of a sample is 1 - z(y) z(x_2), with z(y) = y / sqrt(2). What
    S(x) = 0 leaves is x itself: 1 - z(y)^2.
    """
    layer = nn.Linear(2, 2).double().requires_grad_(False)
    layer.weight.data, layer.bias.data = torch.ones(2, 2, dtype=F64), torch.zeros(2, dtype=F64)
    corners = torch.tensor([[1.0, 1], [1, -1], [-1, 1], [-1, -1]], dtype=F64).repeat_interleave(2, 0)
    training = Training(corners, torch.zeros(8, dtype=torch.int64))

    def seen(pattern: tuple[float, float], inputs: Tensor, score: float | None) -> Seen:
        scene = Scene(layer, inputs, facts=(("training", training),))
        return Seen(PatternQuality(ridge=1e-9), scene, Given(pattern=pattern), score)

    return Planted(
        seen((0.5, 0.5), row(2.0, -1.0), 1.0),  # leaves (x_1 - x_2) / 2, which says nothing of y
        seen((0.0, 0.0), row(2.0, -1.0), 0.5),
        low=[seen((0.0, 0.0), row(k, k), 1 - 2 * k * k) for k in (1.0, 1e3)],
        high=[seen((1.0, 0.0), row(3 * k, -k), 1 + math.sqrt(2) * k * k) for k in (1.0, 1e3)],
    )
