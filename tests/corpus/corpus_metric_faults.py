"""Small variants of metrics with a known bug of the field put back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
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
