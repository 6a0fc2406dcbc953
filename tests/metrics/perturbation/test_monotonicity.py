"""Monotonicity in both of its senses: slow references, planted models, and the faults of peers."""

import numpy as np
import pytest
import torch
from scipy import stats
from stored_maps import Additive, case, draw, nonlinear, walk
from torch import Tensor, nn

from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.metrics.attribution import Monotonicity, MonotonicityCorrelation, PixelFlipping
from whybench.streams import Streams

MEAN = torch.tensor([0.3, -0.2], dtype=torch.float64)[:, None, None]
DOMAIN = ImageDomain(low=-2.0, high=3.0, mean=MEAN)
IMAGES, MAPS = draw(4, 2, 7, 5), draw(4, 2, 7, 5, seed=1)
TIED = (2 * MAPS).round() / 2 * (torch.arange(7) % 2)[:, None]
WEIGHT = draw(2, 7, 5, seed=2)


def image_case(module=None, maps=MAPS, images=IMAGES, **options):
    return case(module or nonlinear(70), images, maps, domain=DOMAIN, **options)


class Spoilt(nn.Module):
    """The second column helps by itself and harms where the first is there, which alone is worth more."""

    def forward(self, x: Tensor) -> Tensor:
        return 1.1 * x[:, 0] + 0.1 * x[:, 1] - 0.2 * x[:, 0] * x[:, 1]


def spoilt_case(maps: list[list[float]]):
    inputs = torch.ones(len(maps), 2, dtype=torch.float64)
    maps = torch.tensor(maps, dtype=torch.float64)
    return case(Spoilt(), inputs, maps, domain=TabularDomain(), output="scalar")


@pytest.mark.parametrize("maps", [MAPS, TIED], ids=["untied", "tied"])
@pytest.mark.parametrize("region", [1, 2])
def test_the_share_of_steps_that_do_not_fall_is_that_of_a_slow_walk(maps: Tensor, region: int) -> None:
    net, count = nonlinear(70), {1: 35, 2: 12}[region]

    def answer(row: Tensor) -> float:
        return float(net(row).detach().softmax(1)[0, 0])

    scores = Monotonicity(region=region, steps=count).score(image_case(net, maps))
    for i in range(4):
        shares, strict = [], []
        for flipped in (False, True):
            _, curve = walk(
                -maps[i],
                IMAGES[i],
                MEAN.expand(2, 7, 5),
                answer,
                region=region,
                points=list(range(count + 1)),
                insertion=True,
                sample=str(i),
                flipped=flipped,
            )
            rises = np.diff(curve) >= 0
            shares.append(rises.mean())
            strict.append(rises.all())
        assert float(scores.values[i]) == pytest.approx(np.mean(shares), abs=1e-12)
        assert float(scores.details["strict"][i]) == np.mean(strict)


def test_the_right_order_of_interacting_features_wins() -> None:
    """Quantus never puts a feature back, so that its curve is flat and every map passes."""
    right, wrong = Monotonicity(infill="zero").score(spoilt_case([[1.0, 0.1], [0.1, 1.0]])).values.tolist()
    assert (right, wrong) == (1.0, 0.5)
    strict = Monotonicity(infill="zero", strict=True).score(spoilt_case([[1.0, 0.1], [0.1, 1.0]]))
    assert strict.values.tolist() == [1.0, 0.0]
    assert strict.details["share"].tolist() == [1.0, 0.5]
    assert Monotonicity().higher_is_better
    assert Monotonicity.range == (0.0, 1.0)
    assert strict.curves is not None
    assert strict.curves.y.tolist()[0] == pytest.approx([0.0, 0.1, 1.0])


def test_the_middle_of_both_orders_is_taken_where_regions_tie() -> None:
    assert Monotonicity(infill="zero").score(spoilt_case([[1.0, 1.0]])).values.tolist() == [0.75]


def test_every_map_scores_the_same_on_an_additive_model() -> None:
    assert Monotonicity.trivial
    rises = ((IMAGES - MEAN) * WEIGHT).sum(1).flatten(1) >= 0
    for maps in (MAPS, -MAPS, (IMAGES - MEAN) * WEIGHT):
        scores = Monotonicity(region=1, steps=35, output="logit").score(image_case(Additive(WEIGHT), maps)).values
        torch.testing.assert_close(scores, rises.double().mean(1), rtol=0, atol=1e-12)


def test_scale_does_not_matter_and_rounding_is_no_fall() -> None:
    metric = Monotonicity(region=1, steps=35)
    reference = metric.score(image_case()).values
    assert torch.equal(metric.score(image_case(maps=MAPS * 2.0**-300)).values, reference)
    blind = Additive(torch.full((2, 7, 5), 1e-9, dtype=torch.float32))
    blind.weight[0, 0, 0] = 1.0
    still = metric.score(case(blind, IMAGES.abs().float() + 1, MAPS.float(), domain=ImageDomain(mean=-1.0)))
    assert still.values.tolist() == [1.0] * 4


def test_it_shares_its_sweep_with_pixel_flipping() -> None:
    net, passes = nonlinear(70), []
    net.register_forward_hook(lambda _module, inputs, _output: passes.append(len(inputs[0])))
    opened = image_case(net)
    PixelFlipping(region=1, steps=9).score(opened)
    before = sum(passes)
    Monotonicity(region=1, steps=9).score(opened)
    assert sum(passes) == before == 4 * 10


@pytest.mark.parametrize("region", [1, 2])
@pytest.mark.parametrize("infill", ["uniform", "mean"])
def test_the_correlation_is_that_of_a_slow_reference(region: int, infill: str) -> None:
    net, draws = nonlinear(70), 3
    scores = MonotonicityCorrelation(region=region, infill=infill, draws=draws).score(image_case(net)).values
    for i in range(4):
        noise = -2 + 5 * Streams(0).uniform("resampled", str(i), 0, (draws, 2, 7, 5))
        fills = noise if infill == "uniform" else MEAN.expand(1, 2, 7, 5)
        clean = float(net(IMAGES[i][None])[0, 0].detach())
        absolute, moved = [], []
        for top in range(0, 7, region):
            for left in range(0, 5, region):
                window = (slice(None), slice(top, top + region), slice(left, left + region))
                absolute.append(abs(float(MAPS[i][window].sum())))
                squares = []
                for fill in fills:
                    perturbed = IMAGES[i].clone()
                    perturbed[window] = fill[window]
                    squares.append((clean - float(net(perturbed[None])[0, 0].detach())) ** 2)
                moved.append(np.mean(squares))
        assert float(scores[i]) == pytest.approx(stats.spearmanr(absolute, moved)[0], abs=1e-9)


def test_it_is_one_on_an_additive_model_for_its_own_contributions_whatever_their_sign() -> None:
    own = (IMAGES - MEAN) * WEIGHT
    metric = MonotonicityCorrelation(region=1, infill="mean")
    for maps in (own, -own, 1e6 * own):
        scores = metric.score(image_case(Additive(WEIGHT), maps)).values
        torch.testing.assert_close(scores, torch.ones(4, dtype=torch.float64), rtol=0, atol=1e-12)
    inverse = 1 / own.sum(1, keepdim=True).abs()
    scores = metric.score(image_case(Additive(WEIGHT), inverse)).values
    torch.testing.assert_close(scores, -torch.ones(4, dtype=torch.float64), rtol=0, atol=1e-12)
    assert metric.higher_is_better
    assert MonotonicityCorrelation.range == (-1.0, 1.0)


def test_maps_without_order_and_models_without_answer_are_undefined() -> None:
    maps = MAPS[:, :1].clone()
    maps[1] = maps[1].sign()
    for infill in ("uniform", "mean"):
        metric = MonotonicityCorrelation(region=1, infill=infill, draws=2)
        found = metric.score(image_case(maps=maps))
        assert dict(found.undefined) == {1: "a constant map has no correlation with anything"}
        silent = metric.score(image_case(Additive(0 * WEIGHT)))
        assert set(silent.undefined.values()) == {"the model says the same whatever is removed"}


def test_an_output_of_zero_is_no_fault() -> None:
    """Quantus divides by f(x)^2, and raises where only some of a batch's outputs are zero."""
    images = IMAGES.clone()
    images[2] = 0.0
    scores = MonotonicityCorrelation(region=1, draws=3).score(image_case(Additive(WEIGHT), images=images))
    assert not scores.undefined


@pytest.mark.parametrize("infill", ["uniform", "mean"])
def test_a_sample_is_the_same_alone_in_a_batch_and_with_other_rows(infill: str) -> None:
    metric = MonotonicityCorrelation(region=2, infill=infill, draws=3)
    reference = metric.score(image_case()).values
    for rows in (1, 7):
        torch.testing.assert_close(metric.score(image_case(rows=rows)).values, reference, rtol=0, atol=1e-12)
    alone = metric.score(image_case(maps=MAPS[:1], images=IMAGES[:1])).values
    torch.testing.assert_close(alone, reference[:1], rtol=0, atol=1e-12)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(BadParameter, match="monotonicity_correlation: draws=0; a whole number >= 1"):
        MonotonicityCorrelation(draws=0)
    with pytest.raises(BadParameter, match="monotonicity: infill='black'"):
        Monotonicity(infill="black")
    with pytest.raises(Unsupported, match="needs the bounds"):
        MonotonicityCorrelation().score(case(nonlinear(70), IMAGES, MAPS, domain=ImageDomain()))
