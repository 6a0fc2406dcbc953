"""Symmetric relevance gain: the mean over infills, and its two laws on any model."""

import pytest
import torch
from stored_maps import Additive, case, draw, nonlinear

from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter
from whybench.methods.attribution import Random
from whybench.metrics.attribution import Insertion, PixelFlipping, SymmetricRelevanceGain

IMAGES, MAPS = draw(5, 2, 6, 7), draw(5, 2, 6, 7, seed=1)
TIED = MAPS.round()
DOMAIN = ImageDomain(low=-2.0, high=2.0, mean=0.1)


def gain(maps, metric, module=None, rows=64):
    return metric.score(case(module or nonlinear(84), IMAGES, maps, domain=DOMAIN, rows=rows))


@pytest.mark.parametrize("infill", ["zero", "mean", "blur", "uniform", "noisy_linear"])
@pytest.mark.parametrize("maps", [MAPS, TIED], ids=["untied", "tied"])
def test_the_reversed_map_has_the_opposite_gain(maps, infill) -> None:
    opened, backwards = (case(nonlinear(84), IMAGES, m, domain=DOMAIN) for m in (maps, -maps))
    for region, steps in ((1, 10), (4, 28)):
        for output in ("probability", "logit", "log_odds", "accuracy"):
            metric = SymmetricRelevanceGain(infill=infill, output=output, region=region, steps=steps)
            there, back = metric.score(opened).values, metric.score(backwards).values
            torch.testing.assert_close(back, -there, rtol=0, atol=1e-12)


def test_it_is_the_mean_over_infills_of_insertion_less_deletion() -> None:
    scores = gain(MAPS, SymmetricRelevanceGain(region=2, steps=5))
    one = []
    for infill in ("mean", "blur", "noisy_linear"):
        opened = case(nonlinear(84), IMAGES, MAPS, domain=DOMAIN)
        inserted = Insertion(infill=infill, region=2, steps=5).score(opened).values
        one.append(inserted - PixelFlipping(infill=infill, region=2, steps=5).score(opened).values)
        torch.testing.assert_close(scores.details[f"srg({infill})"], one[-1], rtol=0, atol=1e-12)
    together = torch.stack(one)
    torch.testing.assert_close(scores.values, together.mean(0), rtol=0, atol=1e-12)
    spread = ((together - together.mean(0)) ** 2).mean(0).sqrt()
    torch.testing.assert_close(scores.details["spread"], spread, rtol=0, atol=1e-12)
    log_odds = gain(MAPS, SymmetricRelevanceGain(region=2, steps=5, output="log_odds")).values
    torch.testing.assert_close(scores.details["log_odds"], log_odds, rtol=0, atol=1e-12)
    assert scores.curves is not None
    assert torch.trapezoid(scores.curves.y, scores.curves.x) == pytest.approx(scores.values.tolist(), abs=1e-12)


def test_one_infill_has_no_spread() -> None:
    scores = gain(MAPS, SymmetricRelevanceGain(infill="zero"))
    assert scores.details["spread"].tolist() == [0.0] * 5
    assert torch.equal(scores.details["srg(zero)"], scores.values)


def test_random_maps_have_mean_zero_within_its_interval() -> None:
    count = 512
    images = draw(1, 1, 6, 6, seed=3).expand(count, -1, -1, -1).contiguous()
    opened = case(nonlinear(36), images, Random(), domain=DOMAIN, rows=1024)
    values = SymmetricRelevanceGain(infill="mean", region=1, steps=12, output="logit").score(opened).values
    assert values.std() > 0.01
    assert abs(float(values.mean() / (values.std() / count**0.5))) < 3


def test_a_constant_map_gains_nothing_on_an_additive_model() -> None:
    maps = torch.zeros_like(MAPS)
    scores = gain(maps, SymmetricRelevanceGain(output="logit"), Additive(draw(2, 6, 7, seed=4)))
    torch.testing.assert_close(scores.values, torch.zeros(5, dtype=torch.float64), rtol=0, atol=1e-12)


def test_tables_use_the_infills_that_they_have_the_facts_for() -> None:
    table, weight = draw(4, 5), draw(5, seed=1)
    domain = TabularDomain(low=-1.0, high=1.0, covariance=torch.eye(5, dtype=torch.float64))
    scores = SymmetricRelevanceGain().score(case(Additive(weight), table, table * weight, domain=domain))
    assert [name for name in scores.details if name.startswith("srg")] == [
        "srg(mean)",
        "srg(uniform)",
        "srg(noisy_linear)",
    ]


def test_scalar_models_have_no_log_odds() -> None:
    table, weight = draw(4, 5), draw(5, seed=1)
    opened = case(Additive(weight, scalar=True), table, table * weight, domain=TabularDomain(), output="scalar")
    scores = SymmetricRelevanceGain().score(opened)
    assert set(scores.details) == {"srg(mean)", "spread", "ties"}
    assert (scores.values > 0).all()


def test_bad_infill() -> None:
    with pytest.raises(BadParameter, match="srg: infill='grey'; allowed: blur, "):
        SymmetricRelevanceGain(infill="grey")
