"""Known scores of the metrics that remove features: additive models in closed form, and single switches."""

import math
from collections.abc import Callable, Mapping

import torch
from planting import F64, Additive, Answers, Formula, Planted, Scene, Seen, one_hot, plant, row, told
from torch import Tensor, nn

from whybench.domains import ImageDomain
from whybench.metrics.attribution import (
    Abpc,
    Aopc,
    AverageDrop,
    AverageGain,
    AverageIncrease,
    ExcessRegion,
    FaithfulnessCorrelation,
    FaithfulnessEstimate,
    Infidelity,
    Insertion,
    Irof,
    Monotonicity,
    MonotonicityCorrelation,
    Naopc,
    PixelFlipping,
    Regret,
    Road,
    Roar,
    SaliencyMetric,
    Selectivity,
    SensitivityN,
    SmallestDestroyingRegion,
    SmallestSufficientRegion,
    Sufficiency,
    SymmetricRelevanceGain,
)
from whybench.metrics.attribution.curve_metric import Order
from whybench.metrics.attribution.superpixel_sweep import Superpixels
from whybench.protocols import Metric, Retraining

FAR = (1.0, 1e6)
"""How far a closed form is followed towards an infinite end."""


def switch(size: float, count: int = 4) -> Scene:
    """f(x) = size * x_1 at x = (1, ..., 1); nothing else counts."""
    return Scene(Additive(one_hot(0, count, size)[0]), torch.ones(1, count, dtype=F64))


def area_of_a_switch(metric: Metric, first: float, last: float) -> Planted:
    """A map with the switch first, which is right, and its reverse: these scores at f(x) = x_1, growing with f."""

    def seen(size: float, place: int) -> Seen:
        # With a negative size the target's only evidence speaks against it.
        return Seen(metric, switch(size), told(one_hot(0, 4, 1.0 - 2 * place)), size * (last if place else first))

    top = 0 if first > last else 1
    return Planted(
        seen(1.0, 0),
        seen(1.0, 1),
        low=[seen(-k, top) for k in FAR],
        high=[seen(k, top) for k in FAR],
    )


CURVES: dict[str, tuple[Metric, float, float]] = {
    "pixel_flipping": (PixelFlipping(infill="zero", output="logit"), 1 / 8, 7 / 8),
    "pixel_flipping [lerf]": (PixelFlipping(infill="zero", output="logit", order="lerf"), 7 / 8, 1 / 8),
    "insertion": (Insertion(infill="zero", output="logit"), 7 / 8, 1 / 8),
    "selectivity": (Selectivity(infill="zero", output="logit"), 1 / 8, 7 / 8),
    "aopc": (Aopc(infill="zero", output="logit"), 7 / 8, 1 / 8),
    "aopc [lerf]": (Aopc(infill="zero", output="logit", order="lerf"), 1 / 8, 7 / 8),
    "abpc": (Abpc(infill="zero", output="logit"), 3 / 4, -3 / 4),
    "srg": (SymmetricRelevanceGain(infill="zero", output="logit"), 3 / 4, -3 / 4),
}
"""The average height of (1, 0, 0, 0, 0) is 1/8, that of (1, 1, 1, 1, 0) is 7/8."""


def _curve(metric: Metric, first: float, last: float) -> Callable[[], Planted]:
    return lambda: area_of_a_switch(metric, first, last)


for name, (metric, first, last) in CURVES.items():
    plant(name)(_curve(metric, first, last))

STEEP = row(4.0, 3.0, 2.0, 1.0)


@plant("naopc")
def naopc() -> Planted:
    scene = Scene(Additive(STEEP[0]), torch.ones(1, 4, dtype=F64))
    best, worst = (Seen(Naopc(infill="zero"), scene, told(sign * STEEP), end) for sign, end in ((1, 1.0), (-1, 0.0)))
    return Planted(best, worst, [worst], [best])


@plant("regret")
def regret() -> Planted:
    """The switch first is the best order; taken last, it is put back in 7 parts of 8 too late, and taken out alike."""
    metric = Regret(infill="zero", output="logit")

    def seen(size: float, place: int) -> Seen:
        return Seen(metric, switch(size), told(one_hot(0, 4, 1.0 - 2 * place)), size * 1.5 * place)

    return Planted(seen(1.0, 0), seen(1.0, 1), low=[seen(1.0, 0)], high=[seen(k, 1) for k in FAR])


def correlated(metric: Metric, reverse: Tensor) -> Planted:
    """The contributions to an additive model, and the map that is as wrong as can be."""
    scene = Scene(Additive(STEEP[0]), torch.ones(1, 4, dtype=F64))
    best, worst = Seen(metric, scene, told(STEEP), 1.0), Seen(metric, scene, told(reverse), -1.0)
    return Planted(best, worst, [worst], [best])


plant("faithfulness_correlation")(lambda: correlated(FaithfulnessCorrelation(subset=0.5), -STEEP))
plant("faithfulness_estimate")(lambda: correlated(FaithfulnessEstimate(), -STEEP))
plant("faithfulness_estimate [spearman]")(lambda: correlated(FaithfulnessEstimate(correlation="spearman"), -STEEP))
plant("sensitivity_n")(lambda: correlated(SensitivityN(smallest=0.25, largest=0.75), -STEEP))
plant("monotonicity_correlation")(lambda: correlated(MonotonicityCorrelation(infill="zero"), STEEP.flip(1)))


@plant("infidelity")
def infidelity() -> Planted:
    """Four squares of one column: a map that foretells nothing is off by the mean of (size, 0, 0, 0) squared."""
    metric = Infidelity(infill="zero", side=0.25)

    def seen(size: float, place: int) -> Seen:
        return Seen(metric, switch(size), told(one_hot(place, 4)), size**2 / 4 if place else 0.0)

    return Planted(seen(1.0, 0), seen(1.0, 1), [seen(1.0, 0)], [seen(k, 1) for k in FAR])


@plant("monotonicity")
def monotonicity() -> Planted:
    """x_1 alone lowers the output by 2, x_2 raises it by 1 and makes x_1 harmless: x_2 has to come first."""

    def joint(x: Tensor) -> Tensor:
        total = x[:, 1] - 2 * x[:, 0] + 3 * x[:, 0] * x[:, 1]
        return torch.stack([total, torch.zeros_like(total)], 1)

    metric = Monotonicity(infill="zero", output="logit")
    scene = Scene(Formula(joint), torch.ones(1, 2, dtype=F64))
    best, worse = Seen(metric, scene, told(row(2.0, 1.0)), 1.0), Seen(metric, scene, told(row(1.0, 2.0)), 0.5)
    falling = Seen(metric, Scene(Additive(-STEEP[0]), torch.ones(1, 4, dtype=F64)), told(STEEP), 0.0)
    rising = Seen(metric, Scene(Additive(STEEP[0]), torch.ones(1, 4, dtype=F64)), told(-STEEP), 1.0)
    return Planted(best, worse, [falling], [best], trivial=rising)


@plant("sufficiency")
def sufficiency() -> Planted:
    """Two samples a class; maps that are alike within a class, or only across classes."""
    scene = Scene(Additive(row(1.0, -1.0)[0]), torch.tensor([[1.0, 0], [1, 0], [0, 1], [0, 1]], dtype=F64))
    own, other = torch.eye(2, dtype=F64)[[0, 0, 1, 1]], torch.eye(2, dtype=F64)[[0, 1, 0, 1]]
    best, worst = Seen(Sufficiency(), scene, told(own), 1.0), Seen(Sufficiency(), scene, told(other), 0.0)
    return Planted(best, worst, [worst], [best])


@plant("road")
def road() -> Planted:
    return bright_pixel("morf")


@plant("road [lerf]")
def road_lerf() -> Planted:
    return bright_pixel("lerf")


def bright_pixel(order: Order) -> Planted:
    """The class is told by one pixel of sixteen, which is gone at every share, or at none of those below all."""
    module = Formula(lambda x: torch.stack([x[:, 0, 0, 0], torch.full_like(x[:, 0, 0, 0], 0.5)], 1))
    scene = Scene(module, one_hot(0, 16).view(1, 1, 4, 4))
    metric = Road(order=order)
    first, last = (
        Seen(metric, scene, told(one_hot(0, 16, sign).view(1, 1, 4, 4)), float((sign > 0) == (order == "lerf")))
        for sign in (1.0, -1.0)
    )
    low, high = (first, last) if order == "morf" else (last, first)
    return Planted(first, last, [low], [high])


@plant("roar")
def roar() -> Planted:
    return one_telling_column("morf")


@plant("roar [lerf]")
def roar_lerf() -> Planted:
    return one_telling_column("lerf")


def one_telling_column(order: Order) -> Planted:
    """All samples are of the second class, which only the first column tells; without it nothing is learned."""
    seen = torch.tensor([[1.0, 0.0], [-1.0, 0.0], [2.0, 0.0], [-2.0, 0.0]], dtype=F64)
    labels = torch.tensor([1, 0, 1, 0])
    layer = nn.Linear(2, 2).double().requires_grad_(False)

    def train_on(inputs: Tensor, wanted: Tensor, seed: int) -> Mapping[str, Tensor]:
        """The difference of the classes' means; the first class where there is none."""
        apart = inputs[wanted == 1].mean(0) - inputs[wanted == 0].mean(0)
        return {"weight": torch.stack([-apart, apart]), "bias": torch.zeros(2, dtype=F64)}

    layer.load_state_dict(train_on(seen, labels, 0))
    again = Retraining(seen, labels, lambda wanted, effort: train_on(seen, wanted, 0), train_on)
    targets = torch.ones(2, dtype=torch.int64)
    scene = Scene(layer, seen[[0, 2]], targets=targets, facts=(("retraining", again),))
    metric = Roar(percentages=(50,), order=order, repeats=2)
    knowing, unknowing = (
        Seen(metric, scene, Answers(lambda query, best=best: best.expand(len(query), 2)), score)
        for best, score in ((row(1.0, 0.0), float(order == "lerf")), (row(0.0, 1.0), float(order == "morf")))
    )
    low, high = (knowing, unknowing) if order == "morf" else (unknowing, knowing)
    return Planted(knowing, unknowing, [low], [high])


@plant("irof")
def irof() -> Planted:
    """The answer changes with the superpixel of one pixel: after the first of L removals, or only with the last."""

    def seen(place: float, after: float, side: int = 12, segments: int = 6) -> Seen:
        inputs = torch.zeros(1, 1, side, side, dtype=F64)
        inputs[0, 0, 0, 0] = 1.0
        clean, gone = (0.0, -2000.0) if after == 0 else (-math.log(after), 2000.0)
        module = Formula(
            lambda x: torch.stack([gone + (clean - gone) * x[:, 0, 0, 0].eq(1).to(x), 0 * x[:, 0, 0, 0]], 1)
        )
        scene, method = Scene(module, inputs, ImageDomain(mean=0.5)), told(place * (inputs == 1))
        count = int(scene.asked(method).artifact(Superpixels(segments))["index"].max()) + 1
        rest = 0.0 if after == 0 else 1 + after  # 1 over the clean probability 1 / (1 + after)
        steps = (count - 0.5) if place > 0 else 0.5
        held = 0.5 if place > 0 else count - 0.5
        return Seen(Irof(segments=segments), scene, method, 1 - (held + steps * rest) / count)

    return Planted(
        seen(1.0, 0.0),
        seen(-1.0, 0.0),
        low=[seen(1.0, after) for after in (10.0, 1e9)],
        high=[seen(1.0, 0.0), seen(1.0, 0.0, 48, 120)],
    )


@plant("ssr")
def ssr() -> Planted:
    """One column is enough, or all are needed, or none."""
    metric = SmallestSufficientRegion(infill="zero")
    scene = switch(9.0)
    none = Seen(metric, Scene(Formula(lambda x: 0 * x[:, :2] + row(1.0, 0.0)), scene.inputs), told(STEEP), 0.0)
    last = Seen(metric, scene, told(one_hot(0, 4, -1.0)), 1.0)
    return Planted(Seen(metric, scene, told(one_hot(0, 4)), 0.25), last, [none], [last])


@plant("excess_region")
def excess_region() -> Planted:
    """The map, or what stands for the search, knows which of n columns is enough; the other one needs all."""

    def seen(count: int, own: float, search: float) -> Seen:
        size = SmallestSufficientRegion(infill="zero", steps=count)
        metric = ExcessRegion(size, told(one_hot(0, count, search)))
        score = 0.0 if own == search else (1 / count - 1) * own
        return Seen(metric, switch(9.0, count), told(one_hot(0, count, own)), score)

    return Planted(
        seen(4, 1.0, 1.0),
        seen(4, -1.0, 1.0),
        low=[seen(count, 1.0, -1.0) for count in (2, 40)],
        high=[seen(count, -1.0, 1.0) for count in (2, 40)],
    )


@plant("sdr")
def sdr() -> Planted:
    """The first of n columns decides the class: the smallest share there is, 1 / n, goes to 0."""

    def seen(count: int, value: float, score: float) -> Seen:
        metric = SmallestDestroyingRegion(infill="zero", steps=count)
        module = Formula(lambda x: torch.stack([x[:, 0], torch.full_like(x[:, 0], 0.5)], 1))
        scene = Scene(module, torch.ones(1, count, dtype=F64))
        return Seen(metric, scene, told(one_hot(0, count, value)), score)

    worst = seen(4, -1.0, 1.0)
    return Planted(seen(4, 1.0, 0.25), worst, [seen(n, 1.0, 1 / n) for n in (4, 400)], [worst])


def masked(metric: Metric, first: float, second: float, trivial: bool = False) -> Planted:
    """x_1 speaks for the target as x_2 speaks against it; a map lets one of them through."""
    scene = Scene(Additive(row(2000.0, -2000.0, 0.0)[0]), row(1.0, 1.0, 1.0))
    best, worst = (Seen(metric, scene, told(one_hot(place, 3)), score) for place, score in ((0, first), (1, second)))
    low, high = sorted((best, worst), key=lambda seen: seen.score or 0.0)
    # Everything but a column that the model does not look at.
    everything = Seen(metric, scene, told(1 - one_hot(2, 3)), 0.0) if trivial else None
    return Planted(best, worst, [low], [high], trivial=everything)


plant("average_drop")(lambda: masked(AverageDrop(), 0.0, 1.0, trivial=True))
plant("average_gain")(lambda: masked(AverageGain(), 1.0, 0.0))
plant("average_increase")(lambda: masked(AverageIncrease(), 1.0, 0.0))


@plant("saliency_metric")
def saliency_metric() -> Planted:
    """log(area) - log p: one pixel of n in sight of a sure model, and a model that does not know the class."""

    def seen(height: int, place: int, size: float) -> Seen:
        metric = SaliencyMetric(floor=1e-9)
        inputs = torch.zeros(1, 1, height, 2, dtype=F64)
        inputs[0, 0, 0, 0], inputs[0, 0, 0, 1] = 1.0, -1.0
        module = Formula(lambda x: torch.stack([size * x[:, 0, 0, 0], 0 * x[:, 0, 0, 0]], 1))
        maps = one_hot(place, 2 * height).view(1, 1, height, 2)
        shown = size * float(inputs[0, 0, 0, place])
        score = -math.log(2 * height) + math.log1p(math.exp(-abs(shown))) + max(0.0, -shown)
        return Seen(metric, Scene(module, inputs), told(maps), score)

    return Planted(
        seen(1, 0, 100.0),
        seen(1, 1, 100.0),
        low=[seen(height, 0, 100.0) for height in (1, 30_000)],
        high=[seen(1, 1, size) for size in (10.0, 1000.0)],
    )
