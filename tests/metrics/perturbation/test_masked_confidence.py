"""Average drop, increase and gain: a slow reading, planted models, one pass a sample for all three."""

import pytest
import torch
from stored_maps import Additive, case, draw, nonlinear

from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter
from whybench.metrics.attribution import AverageDrop, AverageGain, AverageIncrease

IMAGES, MAPS = draw(5, 2, 6, 5), draw(5, 2, 6, 5, seed=1)
METRICS = (AverageDrop, AverageIncrease, AverageGain)


def image_case(maps=MAPS, module=None, **options):
    return case(module or nonlinear(60), IMAGES, maps, domain=ImageDomain(mean=0.3), **options)


@pytest.mark.parametrize("infill", ["zero", "mean", "lowest"])
def test_scores_are_those_of_a_slow_reading(infill: str) -> None:
    net = nonlinear(60)
    opened = image_case(module=net)
    values = [metric(infill).score(opened).values for metric in METRICS]
    for sample in range(5):
        relevance = MAPS[sample].sum(0)
        mask = (relevance - relevance.min()) / (relevance.max() - relevance.min())
        fill = {"zero": 0.0, "mean": 0.3, "lowest": float(IMAGES[sample].min())}[infill]
        seen = IMAGES[sample].clone()
        for channel in range(2):
            for y in range(6):
                for x in range(5):
                    weight = float(mask[y, x])
                    seen[channel, y, x] = weight * float(seen[channel, y, x]) + (1 - weight) * fill
        p, o = (float(net(image[None]).detach().softmax(1)[0, 0]) for image in (IMAGES[sample], seen))
        expected = (max(0.0, p - o) / p, float(o > p), max(0.0, o - p) / (1 - p))
        assert [float(v[sample]) for v in values] == pytest.approx(expected, abs=1e-12)


def test_three_metrics_cost_one_masked_pass_a_sample_and_a_clean_one() -> None:
    net, seen = nonlinear(60), []
    opened = image_case(module=net, rows=2)
    net.register_forward_hook(lambda _module, inputs, _output: seen.append(len(inputs[0])))
    for metric in METRICS:
        metric().score(opened)
    assert seen == [2, 2, 1] * 2


def test_drop_and_gain_mirror_each_other_and_the_increase_is_the_sign_of_the_gain() -> None:
    drop, increase, gain = (metric().score(image_case()).values for metric in METRICS)
    assert torch.equal(increase, (gain > 0).double())
    assert torch.equal(drop * gain, torch.zeros(5, dtype=torch.float64))
    assert 0 < increase.sum() < 5


def test_directions_and_ranges_on_a_planted_model() -> None:
    """The class is what two pixels say: one for it, one against it."""
    weight = torch.zeros(1, 6, 5, dtype=torch.float64)
    weight[0, 1, 1], weight[0, 4, 4] = 3.0, -3.0
    images = torch.ones(2, 1, 6, 5, dtype=torch.float64)
    for_it, against_it = torch.zeros(2, 1, 6, 5).double(), torch.zeros(2, 1, 6, 5).double()
    for_it[:, 0, 1, 1], against_it[:, 0, 4, 4] = 1.0, 1.0
    good, bad = (case(Additive(weight), images, maps) for maps in (for_it, against_it))
    three = torch.tensor([3.0], dtype=torch.float64).sigmoid().item()
    assert AverageDrop().score(good).values.tolist() == [0.0, 0.0]
    assert AverageDrop().score(bad).values.tolist() == pytest.approx([(0.5 - (1 - three)) / 0.5] * 2, abs=1e-12)
    assert AverageIncrease().score(good).values.tolist() == [1.0, 1.0]
    assert AverageIncrease().score(bad).values.tolist() == [0.0, 0.0]
    assert AverageGain().score(good).values.tolist() == pytest.approx([(three - 0.5) / 0.5] * 2, abs=1e-12)
    assert AverageGain().score(bad).values.tolist() == [0.0, 0.0]
    for metric in METRICS:
        better = metric().score(good).values > metric().score(bad).values
        assert (better == metric().higher_is_better).all()
        assert metric.range == (0.0, 1.0)


def test_a_map_that_is_one_nearly_everywhere_wins_the_drop_which_is_therefore_no_rank() -> None:
    almost = torch.ones(5, 1, 6, 5, dtype=torch.float64)
    almost[:, 0, 0, 0] = 0.0
    drop = AverageDrop().score(image_case(almost)).values
    assert (drop.mean() < AverageDrop().score(image_case()).values.mean()).all()
    assert [metric.trivial for metric in METRICS] == [True, False, False]


def test_moving_and_scaling_a_map_changes_nothing() -> None:
    for metric in METRICS:
        reference = metric().score(image_case(MAPS[:, :1])).values
        for other in (4 * MAPS[:, :1], MAPS[:, :1] + 3.0):
            torch.testing.assert_close(metric().score(image_case(other)).values, reference, rtol=0, atol=1e-12)


def test_constant_maps_and_saturated_probabilities_are_undefined() -> None:
    maps = MAPS.clone()
    maps[2] = 0.5
    for metric in METRICS:
        assert metric().score(image_case(maps)).undefined == {2: "the map is constant"}
    sure = Additive(torch.full((2, 6, 5), 1e3, dtype=torch.float64))
    opened = case(sure, IMAGES.abs(), MAPS, domain=ImageDomain())
    assert set(AverageGain().score(opened).undefined.values()) == {"the clean probability is 1"}
    opened = case(sure, -IMAGES.abs(), MAPS, domain=ImageDomain())
    assert set(AverageDrop().score(opened).undefined.values()) == {"the clean probability is 0"}


def test_batches_orders_tables_and_bad_parameters() -> None:
    order = torch.tensor([3, 1, 4, 0, 2])
    for metric in METRICS:
        reference = metric("blur").score(image_case()).values
        turned = case(nonlinear(60), IMAGES[order], MAPS[order], domain=ImageDomain(mean=0.3), rows=2)
        torch.testing.assert_close(metric("blur").score(turned).values, reference[order], rtol=0, atol=1e-12)
        table = case(nonlinear(6), draw(3, 6), draw(3, 6, seed=1), domain=TabularDomain())
        assert torch.isfinite(metric().score(table).values).all()
        with pytest.raises(BadParameter, match="infill='noisy_linear'; allowed: blur, lowest, mean, zero"):
            metric("noisy_linear")
