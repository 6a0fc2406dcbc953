"""Known bugs of metrics, put back into whybench's."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import torch
from bug import SLIP, Judge, MetricBug
from torch import Tensor

import whybench
from whybench.cases import Memory
from whybench.domains.infills import Infill
from whybench.explanations import Attribution
from whybench.metrics.attribution.infidelity import relevance_inside, squared_error
from whybench.metrics.attribution.nearby_maps import NearbyMaps
from whybench.metrics.attribution.square_outputs import SquareOutputs
from whybench.protocols import Case
from whybench.sweeps.answers import answers
from whybench.sweeps.ranks import tie_orders

FLIPPING = "pixel_flipping(region=1, steps=64)"
PIXEL_FLIPPING_WITH_ITS_MEAN = "pixel_flipping(region=1, steps=64, infill='image_mean')"
ROAD = "road(output='probability')"


def sound(spec: str) -> Judge:
    """The scores of a registered metric."""
    metric = whybench.metric(spec)
    return lambda case: cast(Tensor, metric.score(case).values)


def on_map(spec: str, change: Callable[[Tensor], Tensor]) -> Judge:
    """The same metric on a map that is changed on the way in."""

    def judge(case: Case[Attribution]) -> Tensor:
        memory = Memory()
        explanation = replace(case.explanation, relevance=change(case.explanation.relevance))
        memory.case = replace(case, explanation=explanation, fetch=memory.fetch)
        return sound(spec)(memory.case)

    return judge


def by_the_inputs_size(case: Case[Attribution]) -> Tensor:
    """The largest move of a map, over the length of the input."""
    maps = case.artifact(NearbyMaps(10, 0.02))
    return maps["distance"].amax(1) / case.inputs.double().flatten(1).norm(dim=1)


def one_region_at_a_time(case: Case[Attribution]) -> Tensor:
    """The area under the output with the k-th region removed alone, the others being put back."""
    places = _places(case)
    infill = case.domain.infill("mean", case.inputs, case.ids, case.streams)
    curve = [_probability(case, infill, torch.ones_like(places, dtype=torch.bool))]
    curve += [_probability(case, infill, places != k) for k in range(places.shape[1])]
    return torch.trapezoid(torch.stack(curve, 1), dx=1 / places.shape[1], dim=1)


def first_minibatch(case: Case[Attribution]) -> Tensor:
    """Every sample gets the mean of the first sixteen."""
    values = sound(ROAD)(case)
    return values[:16].mean().expand_as(values)


def squares_pile_up(case: Case[Attribution]) -> Tensor:
    """The k-th square is removed from the image that has lost the first k - 1 already."""
    squares = SquareOutputs("mean", 2, 100).perturbation(case)
    every = torch.arange(len(case))
    gone, outputs = torch.zeros(len(case), *squares.grid, dtype=torch.bool), []
    for draw in range(squares.draws):
        gone = gone | squares.removed(every, torch.full_like(every, draw))
        outputs.append(answers(case, squares.infill, ~gone, every)["logit"])
    clean = answers(case, squares.infill, torch.ones_like(gone), every)["logit"]
    return squared_error(relevance_inside(case, squares), clean[:, None] - torch.stack(outputs, 1), True)[0]


def drifting_mean(case: Case[Attribution]) -> Tensor:
    """Pixels give way to the mean of the image as it is by then, pixels that gave way before included."""
    return _area_with_mean(case, drifts=True)


def fixed_mean(case: Case[Attribution]) -> Tensor:
    """Pixels give way to the mean of the clean image."""
    return _area_with_mean(case, drifts=False)


def _area_with_mean(case: Case[Attribution], drifts: bool) -> Tensor:
    places = _places(case)
    image = case.inputs.clone()
    fill = image.mean((1, 2, 3), keepdim=True)
    curve = [_answer(case, image)]
    for k in range(places.shape[1]):
        fill = image.mean((1, 2, 3), keepdim=True) if drifts else fill
        image = torch.where((places == k).view(len(case), 1, *image.shape[2:]), fill, image)
        curve.append(_answer(case, image))
    return torch.trapezoid(torch.stack(curve, 1), dx=1 / places.shape[1], dim=1)


def _places(case: Case[Attribution]) -> Tensor:
    """Each pixel's place in the order of the map, (n, pixels); ties in a random order."""
    explanation, shape = case.explanation, tuple(case.inputs.shape)
    values = case.domain.per_feature(explanation.relevance, explanation.polarity, shape).flatten(1)
    return tie_orders(values, case.ids, case.streams)[:, 0]


def _probability(case: Case[Attribution], infill: Infill, kept: Tensor) -> Tensor:
    shape = case.domain.grid(case.inputs.shape)
    return answers(case, infill, kept.view(len(case), *shape), torch.arange(len(case)))["probability"]


def _answer(case: Case[Attribution], inputs: Tensor) -> Tensor:
    return case.predict(inputs).double().softmax(1).gather(1, case.targets[:, None]).squeeze(1)


def nothing(case: Case[Attribution]) -> Tensor:
    return torch.zeros(len(case), dtype=torch.float64)


def of_the_neighbour(relevance: Tensor) -> Tensor:
    """Sample i has the map of sample i - 1."""
    return relevance.roll(1, 0)


def exactly(case: Case[Attribution]) -> Tensor:
    """1 where the sum is met to the last bit of float32."""
    details: Any = whybench.metric("completeness").score(case).details
    return (details["total"].float() == details["change"].float()).double()


def less_than_one(judge: Judge) -> Judge:
    return lambda case: 1 - judge(case)


FLIPPED = sound(FLIPPING)
METRIC_BUGS = (
    MetricBug(
        "Quantus #113",
        "the area under IROF's curve is returned where the area over it is defined",
        "irof",
        less_than_one(sound("irof")),
        True,
        "the best and the worst order of a planted model",
    ),
    MetricBug(
        "Quantus d55e3631",
        "regions that were removed are put back at the next step",
        FLIPPING,
        one_region_at_a_time,
        False,
        "the law of the reversed map",
    ),
    MetricBug(
        "Quantus #110",
        "the absolute value is taken before normalising, so that signs are lost",
        FLIPPING,
        on_map(FLIPPING, torch.abs),
        False,
        "the law of the reversed map",
    ),
    MetricBug(
        "Quantus PR #357",
        "height and width of the map are exchanged",
        FLIPPING,
        on_map(FLIPPING, lambda relevance: relevance.mT),
        False,
        "an image that is not square",
    ),
    MetricBug(
        "Quantus 0.6.0, PixelFlipping",
        "the area leaves out the clean point and takes 1 for the distance of two steps",
        FLIPPING,
        sound("pixel_flipping(region=1, steps=64, average='sum_after')"),
        False,
        "the same map at other steps",
    ),
    MetricBug(
        "Quantus 0.6.0, baselines by name",
        "the fill is the mean of the image as it is by then, not of the clean one",
        PIXEL_FLIPPING_WITH_ITS_MEAN,
        drifting_mean,
        False,
        "a slow reference",
    ),
    MetricBug(
        "OpenXAI #28",
        "the complement of the most relevant features is perturbed",
        FLIPPING,
        sound("pixel_flipping(region=1, steps=64, order='lerf')"),
        False,
        "the best and the worst order of a planted model",
    ),
    MetricBug(
        "Quantus, RegionPerturbation",
        "the drop of the output is declared to be better when lower",
        "aopc",
        sound("aopc"),
        False,
        "the direction derived from a planted model",
    ),
    MetricBug(
        "Quantus #333", "the score is 0 whatever the map", ROAD, nothing, False, "the best order of a planted model"
    ),
    MetricBug(
        "Quantus 0.6.0, ROAD",
        "all samples get what the first minibatch got",
        ROAD,
        first_minibatch,
        False,
        "batch 1 and batch n",
    ),
    MetricBug(
        "quanda 35ce3229",
        "a cache hands each sample the map of the one before",
        "srg",
        on_map("srg", of_the_neighbour),
        True,
        "another order of the samples",
    ),
    MetricBug(
        "Quantus #288",
        "the move of the map is divided by the length of the input",
        "sensitivity_max",
        by_the_inputs_size,
        False,
        "a map ten times as large",
    ),
    MetricBug(
        "Captum #613",
        "the map is compared with the output without the best scale",
        "infidelity",
        sound("infidelity(scaled=False)"),
        False,
        "a map ten times as large",
    ),
    MetricBug(
        "Quantus, Infidelity",
        "squares that were removed stay so for the following draws",
        "infidelity(side=0.25)",
        squares_pile_up,
        False,
        "the contributions of an additive model",
    ),
    MetricBug(
        SLIP,
        "the sign of relevance is lost",
        "faithfulness_correlation",
        on_map("faithfulness_correlation", torch.abs),
        True,
        "the law of the reversed map",
    ),
    MetricBug(
        "Quantus, Completeness",
        "sums are compared bit by bit",
        "completeness",
        exactly,
        True,
        "the contributions of a linear model",
    ),
)
"""Each beside the metric as it should be; `pixel_flipping(infill='image_mean')` is `fixed_mean`."""

SOUND = {PIXEL_FLIPPING_WITH_ITS_MEAN: (fixed_mean, False)}
"""Metrics that are not registered: how they judge, and whether more is better."""
