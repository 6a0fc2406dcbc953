"""Metrics on stratified steps: unbiased by exact expectation, the laws draw by draw, k passes a sample and sweep."""

import pytest
import torch
from stored_maps import Additive, Stored, case, draw, nonlinear, walk

from whybench.domains import ImageDomain
from whybench.errors import BadParameter
from whybench.metrics.attribution import (
    Abpc,
    Aopc,
    Insertion,
    Monotonicity,
    PixelFlipping,
    Selectivity,
    SmallestSufficientRegion,
    SymmetricRelevanceGain,
)
from whybench.streams import Streams

IMAGES, MAPS = draw(3, 1, 3, 5), draw(3, 1, 3, 5, seed=1)
MAPS[1] = MAPS[1].round()
MAPS[2] = 0
DOMAIN = ImageDomain(low=-2.0, high=2.0, mean=0.1)
PIXELS = 15
EXACTLY = {"rtol": 0, "atol": 1e-12}


def opened(maps=MAPS, **options):
    return case(nonlinear(PIXELS), IMAGES, maps, domain=DOMAIN, **options)


def scored(metric, of):
    return metric.score(of).values


@pytest.mark.parametrize(("region", "count"), [(1, 1), (1, 4), (2, 3), (2, 11)])
def test_the_exact_expectation_is_the_area_of_the_full_curve(monkeypatch, region, count) -> None:
    """Scores are constant in the offsets between multiples of 1 / 2 pixels, and a sum over the strata."""
    common = {"region": region, "infill": "mean"}
    metrics = (PixelFlipping, Insertion, SymmetricRelevanceGain, Aopc, Abpc)
    sums = [torch.zeros(3, dtype=torch.float64) for _ in metrics]
    uniforms = Streams.uniforms
    for m in range(2 * PIXELS):

        def placed(self, role, draws, shape, m=m):
            there = torch.full((len(draws), *shape), (m + 0.5) / (2 * PIXELS), dtype=torch.float64)
            return there if role == "sweep/strata" else uniforms(self, role, draws, shape)

        monkeypatch.setattr(Streams, "uniforms", placed)
        of = opened(rows=512)
        for total, metric in zip(sums, metrics, strict=True):
            total += scored(metric(**common, steps=f"stratified({count})"), of) / (2 * PIXELS)
    of = opened()
    for total, metric in zip(sums, metrics, strict=True):
        torch.testing.assert_close(total, scored(metric(**common, steps=PIXELS), of), **EXACTLY)


def test_two_even_steps_are_biased_where_two_strata_are_not() -> None:
    weight = torch.zeros(1, 3, 5, dtype=torch.float64)
    weight[0, 0, 0] = 1.0
    maps = ((IMAGES - 0.1) * weight).abs() + 1e-3 * draw(1, 1, 3, 5).abs()
    common = {"region": 1, "output": "logit"}
    of = case(Additive(weight), IMAGES, maps, domain=DOMAIN)
    full, even = (scored(PixelFlipping(**common, steps=s), of) for s in (PIXELS, 2))
    assert ((even - full).abs() > 0.1 * (IMAGES[:, 0, 0, 0] - 0.1).abs()).all()


def test_scores_are_those_of_a_slow_walk() -> None:
    net, count = nonlinear(PIXELS), 6
    of = opened()
    for sample in range(3):
        offset = [
            (i + float(v)) / count for i, v in enumerate(Streams(0).uniform("sweep/strata", str(sample), 0, (count,)))
        ]
        points = [int(PIXELS * u + 0.5) for u in offset]
        areas = []
        for insertion in (False, True):
            both = []
            for flipped in (False, True):
                _, y = walk(
                    MAPS[sample],
                    IMAGES[sample],
                    torch.full((1, 3, 5), 0.1, dtype=torch.float64),
                    lambda row: float(net(row).detach().softmax(1)[0, 0]),
                    region=1,
                    points=[PIXELS - p for p in points] if insertion else points,
                    insertion=insertion,
                    sample=str(sample),
                    flipped=flipped,
                )
                both.append(sum(y) / count)
            areas.append(sum(both) / 2)
        common = {"region": 1, "steps": f"stratified({count})"}
        assert float(scored(PixelFlipping(**common), of)[sample]) == pytest.approx(areas[0], abs=1e-12)
        assert float(scored(Insertion(**common), of)[sample]) == pytest.approx(areas[1], abs=1e-12)
        clean = float(net(IMAGES)[sample].detach().softmax(0)[0])
        assert float(scored(Aopc(**common), of)[sample]) == pytest.approx(clean - areas[0], abs=1e-12)


@pytest.mark.parametrize("region", [1, 2])
@pytest.mark.parametrize("output", ["probability", "accuracy", "logit"])
def test_the_laws_of_reversal_hold_draw_by_draw(region, output) -> None:
    common = {"region": region, "steps": "stratified(4)", "output": output, "infill": "mean"}
    there, back = opened(), opened(-MAPS)
    srg, abpc = SymmetricRelevanceGain(**common), Abpc(**common)
    torch.testing.assert_close(scored(srg, back), -scored(srg, there), **EXACTLY)
    torch.testing.assert_close(scored(abpc, there), scored(srg, there), **EXACTLY)
    most, least = PixelFlipping(**common), PixelFlipping(order="lerf", **common)
    torch.testing.assert_close(scored(most, back), scored(least, there), **EXACTLY)
    torch.testing.assert_close(scored(Insertion(**common), there), scored(least, there), **EXACTLY)
    torch.testing.assert_close(scored(Selectivity(**common), there), scored(most, there), **EXACTLY)
    assert float(scored(srg, there)[2]) == pytest.approx(0.0, abs=1e-12)  # the constant map
    curves = srg.score(there).curves
    assert curves.x.shape[0] == 3
    assert (curves.x.diff(dim=1) >= 0).all()
    assert curves.y_name == f"lerf - morf, {output}"
    if region == 1:  # larger ones are uneven, and the two orders are measured at different fractions
        between = least.score(there).curves.y - most.score(there).curves.y
        torch.testing.assert_close(curves.y, between, **EXACTLY)


def test_all_maps_of_a_sample_are_asked_at_the_same_shares() -> None:
    metric = PixelFlipping(region=1, steps="stratified(5)")
    shares = [metric.score(opened(maps)).curves.x for maps in (MAPS, draw(3, 1, 3, 5, seed=9))]
    assert torch.equal(*shares)
    assert not torch.equal(shares[0][0], shares[0][1])


def test_k_passes_a_sweep_and_one_for_the_clean_inputs() -> None:
    net, rows = nonlinear(PIXELS), []
    net.register_forward_hook(lambda _module, inputs, _output: rows.append(len(inputs[0])))
    of = case(net, IMAGES[:1], Stored(MAPS), domain=DOMAIN)
    common = {"region": 1, "steps": "stratified(4)", "infill": "mean"}
    for metric in (PixelFlipping, Selectivity, Insertion, Abpc, SymmetricRelevanceGain):
        metric(**common).score(of)
    assert sum(rows) == 2 * 4
    Aopc(**common).score(of)
    assert sum(rows) == 2 * 4 + 1


def test_batches_and_order_change_nothing() -> None:
    metric = SymmetricRelevanceGain(region=1, steps="stratified(3)", infill="noisy_linear")
    whole = scored(metric, opened())
    torch.testing.assert_close(scored(metric, opened(rows=1)), whole, **EXACTLY)


@pytest.mark.parametrize("metric", [SmallestSufficientRegion, Monotonicity])
def test_metrics_that_need_the_ends_or_the_order_refuse_it(metric) -> None:
    with pytest.raises(BadParameter, match="steps='stratified"):
        metric(steps="stratified(4)")


def test_it_estimates_the_area_and_nothing_else() -> None:
    with pytest.raises(BadParameter, match="stratified steps estimate the area"):
        PixelFlipping(steps="stratified(4)", average="mean")
    with pytest.raises(BadParameter, match="steps='stratified"):
        SymmetricRelevanceGain(steps="stratified(0)")
