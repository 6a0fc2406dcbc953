"""aopc, abpc and selectivity: slow walks, exact relations to pixel flipping and srg, closed forms, shared passes."""

import dataclasses

import pytest
import torch
from stored_maps import Additive, case, draw, nonlinear, trapezoid, walk

from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.metrics.attribution import (
    Abpc,
    Aopc,
    Insertion,
    PixelFlipping,
    Selectivity,
    SymmetricRelevanceGain,
)
from whybench.sweeps.steps import step_grid

MEAN = torch.tensor([0.3, -0.2], dtype=torch.float64)[:, None, None]
IMAGES, MAPS = draw(4, 2, 7, 5), draw(4, 2, 7, 5, seed=1)
TIED = (2 * MAPS).round() / 2 * (torch.arange(7) % 2)[:, None]
RULES = (28, 5, "every(1)", "every(3)", "every(2, 4)", "tenths(5)")
AVERAGES = ("area", "steps", "mean", "mean_after")


def image_case(maps=MAPS, module=None, **options):
    domain = ImageDomain(low=-2.0, high=2.0, mean=MEAN)
    return case(module or nonlinear(70), IMAGES, maps, domain=domain, **options)


def scored(metric, opened):
    return metric.score(opened).values


@pytest.mark.parametrize("maps", [MAPS, TIED], ids=["untied", "tied"])
@pytest.mark.parametrize(("region", "steps", "count"), [(1, 35, 35), (2, 5, 12)])
def test_scores_are_those_of_a_slow_walk(maps, region, steps, count) -> None:
    net = nonlinear(70)
    opened, points = image_case(maps, net), step_grid(count, steps).tolist()
    parameters = {"region": region, "steps": steps}
    for sample in range(4):

        def curves(relevance, sample=sample):
            for flipped in (False, True):
                x, y = walk(
                    relevance,
                    IMAGES[sample],
                    MEAN.expand(2, 7, 5),
                    lambda row: float(net(row).detach().softmax(1)[0, 0]),
                    region=region,
                    points=points,
                    sample=str(sample),
                    flipped=flipped,
                )
                yield trapezoid(x, y), trapezoid(x, [y[0] - v for v in y])

        most, least = list(curves(maps[sample])), list(curves(-maps[sample]))
        area, drop = (sum(pair[i] for pair in most) / 2 for i in (0, 1))
        assert float(scored(Aopc(**parameters), opened)[sample]) == pytest.approx(drop, abs=1e-12)
        assert float(scored(Selectivity(**parameters), opened)[sample]) == pytest.approx(area, abs=1e-12)
        between = sum(pair[0] for pair in least) / 2 - area
        assert float(scored(Abpc(**parameters), opened)[sample]) == pytest.approx(between, abs=1e-12)


@pytest.mark.parametrize("maps", [MAPS, TIED, torch.zeros_like(MAPS)], ids=["untied", "tied", "constant"])
@pytest.mark.parametrize("steps", RULES)
@pytest.mark.parametrize("average", AVERAGES)
def test_all_are_linear_functions_of_two_pixel_flippings(maps, steps, average) -> None:
    net = nonlinear(70)
    opened = image_case(maps, net)
    common = {"region": 2, "steps": steps, "average": average}
    clean = net(IMAGES).softmax(1)[:, 0].detach()
    most = scored(PixelFlipping(**common), opened)
    least = scored(PixelFlipping(order="lerf", **common), opened)
    exactly = {"rtol": 0, "atol": 1e-12}
    torch.testing.assert_close(scored(Aopc(**common), opened), clean - most, **exactly)
    torch.testing.assert_close(scored(Aopc(order="lerf", **common), opened), clean - least, **exactly)
    torch.testing.assert_close(scored(Abpc(**common), opened), least - most, **exactly)
    torch.testing.assert_close(scored(Selectivity(**common), opened), most, **exactly)
    if isinstance(steps, int) and average == "area":
        srg = SymmetricRelevanceGain(infill="mean", region=2, steps=steps)
        torch.testing.assert_close(scored(Abpc(**common), opened), scored(srg, opened), **exactly)
        torch.testing.assert_close(scored(Insertion(**common), opened), least, **exactly)


@pytest.mark.parametrize("steps", RULES)
@pytest.mark.parametrize("average", [*AVERAGES, "sum_after"])
def test_the_reversed_map_swaps_morf_and_lerf(steps, average) -> None:
    common = {"region": 1, "steps": steps, "average": average}
    for maps in (MAPS, TIED):
        there, back = image_case(maps), image_case(-maps)
        for metric in (PixelFlipping, Aopc):
            most, least = metric(**common), metric(order="lerf", **common)
            torch.testing.assert_close(scored(most, there), scored(least, back), rtol=0, atol=1e-12)
            torch.testing.assert_close(scored(least, there), scored(most, back), rtol=0, atol=1e-12)
        between = Abpc(**common)
        torch.testing.assert_close(scored(between, there), -scored(between, back), rtol=0, atol=1e-12)


def test_closed_forms_of_oracle_inverse_and_constant_on_an_additive_model() -> None:
    weight = draw(2, 7, 5, seed=2)
    contribution = (IMAGES - MEAN) * weight
    falling = contribution.sum(1).flatten(1).sort(1, descending=True).values
    left = 1 - (torch.arange(35, dtype=torch.float64) + 0.5) / 35
    best, worst, total = (falling * left).sum(1), (falling.flip(1) * left).sum(1), falling.sum(1)
    common = {"region": 1, "steps": 35, "output": "logit"}
    for maps, aopc, between in (
        (contribution, best, best - worst),
        (-contribution, worst, worst - best),
        (torch.zeros_like(contribution), total / 2, torch.zeros(4, dtype=torch.float64)),
    ):
        opened = image_case(maps, Additive(weight))
        torch.testing.assert_close(scored(Aopc(**common), opened), aopc, rtol=0, atol=1e-12)
        torch.testing.assert_close(scored(Abpc(**common), opened), between, rtol=0, atol=1e-12)
    for seed in range(10):
        other = image_case(draw(4, 2, 7, 5, seed=100 + seed), Additive(weight))
        assert ((worst < scored(Aopc(**common), other)) & (scored(Aopc(**common), other) < best)).all()


def test_directions_are_those_that_the_planted_model_gives() -> None:
    weight = draw(2, 7, 5, seed=2)
    oracle = (IMAGES - MEAN) * weight
    good, bad = image_case(oracle, Additive(weight)), image_case(-oracle, Additive(weight))
    for metric in (
        Aopc(),
        Aopc(order="lerf"),
        Abpc(),
        Selectivity(),
        Insertion(),
        PixelFlipping(),
        PixelFlipping(order="lerf"),
        *(cls.preset(name) for cls in (PixelFlipping, Insertion, Aopc, Abpc, Selectivity) for name in cls.presets),
    ):
        fitting = dataclasses.replace(metric, region=1, steps="every(1)")
        assert ((scored(fitting, good) > scored(fitting, bad)) == metric.higher_is_better).all(), metric
        assert metric.range == (-float("inf"), float("inf"))


def test_region_perturbation_of_quantus_declares_drops_as_lower_is_better_and_ours_does_not() -> None:
    assert Aopc.preset("quantus").higher_is_better
    assert not dataclasses.replace(Aopc.preset("quantus"), order="lerf").higher_is_better


def test_scaling_and_permuting_leave_the_scores_alone() -> None:
    order = torch.tensor([2, 0, 3, 1])
    for metric in (Aopc(region=1, steps=7), Abpc(region=2), Selectivity(region=1, steps="every(4)")):
        reference = scored(metric, image_case())
        assert torch.equal(scored(metric, image_case(4 * MAPS)), reference)
        assert torch.equal(scored(metric, image_case(MAPS.flip(1) * 0.5)), reference)
        domain = ImageDomain(low=-2.0, high=2.0, mean=MEAN)
        permuted = case(nonlinear(70), IMAGES[order], MAPS[order], domain=domain, rows=3)
        torch.testing.assert_close(scored(metric, permuted), reference[order], rtol=0, atol=1e-12)


def test_aopc_abpc_and_selectivity_add_no_pass_to_the_two_sweeps() -> None:
    net, seen = nonlinear(70), []
    opened = image_case(MAPS, net)
    net.register_forward_hook(lambda _module, inputs, _output: seen.append(len(inputs[0])))
    common = {"region": 1, "steps": 9}
    for metric in (PixelFlipping(**common), Insertion(**common)):
        metric.score(opened)
    assert sum(seen) == 2 * 4 * 10
    for output in ("probability", "logit", "log_odds", "accuracy"):
        for average in AVERAGES:
            for metric in (Aopc, Abpc, Selectivity, Insertion, PixelFlipping):
                metric(**common, output=output, average=average).score(opened)
    assert sum(seen) == 2 * 4 * 10


def test_the_curve_of_aopc_starts_at_zero_and_its_area_is_the_score() -> None:
    scores = Aopc(region=2, steps=5).score(image_case(TIED))
    assert scores.curves is not None
    assert scores.curves.y[:, 0].tolist() == [0.0] * 4
    assert scores.curves.y_name == "drop of the probability"
    under = torch.trapezoid(scores.curves.y, scores.curves.x, dim=1)
    torch.testing.assert_close(under, scores.values, rtol=0, atol=1e-12)


def test_tables_and_scalar_models() -> None:
    weight, table = draw(6, seed=7), draw(3, 6, seed=8)
    opened = case(Additive(weight, scalar=True), table, table * weight, domain=TabularDomain(), output="scalar")
    falling = (table * weight).sort(1, descending=True).values
    left = 1 - (torch.arange(6, dtype=torch.float64) + 0.5) / 6
    torch.testing.assert_close(scored(Aopc(steps=6), opened), (falling * left).sum(1))
    with pytest.raises(Unsupported, match="output='accuracy' needs classes"):
        Abpc(output="accuracy").score(opened)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"steps": "percent(10)"}, r"steps='percent\(10\)'; a whole number, every\(size\)"),
        ({"steps": "every(0)"}, r"steps='every\(0\)'; expected a whole number"),
        ({"steps": 0}, "steps=0; at least 1"),
        ({"average": "median"}, "average='median'; allowed: area, steps, mean, mean_after, sum_after"),
        ({"repeats": 3}, "repeats=3 with infill='mean'; more than 1 needs one of the random infills"),
        ({"repeats": 0, "infill": "uniform"}, "repeats=0"),
        ({"order": "most"}, "order='most'; allowed: morf, lerf"),
    ],
)
def test_bad_parameters_show_the_value_and_what_is_allowed(parameters, message) -> None:
    with pytest.raises(BadParameter, match=message):
        Aopc(**parameters)
