"""Bugs of metrics and data, put back into small variants of whybench's."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from corpus_row import Row, misjudging
from torch import Tensor

import whybench
from whybench.cases import Memory
from whybench.metrics.attribution.nearby_maps import NearbyMaps
from whybench.protocols import Case, Curves, Metric, Scores

IROF = "irof(segments=4)"
ROAD = "road(percentages=(20, 60), output='probability')"
MPRT = "mprt(seeds=2)"


def plain(values: Tensor) -> Scores:
    return Scores(values.double())


def reversed_area(metric: Metric[Any], case: Case[Any]) -> Scores:
    """The area under the curve in the place of that above it."""
    return plain(1 - metric.score(case).values)


def by_the_inputs_size(metric: Metric[Any], case: Case[Any]) -> Scores:
    """The largest move of a map over the length of the input."""
    moved = case.artifact(NearbyMaps(10, 0.02))["distance"].amax(1)
    length = case.explanation.relevance.double().flatten(1).norm(dim=1)
    return plain(moved * length / case.inputs.double().flatten(1).norm(dim=1))


def on_map(case: Case[Any], relevance: Tensor) -> Case[Any]:
    """The same case with another map."""
    memory = Memory()
    memory.case = replace(case, explanation=replace(case.explanation, relevance=relevance), fetch=memory.fetch)
    return memory.case


def sign_lost(metric: Metric[Any], case: Case[Any]) -> Scores:
    return metric.score(on_map(case, case.explanation.relevance.abs()))


def transposed(metric: Metric[Any], case: Case[Any]) -> Scores:
    turned = case.explanation.relevance.mT.reshape(case.explanation.relevance.shape)
    return metric.score(on_map(case, turned))


def walked(case: Case[Any], hide: Callable[[Tensor, Tensor, int], Tensor]) -> Scores:
    """The area under the output; hide: (image as it is by now, clean image, pixel) -> what is shown next."""
    shape = tuple(case.inputs.shape)
    values = case.domain.per_feature(case.explanation.relevance, case.explanation.polarity, shape).flatten(1)
    outputs = []
    for image, pixels in zip(case.inputs, values.argsort(1, descending=True), strict=True):
        shown = [image]
        for pixel in pixels.tolist():
            shown.append(hide(shown[-1], image, pixel))
        outputs.append(case.predict(torch.stack(shown))[:, 0].double())
    y = torch.stack(outputs)
    x = torch.linspace(0, 1, y.shape[1], dtype=torch.float64).expand_as(y)
    return Scores(torch.trapezoid(y, x, dim=1), curves=Curves(x, y, "fraction removed", "output"))


def not_accumulated(metric: Metric[Any], case: Case[Any]) -> Scores:
    """Each step begins with the clean image again."""
    return walked(case, lambda image, clean, pixel: hidden(clean, pixel))


def beyond_the_patch(metric: Metric[Any], case: Case[Any]) -> Scores:
    """The neighbour to the right is hidden as well."""
    return walked(case, lambda image, clean, pixel: hidden(hidden(image, pixel), pixel + 1))


def hidden(image: Tensor, pixel: int) -> Tensor:
    """The image with one pixel at the mean, which is 0 here."""
    found = image.clone()
    found.flatten(1)[:, pixel % found[0].numel()] = 0
    return found


def by_rows(metric: Metric[Any], case: Case[Any]) -> Scores:
    """The mean of those that share a pass."""
    values = metric.score(case).values
    return plain(torch.cat([part.mean().expand_as(part) for part in torch.split(values, case.rows)]))


def none_alone(metric: Metric[Any], case: Case[Any]) -> Scores:
    """A correlation over the samples, which a single one has not."""
    values = metric.score(case).values
    return plain(values - values.mean())


def nothing(metric: Metric[Any], case: Case[Any]) -> Scores:
    return plain(torch.zeros(len(case)))


def seeds_torch(metric: Metric[Any], case: Case[Any]) -> Scores:
    torch.manual_seed(1)
    return metric.score(case)


def to_the_last_bit(metric: Metric[Any], case: Case[Any]) -> Scores:
    """Sums of float32, compared in the order in which rows come."""
    details: Any = metric.score(case).details
    return plain((details["total"] == details["change"]).double() + len(case) * 1e-9)


def over_the_batch(metric: Metric[Any], case: Case[Any]) -> Scores:
    """Maps are divided by the largest value of all samples."""
    return plain(metric.score(case).values * case.explanation.relevance.double().abs().amax())


def other_weights_each_time(metric: Metric[Any], case: Case[Any]) -> Scores:
    """Dropout is active for the second map."""
    return plain(metric.score(case).values + 0.01)


def complement(metric: Metric[Any], case: Case[Any]) -> Scores:
    """What is least relevant is perturbed."""
    return metric.score(on_map(case, -case.explanation.relevance))


def metric(spec: str) -> Metric[Any]:
    made: Metric[Any] = whybench.metric(spec)
    return made


FLIPPING = "pixel_flipping(output='logit')"
METRICS = (
    Row(
        "Quantus #113",
        "the area under the curve for the one above it",
        IROF,
        misjudging(metric(IROF), reversed_area),
        "C25",
    ),
    Row(
        "Quantus #288",
        "the move of the map is divided by the length of the input",
        "sensitivity_max",
        misjudging(metric("sensitivity_max"), by_the_inputs_size),
        "C26",
    ),
    Row("Quantus #110", "the sign of relevance is lost", FLIPPING, misjudging(metric(FLIPPING), sign_lost), "C30"),
    Row(
        "Quantus d55e3631",
        "what was removed comes back",
        FLIPPING,
        misjudging(metric(FLIPPING), not_accumulated),
        "C28",
    ),
    Row(
        "Quantus b840c737",
        "more is hidden than the region",
        FLIPPING,
        misjudging(metric(FLIPPING), beyond_the_patch),
        "C28",
    ),
    Row(
        "Quantus PR #357",
        "height and width of the map are exchanged",
        "pointing_game",
        misjudging(metric("pointing_game"), transposed),
        "C25",
    ),
    Row(
        "Quantus PR #351",
        "samples of one pass share a number",
        "infidelity",
        misjudging(metric("infidelity"), by_rows),
        "C6",
    ),
    Row(
        "Quantus 99ba309e",
        "a sample by itself has no score",
        "faithfulness_correlation",
        misjudging(metric("faithfulness_correlation"), none_alone),
        "C8",
    ),
    Row("Quantus #333", "0 whatever the map", ROAD, misjudging(metric(ROAD), nothing), "C25"),
    Row("Quantus, MPRT", "torch's global generator is seeded", MPRT, misjudging(metric(MPRT), seeds_torch), "C5"),
    Row(
        "Quantus, Completeness",
        "sums are compared to the last bit",
        "completeness",
        misjudging(metric("completeness"), to_the_last_bit),
        "C8",
    ),
    Row(
        "Quantus, normalise_by_max",
        "the largest value is that of the whole batch",
        "complexity",
        misjudging(metric("complexity"), over_the_batch),
        "C8",
    ),
    Row(
        "captum #613",
        "the map has no best scale",
        "infidelity",
        misjudging(metric("infidelity"), lambda _, case: metric("infidelity(scaled=False)").score(case)),
        "C26",
    ),
    Row("OpenXAI #28", "the complement is perturbed", FLIPPING, misjudging(metric(FLIPPING), complement), "C25"),
    Row(
        "TransformerLens #1787, metrics",
        "dropout is active for the second map",
        "random_logit",
        misjudging(metric("random_logit"), other_weights_each_time),
        "C27",
    ),
    Row(
        "interpreto #147",
        "higher is said to be better where lower is",
        FLIPPING,
        misjudging(metric(FLIPPING), lambda made, case: made.score(case), higher_is_better=True),
        "C25",
    ),
)
