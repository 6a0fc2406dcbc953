"""Smallest sufficient and destroying regions: exact on planted patches, both crossings, censoring."""

import pytest
import torch
from stored_maps import case, draw, nonlinear
from torch import Tensor, nn

from whybench.domains import ImageDomain
from whybench.errors import BadParameter
from whybench.metrics.attribution import SmallestDestroyingRegion, SmallestSufficientRegion

ONES = torch.ones(1, 1, 8, 8, dtype=torch.float64)
PATCH = torch.zeros(8, 8, dtype=torch.bool)
PATCH[2:6, 3:6] = True


class Counting(nn.Module):
    """Class 0 where at least `needed` pixels of the patch are there."""

    def __init__(self, needed: int, patch: Tensor = PATCH) -> None:
        super().__init__()
        self.needed, self.patch = needed, patch

    def forward(self, x: Tensor) -> Tensor:
        logit = 40 * (x[:, 0, self.patch].sum(1) - self.needed + 0.5)
        return torch.stack([logit, torch.zeros_like(logit)], 1)


class Table(nn.Module):
    """The probability of class 0 looked up by the number of ones in the image."""

    def __init__(self, probability: list[float]) -> None:
        super().__init__()
        self.probability = torch.tensor(probability, dtype=torch.float64)

    def forward(self, x: Tensor) -> Tensor:
        p = self.probability[x.flatten(1).sum(1).long()]
        return torch.stack([p, 1 - p], 1).log()


def sizes(maps: Tensor, module: nn.Module, **parameters) -> tuple[float, float]:
    opened = case(module, ONES, maps)
    common = {"infill": "zero", "steps": 64, "region": 1, **parameters}
    smallest = SmallestSufficientRegion(**common), SmallestDestroyingRegion(**common)
    return tuple(float(metric.score(opened).values[0]) for metric in smallest)


def test_a_planted_patch_is_measured_exactly() -> None:
    noise = 0.1 * draw(1, 1, 8, 8).abs()
    oracle = PATCH.double() + noise
    for needed in (1, 5, 9, 12):
        assert sizes(oracle, Counting(needed)) == (needed / 64, (12 - needed + 1) / 64)
        assert sizes(-oracle, Counting(needed)) == ((52 + needed) / 64, (52 + 12 - needed + 1) / 64)


def test_no_map_is_below_the_oracle() -> None:
    best = sizes(PATCH.double() + 0.1 * draw(1, 1, 8, 8).abs(), Counting(9))
    for seed in range(10):
        other = sizes(draw(1, 1, 8, 8, seed=seed), Counting(9))
        assert other[0] >= best[0]
        assert other[1] >= best[1]


def test_a_patch_on_the_region_grid_counts_by_its_features() -> None:
    patch = torch.zeros(8, 8, dtype=torch.bool)
    patch[3:6, 3:6] = True
    relevance = patch.double()[None, None] + 0.01 * draw(1, 1, 8, 8).abs()
    assert sizes(relevance, Counting(9, patch), region=3) == (9 / 64, 9 / 64)


def staircase(probability: list[float], direction: str, **parameters):
    image = torch.ones(1, 1, 1, 4, dtype=torch.float64)
    opened = case(Table(probability), image, torch.tensor([[[[4.0, 3.0, 2.0, 1.0]]]], dtype=torch.float64))
    metric = {"ssr": SmallestSufficientRegion, "sdr": SmallestDestroyingRegion}[direction]
    return metric(infill="zero", region=1, steps=4, **parameters).score(opened)


def test_first_and_sustained_crossing_differ_where_the_curve_is_not_monotone() -> None:
    probability = [0.1, 0.85, 0.3, 0.8, 0.9]
    for crossing, other, sufficient, destroying in (
        ("first", "sustained", (0.25, 0.75), (0.5, 1.0)),
        ("sustained", "first", (0.75, 0.25), (1.0, 0.5)),
    ):
        ssr = staircase(probability, "ssr", threshold=0.85, crossing=crossing)
        sdr = staircase(probability, "sdr", crossing=crossing)
        assert (float(ssr.values[0]), float(ssr.details[other][0])) == sufficient
        assert (float(sdr.values[0]), float(sdr.details[other][0])) == destroying
        assert not ssr.censored
        assert not sdr.censored


def test_bisection_would_miss_the_first_crossing() -> None:
    assert float(staircase([0.1, 0.9, 0.1, 0.1, 0.9], "ssr").values[0]) == 0.25


def test_sufficient_needs_the_class_and_the_share_of_the_clean_probability() -> None:
    assert float(staircase([0.1, 0.55, 0.6, 0.6, 0.6], "ssr").values[0]) == 0.25
    assert float(staircase([0.1, 0.53, 0.6, 0.6, 0.6], "ssr").values[0]) == 0.5
    assert float(staircase([0.1, 0.45, 0.6, 0.6, 0.6], "ssr", threshold=0.5).values[0]) == 0.5
    assert float(staircase([0.1, 0.45, 0.8, 0.7, 0.8], "ssr", threshold=1.0).values[0]) == 0.5
    assert float(staircase([0.8, 0.8, 0.8, 0.8, 0.8], "ssr").values[0]) == 0.0


def test_what_is_never_reached_is_one_and_censored() -> None:
    never = staircase([0.6, 0.7, 0.8, 0.9, 0.95], "sdr")
    assert never.values.tolist() == [1.0]
    assert never.censored == {0: "removing everything in this order does not change the class"}
    assert never.details["sustained_censored"].tolist() == [1.0]
    whole = staircase([0.1, 0.2, 0.3, 0.4, 0.95], "ssr")
    assert whole.values.tolist() == [1.0]
    assert whole.censored == {0: "nothing less than the whole input is sufficient"}
    back = staircase([0.6, 0.4, 0.8, 0.9, 0.95], "sdr")
    assert back.values.tolist() == [0.75]
    assert back.censored == {}
    assert back.details["sustained"].tolist() == [1.0]
    assert back.details["sustained_censored"].tolist() == [1.0]
    last = staircase([0.4, 0.6, 0.8, 0.9, 0.95], "sdr")
    assert last.values.tolist() == [1.0]
    assert last.censored == {}


def test_tied_maps_take_the_mean_of_the_two_orders() -> None:
    opened = case(Counting(9), ONES, torch.zeros_like(ONES))
    scores = SmallestSufficientRegion(infill="zero", steps=64, region=1).score(opened)
    order = opened.streams.permutation("sweep/ties", "0", 0, 64).tolist()
    patch = PATCH.flatten().tolist()
    enough = []
    for walk in (order, order[::-1]):
        found = [place for place, pixel in enumerate(walk, start=1) if patch[pixel]]
        enough.append(found[8] / 64)
    assert float(scores.values[0]) == sum(enough) / 2
    assert scores.details["ties"].tolist() == [64.0]


@pytest.mark.parametrize("infill", ImageDomain.infills)
def test_against_a_slow_reading_of_each_step(infill: str) -> None:
    net, images, maps = nonlinear(36), 4 * draw(6, 1, 6, 6).sigmoid() - 2, draw(6, 1, 6, 6, seed=1)
    domain = ImageDomain(low=-2.0, high=2.0, mean=0.2)
    targets = net(images).argmax(1)
    opened = case(net, images, maps, domain=domain, targets=targets)
    ssr = SmallestSufficientRegion(infill=infill, region=1, steps=36, threshold=0.8).score(opened)
    sdr = SmallestDestroyingRegion(infill=infill, region=1, steps=36).score(opened)
    fill = domain.infill(infill, images, opened.ids, opened.streams)
    for sample in range(6):
        order = maps[sample].sum(0).flatten().argsort(descending=True)
        clean = net(images[sample : sample + 1]).softmax(1)[0]
        sufficient = destroying = 1.0
        for k in range(36, -1, -1):
            first = torch.zeros(36, dtype=torch.bool)
            first[order[:k]] = True
            both = torch.stack([first, ~first]).view(2, 6, 6)
            kept, removed = net(fill.apply(both, torch.tensor([sample, sample]))).softmax(1)
            if kept.argmax() == clean.argmax() and kept.max() >= 0.8 * clean.max():
                sufficient = k / 36
            if removed.argmax() != clean.argmax():
                destroying = k / 36
        assert float(ssr.values[sample]) == pytest.approx(sufficient, abs=1e-12)
        assert float(sdr.values[sample]) == pytest.approx(destroying, abs=1e-12)


def test_bad_parameters() -> None:
    with pytest.raises(BadParameter, match=r"ssr: threshold=0; a number above 0"):
        SmallestSufficientRegion(threshold=0)
    with pytest.raises(BadParameter, match=r"sdr: crossing='last'; allowed: first, sustained"):
        SmallestDestroyingRegion(crossing="last")
    assert not SmallestDestroyingRegion().higher_is_better
