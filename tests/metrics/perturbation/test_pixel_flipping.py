"""Pixel flipping and insertion: a slow walk, exact laws, and the faults of peers that ours must not have."""

import pytest
import torch
from stored_maps import Additive, case, draw, nonlinear, trapezoid, walk

from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import Random
from whybench.metrics.attribution import Insertion, PixelFlipping
from whybench.sweeps.steps import step_grid

MEAN = torch.tensor([0.3, -0.2], dtype=torch.float64)[:, None, None]
IMAGES = draw(4, 2, 7, 5)
MAPS = draw(4, 2, 7, 5, seed=1)
TIED = (2 * MAPS).round() / 2 * (torch.arange(7) % 2)[:, None]
INFILLS = ("zero", "mean", "blur", "uniform", "noisy_linear")


def image_case(module=None, maps=MAPS, images=IMAGES, **options):
    domain = ImageDomain(low=-2.0, high=2.0, mean=MEAN)
    return case(module or nonlinear(70), images, maps, domain=domain, **options)


def additive_ends(weight, images=IMAGES, fill=MEAN):
    clean = (images * weight).flatten(1).sum(1)
    return clean, (fill.expand_as(images) * weight).flatten(1).sum(1)


def read(logits: torch.Tensor, output: str) -> float:
    values = {
        "probability": logits.softmax(0)[0],
        "logit": logits[0],
        "log_odds": logits[0] - logits[1:].logsumexp(0),
        "accuracy": logits.argmax() == 0,
    }
    return float(values[output])


@pytest.mark.parametrize("maps", [MAPS, TIED], ids=["untied", "tied"])
@pytest.mark.parametrize(("region", "steps", "count"), [(1, 35, 35), (2, 5, 12), (3, 28, 6), (2, 4, 12)])
def test_scores_are_those_of_a_slow_walk(maps, region, steps, count) -> None:
    net = nonlinear(70)
    opened = image_case(net, maps)
    points = step_grid(count, steps).tolist()

    def answer(row: torch.Tensor) -> torch.Tensor:
        return net(row)[0].detach()

    parameters = {"region": region, "steps": steps}
    for sample in range(4):

        def curve(relevance, sample=sample, **options):
            return walk(
                relevance,
                IMAGES[sample],
                MEAN.expand(2, 7, 5),
                answer,
                region=region,
                points=points,
                sample=str(sample),
                **options,
            )

        walks = {
            "morf": [curve(maps[sample], flipped=flipped) for flipped in (False, True)],
            "lerf": [curve(-maps[sample], flipped=flipped) for flipped in (False, True)],
            "insertion": [curve(maps[sample], insertion=True, flipped=flipped) for flipped in (False, True)],
        }
        for output in ("probability", "logit", "log_odds", "accuracy"):
            area = {
                name: sum(trapezoid(x, [read(logits, output) for logits in y]) for x, y in pair) / 2
                for name, pair in walks.items()
            }
            scores = {
                "morf": PixelFlipping(output=output, **parameters),
                "lerf": PixelFlipping(order="lerf", output=output, **parameters),
                "insertion": Insertion(output=output, **parameters),
            }
            for name, metric in scores.items():
                assert float(metric.score(opened).values[sample]) == pytest.approx(area[name], abs=1e-12), name


def test_oracle_is_best_in_closed_form_and_its_inverse_worst_on_an_additive_model() -> None:
    weight = draw(2, 7, 5, seed=2)
    contribution = (IMAGES - MEAN) * weight
    clean, _ = additive_ends(weight)
    score = PixelFlipping(region=1, steps=35, output="logit").score
    oracle = score(image_case(Additive(weight), contribution)).values
    inverse = score(image_case(Additive(weight), -contribution)).values
    falling = contribution.sum(1).flatten(1).sort(1, descending=True).values
    left = 1 - (torch.arange(35, dtype=torch.float64) + 0.5) / 35
    torch.testing.assert_close(oracle, clean - (falling * left).sum(1), rtol=0, atol=1e-12)
    torch.testing.assert_close(inverse, clean - (falling.flip(1) * left).sum(1), rtol=0, atol=1e-12)
    for seed in range(20):
        other = score(image_case(Additive(weight), draw(4, 2, 7, 5, seed=100 + seed))).values
        assert (oracle < other).all()
        assert (other < inverse).all()


def test_random_maps_score_their_expectation_on_an_additive_model() -> None:
    weight, count = draw(1, 6, 6, seed=3), 300
    images = draw(1, 1, 6, 6, seed=4).expand(count, -1, -1, -1).contiguous()
    opened = case(Additive(weight), images, Random(), rows=512)
    scores = PixelFlipping(infill="zero", region=1, steps=36, output="logit").score(opened).values
    contribution = (images[0] * weight).flatten()
    expected = contribution.sum() / 2
    # The area is linear in a uniformly random permutation of 36 places, which gives its variance.
    variance = ((contribution - contribution.mean()) ** 2).sum() * 37 / (12 * 36)
    assert scores.std() ** 2 / variance == pytest.approx(1.0, abs=0.3)
    assert abs(float((scores.mean() - expected) / (variance / count).sqrt())) < 3


@pytest.mark.parametrize("maps", [MAPS, TIED, torch.zeros_like(MAPS)], ids=["untied", "tied", "constant"])
@pytest.mark.parametrize(("region", "steps"), [(1, 35), (1, 6), (2, 5), (2, 12), (3, 4), (7, 28)])
def test_a_map_and_its_reversal_add_up_on_an_additive_model(maps, region, steps) -> None:
    weight = draw(2, 7, 5, seed=5)
    metric = PixelFlipping(region=region, steps=steps, output="logit")
    clean, removed = additive_ends(weight)
    both = metric.score(image_case(Additive(weight), maps)).values
    both = both + metric.score(image_case(Additive(weight), -maps)).values
    torch.testing.assert_close(both, clean + removed, rtol=0, atol=1e-12)


@pytest.mark.parametrize("steps", [1, 2, 5, 7, 28, 35])
def test_the_area_does_not_depend_on_the_number_of_steps_on_a_linear_curve(steps: int) -> None:
    """A trapezoid with one for the distance of two steps, as in Quantus, gives another number for every `steps`."""
    images, weight = torch.ones(1, 1, 7, 5, dtype=torch.float64), torch.full((1, 7, 5), 2.0, dtype=torch.float64)
    opened = case(Additive(weight), images, draw(1, 1, 7, 5, seed=6))
    scores = PixelFlipping(infill="zero", region=1, steps=steps, output="logit").score(opened)
    torch.testing.assert_close(scores.values, torch.tensor([35.0], dtype=torch.float64), rtol=0, atol=1e-12)


@pytest.mark.parametrize("region", [1, 2, 5])
def test_scaling_by_a_power_of_two_leaves_the_score_bit_equal(region: int) -> None:
    metric = PixelFlipping(region=region, steps=9)
    for maps in (MAPS, TIED):
        reference = metric.score(image_case(maps=maps)).values
        for scale in (2.0**-300, 0.25, 2.0**90):
            assert torch.equal(metric.score(image_case(maps=maps * scale)).values, reference)


def test_strictly_increasing_transforms_of_a_one_channel_map_leave_the_score_bit_equal() -> None:
    metric = PixelFlipping(region=1, steps=12)
    for maps in (MAPS[:, :1], TIED[:, :1]):
        reference = metric.score(image_case(maps=maps)).values
        for transform in (torch.exp, torch.atan, lambda m: m**3 + m, lambda m: 3 * m - 1):
            assert torch.equal(metric.score(image_case(maps=transform(maps))).values, reference)


@pytest.mark.parametrize(("region", "regions"), [(1, 35), (2, 12), (3, 6)])
def test_a_constant_map_scores_the_middle_and_not_what_the_raster_order_gives(region: int, regions: int) -> None:
    weight = torch.arange(35.0, dtype=torch.float64).view(7, 5).expand(2, 7, 5)
    clean, removed = additive_ends(weight)
    for value in (0.0, 0.1, -3.0):
        maps = torch.full((4, 1, 7, 5), value, dtype=torch.float64)
        scores = PixelFlipping(region=region, steps=11, output="logit").score(image_case(Additive(weight), maps))
        torch.testing.assert_close(scores.values, (clean + removed) / 2, rtol=0, atol=1e-12)
        assert scores.details["ties"].tolist() == [float(regions)] * 4


def test_the_curve_starts_with_the_clean_input_and_ends_with_nothing_left() -> None:
    """Quantus' curve has no clean point."""
    net = nonlinear(70)
    curve = PixelFlipping(region=2, steps=5).score(image_case(net)).curves
    assert curve is not None
    assert curve.x[:, [0, -1]].tolist() == [[0.0, 1.0]] * 4
    clean, empty = (net(x).detach().softmax(1)[:, 0] for x in (IMAGES, MEAN.expand_as(IMAGES)))
    torch.testing.assert_close(curve.y[:, 0], clean, rtol=0, atol=1e-12)
    torch.testing.assert_close(curve.y[:, -1], empty, rtol=0, atol=1e-12)
    assert (curve.x_name, curve.y_name) == ("fraction removed", "probability")


def test_all_channels_of_a_pixel_are_removed_at_once() -> None:
    """Quantus flips the values of a colour image one by one, and takes as many steps for it."""
    seen = []

    class Spy(Additive):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x.clone())
            return super().forward(x)

    PixelFlipping(region=1, steps=35).score(image_case(Spy(MAPS[0])))
    rows = torch.cat(seen)
    assert len(rows) == 4 * 36
    gone = rows == MEAN
    assert torch.equal(gone[:, 0], gone[:, 1])
    assert gone[:, 0].flatten(1).sum(1).view(4, 36).tolist() == [list(range(36))] * 4


@pytest.mark.parametrize("metric", [PixelFlipping(region=2, steps=5), PixelFlipping(order="lerf", region=2, steps=5)])
def test_the_area_under_the_curve_is_the_score_with_ties_on_uneven_regions_too(metric: PixelFlipping) -> None:
    tied = torch.zeros_like(MAPS)
    tied[:, 0, 3, 3] = 1.0
    scores = metric.score(image_case(maps=tied))
    assert scores.curves is not None
    assert scores.details["ties"].tolist() == [11.0] * 4
    assert scores.curves.x.shape == (4, 2 * 6)
    under = torch.trapezoid(scores.curves.y, scores.curves.x, dim=1)
    torch.testing.assert_close(under, scores.values, rtol=0, atol=1e-12)


@pytest.mark.parametrize("infill", INFILLS)
def test_insertion_and_deletion_move_between_the_same_two_inputs(infill: str) -> None:
    """RISE deletes towards zero and inserts from a blur; with one infill, deletion is insertion of the reversal."""
    opened, reversed_map = image_case(), image_case(maps=-MAPS)
    deleted = PixelFlipping(infill=infill, steps=9, region=1).score(opened).curves
    inserted = Insertion(infill=infill, steps=9, region=1).score(reversed_map).curves
    assert deleted is not None
    assert inserted is not None
    torch.testing.assert_close(deleted.x, 1 - inserted.x.flip(1), rtol=0, atol=1e-12)
    torch.testing.assert_close(deleted.y, inserted.y.flip(1), rtol=0, atol=1e-12)


def test_scalar_models_give_their_output_and_no_probability() -> None:
    weight, table = draw(6, seed=7), draw(3, 6, seed=8)
    opened = case(Additive(weight, scalar=True), table, table * weight, domain=TabularDomain(), output="scalar", rows=5)
    scores = PixelFlipping(steps=6).score(opened)
    falling = (table * weight).sort(1, descending=True).values
    left = 1 - (torch.arange(6, dtype=torch.float64) + 0.5) / 6
    torch.testing.assert_close(scores.values, (table * weight * 1.0).sum(1) - (falling * left).sum(1))
    assert torch.equal(PixelFlipping(steps=6, output="logit").score(opened).values, scores.values)
    assert scores.curves is not None
    assert scores.curves.y_name == "output"
    with pytest.raises(Unsupported, match=r"output='probability' needs classes"):
        PixelFlipping(output="probability").score(opened)


def test_directions_follow_the_order() -> None:
    assert not PixelFlipping().higher_is_better
    assert PixelFlipping(order="lerf").higher_is_better
    assert Insertion().higher_is_better


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"order": "most"}, "order='most'; allowed: morf, lerf"),
        ({"infill": "black"}, "infill='black'; allowed: blur, .*lowest, mean, noisy_linear, rise_blur, uniform, zero"),
        ({"output": "softmax"}, "output='softmax'; allowed: probability, logit, log_odds, accuracy"),
        ({"steps": 0}, "steps=0; at least 1"),
        ({"region": 0}, "region=0; at least 1"),
    ],
)
def test_bad_parameters_show_the_value_and_what_is_allowed(parameters, message) -> None:
    with pytest.raises(BadParameter, match=f"pixel_flipping: {message}"):
        PixelFlipping(**parameters)
