"""Faithfulness correlation and estimate, sensitivity-n: slow references, exact laws, and the faults of peers."""

from itertools import combinations

import numpy as np
import pytest
import torch
from scipy import stats
from stored_maps import Additive, case, draw, nonlinear

from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.metrics.attribution import FaithfulnessCorrelation, FaithfulnessEstimate, SensitivityN, subset_outputs
from whybench.metrics.attribution.subset_outputs import SubsetOutputs, drawn_subsets
from whybench.streams import Streams

MEAN = torch.tensor([0.3, -0.2], dtype=torch.float64)[:, None, None]
DOMAIN = ImageDomain(low=-2.0, high=2.0, mean=MEAN)
IMAGES, MAPS = draw(4, 2, 7, 5), draw(4, 2, 7, 5, seed=1)
WEIGHT = draw(2, 7, 5, seed=2)
CONTRIBUTIONS = (IMAGES - MEAN) * WEIGHT
METRICS = (
    FaithfulnessCorrelation(region=1, subsets=40),
    FaithfulnessCorrelation(region=2, subset=0.4, subsets=40),
    FaithfulnessEstimate(region=1),
    FaithfulnessEstimate(region=2, correlation="spearman"),
    SensitivityN(region=1, subsets=20, sizes=4),
    SensitivityN(region=2, subsets=20, sizes=3),
)
PEARSON = tuple(m for m in METRICS if getattr(m, "correlation", "pearson") == "pearson")
NAMES = [f"{m.name}-{m.region}" for m in METRICS]
each_metric = pytest.mark.parametrize("metric", METRICS, ids=NAMES)


def image_case(module=None, maps=MAPS, images=IMAGES, **options):
    return case(module or nonlinear(70), images, maps, domain=DOMAIN, **options)


def region_pixels(region: int) -> list[list[tuple[int, int]]]:
    across = -(-5 // region)
    pixels = [[] for _ in range(across * -(-7 // region))]
    for y in range(7):
        for x in range(5):
            pixels[(y // region) * across + x // region].append((y, x))
    return pixels


def subsets_of(sample: int, regions: int, size: int, count: int) -> list[list[int]]:
    every = list(combinations(range(regions), size)) if size in (1, regions - 1) else None
    if every is not None and len(every) <= count:
        return [list(s) for s in every]
    uniform = Streams(0).uniform(f"subsets/{size}", str(sample), 0, (count, regions)).numpy()
    return [np.argsort(-row)[:size].tolist() for row in uniform]


def slow(net, sample, relevance, region, size, count, read) -> tuple[list[float], list[float]]:
    """Relevance and drop of every subset, one model call each."""
    pixels, image = region_pixels(region), IMAGES[sample]
    sums, drops = [], []
    for subset in subsets_of(sample, len(pixels), size, count):
        perturbed, total = image.clone(), 0.0
        for place in subset:
            for y, x in pixels[place]:
                perturbed[:, y, x] = MEAN[:, 0, 0]
                total += float(relevance[:, y, x].sum())
        sums.append(total)
        drops.append(read(net(image[None]).detach()[0]) - read(net(perturbed[None]).detach()[0]))
    return sums, drops


READ = {
    "logit": lambda logits: float(logits[0]),
    "probability": lambda logits: float(logits.softmax(0)[0]),
    "log_odds": lambda logits: float(logits[0] - logits[1:].logsumexp(0)),
}


@pytest.mark.parametrize("output", READ)
@pytest.mark.parametrize("region", [1, 2])
def test_scores_are_those_of_a_slow_reference(region: int, output: str) -> None:
    net, regions = nonlinear(70), len(region_pixels(region))
    opened = image_case(net)
    options = {"region": region, "output": output}
    correlation = FaithfulnessCorrelation(subset=0.31, subsets=25, **options).score(opened).values
    estimates = {
        c: FaithfulnessEstimate(correlation=c, **options).score(opened).values for c in ("pearson", "spearman")
    }
    sensitivity = SensitivityN(sizes=3, subsets=25, **options)
    curve = sensitivity.score(opened).curves
    assert curve is not None
    sizes = sensitivity.subset_sizes(regions)
    for i in range(4):
        answers = (READ[output],)
        sums, drops = slow(net, i, MAPS[i], region, round(0.31 * regions), 25, *answers)
        assert float(correlation[i]) == pytest.approx(np.corrcoef(sums, drops)[0, 1], abs=1e-9)
        sums, drops = slow(net, i, MAPS[i], region, 1, regions, *answers)
        assert float(estimates["pearson"][i]) == pytest.approx(np.corrcoef(sums, drops)[0, 1], abs=1e-9)
        assert float(estimates["spearman"][i]) == pytest.approx(stats.spearmanr(sums, drops)[0], abs=1e-9)
        for k, size in enumerate(sizes):
            sums, drops = slow(net, i, MAPS[i], region, size, 25, *answers)
            assert float(curve.y[i, k]) == pytest.approx(np.corrcoef(sums, drops)[0, 1], abs=1e-9)
            assert float(curve.x[i, k]) == size / regions
    torch.testing.assert_close(sensitivity.score(opened).values, curve.y.mean(1), rtol=0, atol=1e-15)


@each_metric
def test_it_is_one_on_an_additive_model_for_its_own_contributions(metric) -> None:
    scores = metric.score(image_case(Additive(WEIGHT), CONTRIBUTIONS))
    torch.testing.assert_close(scores.values, torch.ones(4, dtype=torch.float64), rtol=0, atol=1e-12)
    if scores.curves is not None:
        torch.testing.assert_close(scores.curves.y, torch.ones_like(scores.curves.y), rtol=0, atol=1e-12)
    inverse = metric.score(image_case(Additive(WEIGHT), -CONTRIBUTIONS)).values
    torch.testing.assert_close(inverse, -torch.ones(4, dtype=torch.float64), rtol=0, atol=1e-12)
    assert metric.higher_is_better
    assert type(metric).range == (-1.0, 1.0)


@each_metric
def test_random_maps_are_between_the_oracle_and_the_inverse_and_zero_on_average(metric) -> None:
    module, count = Additive(WEIGHT), 60
    images = IMAGES[:1].expand(count, -1, -1, -1).contiguous()
    scores = metric.score(image_case(module, draw(count, 2, 7, 5, seed=9), images, rows=512)).values
    assert float(scores.abs().max()) < 1
    assert abs(float(scores.mean() / (scores.std() / count**0.5))) < 3


@each_metric
@pytest.mark.parametrize("scale", [2.0**-300, 0.25, 2.0**300])
def test_scaling_by_a_power_of_two_leaves_the_score_bit_equal(metric, scale: float) -> None:
    assert torch.equal(metric.score(image_case(maps=MAPS * scale)).values, metric.score(image_case()).values)


@each_metric
def test_scaling_and_reversing(metric) -> None:
    reference = metric.score(image_case()).values
    torch.testing.assert_close(metric.score(image_case(maps=MAPS * 1e6 / 3)).values, reference, rtol=0, atol=1e-12)
    assert torch.equal(metric.score(image_case(maps=-MAPS)).values, -reference)


@pytest.mark.parametrize("metric", PEARSON, ids=lambda m: f"{m.name}-{m.region}")
def test_what_is_added_to_every_feature_of_equal_regions_changes_nothing(metric) -> None:
    images, maps = draw(3, 1, 6, 6), draw(3, 1, 6, 6, seed=4)
    reference = metric.score(case(nonlinear(36), images, maps)).values
    shifted = metric.score(case(nonlinear(36), images, maps + 5)).values
    torch.testing.assert_close(shifted, reference, rtol=0, atol=1e-12)


@each_metric
@pytest.mark.parametrize("value", [0.0, 0.1, -3.0])
def test_a_constant_map_is_undefined_with_a_reason(metric, value: float) -> None:
    maps = MAPS.clone()
    maps[1] = value
    scores = metric.score(image_case(maps=maps))
    assert dict(scores.undefined) == {1: "a constant map has no correlation with anything"}
    assert torch.isfinite(scores.values[[0, 2, 3]]).all()


@each_metric
def test_a_model_that_does_not_look_is_undefined_with_a_reason(metric) -> None:
    for dtype in (torch.float64, torch.float32):
        module = Additive(torch.zeros_like(WEIGHT, dtype=dtype))
        scores = metric.score(image_case(module, MAPS.to(dtype), IMAGES.to(dtype)))
        assert set(scores.undefined.values()) == {"the model says the same whatever is removed"}
        assert sorted(scores.undefined) == [0, 1, 2, 3]


def test_a_map_that_no_subset_meets() -> None:
    maps = torch.zeros(4, 2, 7, 5, dtype=torch.float64)
    maps[:, 0, 0, 0] = 1.0
    scores = FaithfulnessCorrelation(region=1, subset=0.05, subsets=3).score(image_case(maps=maps))
    assert set(scores.undefined.values()) <= {"all subsets have the same relevance"}
    assert scores.undefined
    curve = SensitivityN(region=1, smallest=0.05, largest=0.5, sizes=2, subsets=3).score(image_case(maps=maps)).curves
    assert curve is not None
    assert [float(curve.y[i, 0]) for i in scores.undefined] == [0.0] * len(scores.undefined)


@pytest.mark.parametrize("metric", [FaithfulnessEstimate(), FaithfulnessCorrelation(subset=0.3, subsets=500)])
def test_permuting_columns_of_inputs_weights_and_maps_changes_nothing(metric) -> None:
    table, maps, order = draw(5, 8), draw(5, 8, seed=3), torch.randperm(8, generator=torch.Generator().manual_seed(1))
    net, permuted = nonlinear(8), nonlinear(8)
    permuted[1].weight.data = permuted[1].weight.data[:, order]
    reference = metric.score(case(net, table, maps, domain=TabularDomain())).values
    moved = metric.score(case(permuted, table[:, order], maps[:, order], domain=TabularDomain())).values
    torch.testing.assert_close(moved, reference, rtol=0, atol=1e-12)


@each_metric
def test_permuting_channels_changes_nothing(metric) -> None:
    reference = metric.score(image_case(Additive(WEIGHT.sin()))).values
    flipped = ImageDomain(mean=MEAN.flip(0))
    moved = metric.score(case(Additive(WEIGHT.flip(0).sin()), IMAGES.flip(1), MAPS.flip(1), domain=flipped)).values
    torch.testing.assert_close(moved, reference, rtol=0, atol=1e-12)


@each_metric
def test_a_sample_is_the_same_alone_in_a_batch_in_another_order_and_beside_any_other(metric) -> None:
    """Quantus' SensitivityN correlates over the samples of a batch; maps are divided by the batch's largest value."""
    reference = metric.score(image_case()).values
    for rows in (1, 7):
        torch.testing.assert_close(metric.score(image_case(rows=rows)).values, reference, rtol=0, atol=1e-12)
    mates = MAPS.clone()
    mates[1:] *= 1e6
    torch.testing.assert_close(metric.score(image_case(maps=mates)).values, reference, rtol=0, atol=1e-12)
    alone = metric.score(image_case(maps=MAPS[:1], images=IMAGES[:1])).values
    torch.testing.assert_close(alone, reference[:1], rtol=0, atol=1e-12)


def test_all_channels_of_a_pixel_go_at_once_and_the_fill_never_drifts() -> None:
    """Quantus removes channel values one by one; its 'black' is the least value of the array as it is by then."""
    seen = []

    class Spy(Additive):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x.clone())
            return super().forward(x)

    FaithfulnessCorrelation(region=1, subset=0.2, subsets=30).score(image_case(Spy(WEIGHT)))
    rows = torch.cat([s for s in seen if len(s) != 4]).view(4, 30, 2, 7, 5)
    gone = rows != IMAGES[:, None]
    assert torch.equal(gone[:, :, 0], gone[:, :, 1])
    assert gone[:, :, 0].flatten(2).sum(2).tolist() == [[7] * 30] * 4
    assert torch.equal(rows[gone], MEAN.expand_as(rows)[gone])


@pytest.mark.parametrize("together", [1, 2 * 20 * 35, 3 * 20 * 35])
def test_subsets_drawn_together_are_those_of_each_sample(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subset_outputs, "DRAWN", together)
    opened = image_case()
    found = drawn_subsets(opened, 35, 7, 20)
    for i, removed in zip(opened.ids, found.tolist(), strict=True):
        values = opened.streams.uniform("subsets/7", i, 0, (20, 35)).tolist()
        assert removed == [sorted(sorted(range(35), key=row.__getitem__)[-7:]) for row in values]


def test_subsets_are_uniform_and_independent() -> None:
    opened = image_case(maps=draw(1, 2, 7, 5), images=IMAGES[:1])
    removed = opened.artifact(SubsetOutputs("mean", 1, 7, 4000))["removed"].long()
    assert all(len(set(s)) == 7 for s in removed[0].tolist())
    counts = torch.bincount(removed.flatten(), minlength=35).double()
    # A region is in a subset with probability 7 / 35, independently of other subsets.
    assert float(((counts - 800).square() / (4000 * 0.2 * 0.8)).sum()) < 34 + 4 * (2 * 34) ** 0.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FaithfulnessCorrelation(subset=0.0), "faithfulness_correlation: subset=0.0; a number above 0"),
        (lambda: FaithfulnessCorrelation(subset=1.0), "subset=1.0; a number above 0 and below 1"),
        (lambda: FaithfulnessCorrelation(subsets=1), "subsets=1; a whole number >= 2"),
        (lambda: FaithfulnessCorrelation(infill="black"), "infill='black'; allowed: blur, "),
        (
            lambda: FaithfulnessCorrelation(output="accuracy"),
            "output='accuracy'; allowed: logit, probability, log_odds",
        ),
        (lambda: FaithfulnessEstimate(region=0), "faithfulness_estimate: region=0; a whole number >= 1"),
        (lambda: FaithfulnessEstimate(correlation="kendall"), "correlation='kendall'; allowed: pearson, spearman"),
        (lambda: SensitivityN(sizes=0), "sensitivity_n: sizes=0; a whole number >= 1"),
        (lambda: SensitivityN(smallest=0.9), "smallest=0.9 is above largest=0.8"),
    ],
)
def test_bad_parameters_show_the_value_and_what_is_allowed(make, message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        make()


def test_as_many_subsets_as_in_the_paper() -> None:
    assert FaithfulnessCorrelation().subsets == 100


def test_a_single_region_is_refused() -> None:
    with pytest.raises(Unsupported, match="a single one"):
        FaithfulnessEstimate(region=7).score(image_case())


def test_scalar_models_and_tables() -> None:
    weight, table = draw(6, seed=7), draw(3, 6, seed=8)
    opened = case(Additive(weight, scalar=True), table, table * weight, domain=TabularDomain(), output="scalar")
    for metric in (FaithfulnessCorrelation(), FaithfulnessEstimate(), SensitivityN()):
        torch.testing.assert_close(metric.score(opened).values, torch.ones(3, dtype=torch.float64), rtol=0, atol=1e-12)
    with pytest.raises(Unsupported, match="output='probability' needs classes"):
        FaithfulnessEstimate(output="probability").score(opened)
