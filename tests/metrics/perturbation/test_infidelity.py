"""Infidelity: a slow reference, captum, closed forms, and the faults of peers that ours must not have."""

import numpy as np
import pytest
import torch
from captum.metrics import infidelity as captum_infidelity
from stored_maps import Additive, case, draw, nonlinear

from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.metrics.attribution import Infidelity, noise_outputs
from whybench.metrics.attribution.noise_outputs import NoiseOutputs
from whybench.metrics.attribution.square_outputs import SquareOutputs
from whybench.streams import Streams

MEAN = torch.tensor([0.3, -0.2], dtype=torch.float64)[:, None, None]
DOMAIN = ImageDomain(low=-2.0, high=2.0, mean=MEAN)
IMAGES, MAPS = draw(4, 2, 7, 5), draw(4, 2, 7, 5, seed=1)
WEIGHT = draw(2, 7, 5, seed=2)
CONTRIBUTIONS = (IMAGES - MEAN) * WEIGHT
KINDS = ("square", "square_gradient", "noise")
SIDE = 3
"""Of squares with side=0.5 on 7 x 5 pixels: 5 x 3 places."""
every_kind = pytest.mark.parametrize("kind", KINDS)


def image_case(module=None, maps=MAPS, images=IMAGES, **options):
    return case(module or nonlinear(70), images, maps, domain=DOMAIN, **options)


def metric(kind: str, **options) -> Infidelity:
    return Infidelity(perturbation=kind, **{"side": 0.5, "draws": 12, **options})


def places(sample: int, draws: int) -> list[int]:
    if draws >= 15:
        return list(range(15))
    return Streams(0).permutation(f"squares/{SIDE}", str(sample), 0, 15)[:draws].tolist()


def perturbations(kind: str, sample: int, draws: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """What a map is multiplied by, and the perturbed image."""
    image, found = IMAGES[sample], []
    if kind == "noise":
        noise = Streams(0).normal("noisy_outputs", str(sample), 0, (draws, 2, 7, 5))
        scaled = 0.1 * (image.max() - image.min()) * noise
        return [(-one, image + one) for one in scaled]
    for place in places(sample, draws):
        top, left = divmod(place, 3)
        mask = torch.zeros_like(image)
        mask[:, top : top + SIDE, left : left + SIDE] = 1.0
        perturbed = torch.where(mask > 0, MEAN.expand_as(image), image)
        found.append((mask if kind == "square" else image - perturbed, perturbed))
    return found


@every_kind
@pytest.mark.parametrize("draws", [6, 15])
@pytest.mark.parametrize("scaled", [True, False])
def test_scores_are_those_of_a_slow_reference(kind: str, draws: int, scaled: bool) -> None:
    net = nonlinear(70)
    scores = metric(kind, draws=draws, scaled=scaled).score(image_case(net))
    for i in range(4):
        pairs = perturbations(kind, i, draws)
        a = np.array([float((MAPS[i] * change).sum()) for change, _ in pairs])
        b = np.array([float((net(IMAGES[i][None]) - net(x[None])).detach()[0, 0]) for _, x in pairs])
        beta = (a * b).mean() / (a * a).mean()
        expected = (((beta if scaled else 1.0) * a - b) ** 2).mean()
        assert float(scores.values[i]) == pytest.approx(expected, abs=1e-9)
        assert float(scores.details["beta"][i]) == pytest.approx(beta, abs=1e-9)
        assert float(scores.details["explained"][i]) == pytest.approx(1 - expected / (b * b).mean(), abs=1e-9)


@every_kind
@pytest.mark.parametrize("scaled", [True, False])
def test_captum_agrees_on_the_same_perturbations(kind: str, scaled: bool) -> None:
    net, draws = nonlinear(70), 12
    drawn = [pair for i in range(4) for pair in perturbations(kind, i, draws)]
    change, perturbed = (torch.stack(part) for part in zip(*drawn, strict=True))
    theirs = captum_infidelity(
        net,
        lambda inputs: (change, perturbed),
        IMAGES,
        MAPS,
        target=0,
        n_perturb_samples=draws,
        normalize=scaled,
    )
    ours = metric(kind, scaled=scaled).score(image_case(net)).values
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)


@every_kind
@pytest.mark.parametrize("scaled", [True, False])
def test_it_is_zero_on_a_linear_model_for_its_own_map(kind: str, scaled: bool) -> None:
    own = CONTRIBUTIONS if kind == "square" else WEIGHT.expand_as(IMAGES)
    scores = metric(kind, scaled=scaled).score(image_case(Additive(WEIGHT), own))
    assert float(scores.values.max()) < 1e-25
    for name in ("beta", "explained"):
        torch.testing.assert_close(scores.details[name], torch.ones(4, dtype=torch.float64), rtol=0, atol=1e-12)


@every_kind
def test_lower_is_better_and_random_maps_are_worse(kind: str) -> None:
    own = CONTRIBUTIONS if kind == "square" else WEIGHT.expand_as(IMAGES)
    best = metric(kind).score(image_case(Additive(WEIGHT), own)).values
    for seed in range(10):
        other = metric(kind).score(image_case(Additive(WEIGHT), draw(4, 2, 7, 5, seed=50 + seed))).values
        assert (other > best).all()
    assert not Infidelity().higher_is_better
    assert Infidelity.range == (0.0, float("inf"))


@every_kind
def test_scaled_it_judges_the_shape_and_unscaled_the_scale_too(kind: str) -> None:
    reference = metric(kind).score(image_case())
    for scale in (2.0**-300, 4.0, 2.0**300):
        assert torch.equal(metric(kind).score(image_case(maps=MAPS * scale)).values, reference.values)
    unscaled = metric(kind, scaled=False).score(image_case()).values
    assert (unscaled >= reference.values - 1e-12).all()
    assert (metric(kind, scaled=False).score(image_case(maps=1e3 * MAPS)).values > 10 * unscaled).all()


@every_kind
def test_a_map_and_its_negative_differ_in_the_sign_of_beta_only(kind: str) -> None:
    reference, negative = metric(kind).score(image_case()), metric(kind).score(image_case(maps=-MAPS))
    assert torch.equal(negative.values, reference.values)
    assert torch.equal(negative.details["beta"], -reference.details["beta"])


def test_constant_and_zero_maps_have_closed_forms() -> None:
    net = nonlinear(70)
    drops = torch.stack(
        [
            torch.stack([(net(IMAGES[i][None]) - net(x[None]))[0, 0] for _, x in perturbations("square", i, 12)])
            for i in range(4)
        ]
    ).detach()
    constant = metric("square").score(image_case(net, torch.full_like(MAPS, 0.1)))
    torch.testing.assert_close(constant.values, drops.var(1, correction=0), rtol=0, atol=1e-12)
    zero = metric("square").score(image_case(net, torch.zeros_like(MAPS)))
    torch.testing.assert_close(zero.values, drops.square().mean(1), rtol=0, atol=1e-12)
    assert zero.details["beta"].isnan().all()
    assert not zero.undefined


@every_kind
def test_a_sample_is_the_same_alone_in_a_batch_and_with_other_rows(kind: str) -> None:
    reference = metric(kind).score(image_case()).values
    for rows in (1, 5):
        torch.testing.assert_close(metric(kind).score(image_case(rows=rows)).values, reference, rtol=0, atol=1e-12)
    alone = metric(kind).score(image_case(maps=MAPS[:1], images=IMAGES[:1])).values
    torch.testing.assert_close(alone, reference[:1], rtol=0, atol=1e-12)


def test_each_perturbation_starts_from_the_clean_image_and_no_square_comes_twice() -> None:
    """Quantus goes on from the image without the squares before, and forwards the same squares ten times."""
    rows = SquareOutputs("mean", SIDE, 100).perturbation(image_case())
    assert rows.draws == 15
    sample, draws = torch.arange(4).repeat_interleave(15), torch.arange(15).repeat(4)
    gone = (rows.rows(sample, draws) != IMAGES[sample]).all(1)
    assert gone.flatten(1).sum(1).tolist() == [SIDE * SIDE] * 60
    assert len(gone[:15].unique(dim=0)) == 15
    drawn = SquareOutputs("mean", SIDE, 9).perturbation(image_case())
    assert all(len(set(p)) == 9 for p in drawn.places.tolist())


@pytest.mark.parametrize("side", [0.2, 0.4, 0.6, 1.0])
def test_squares_of_any_size_fit(side: float) -> None:
    """Quantus raises for patches that do not divide the image."""
    found = metric("square", side=side, draws=50).score(image_case(Additive(WEIGHT), CONTRIBUTIONS)).values
    assert float(found.max()) < 1e-25


def test_maps_that_are_negative_everywhere_are_judged() -> None:
    """Quantus refuses them."""
    weight = -WEIGHT.abs()
    own = (IMAGES.abs() + 1) * weight
    opened = case(Additive(weight), IMAGES.abs() + 1, own, domain=ImageDomain(mean=0.0))
    assert float(Infidelity(side=0.5).score(opened).values.max()) < 1e-25


def test_noise_is_that_of_the_named_scale() -> None:
    images = IMAGES[:1].expand(50, -1, -1, -1).contiguous()
    noise = NoiseOutputs(0.2, 40).perturbation(image_case(maps=images, images=images))
    sample, copies = torch.arange(50).repeat_interleave(40), torch.arange(40).repeat(50)
    change = noise.rows(sample, copies) - images[sample]
    scale = 0.2 * (IMAGES[0].max() - IMAGES[0].min())
    assert float(change.std() / scale) == pytest.approx(1.0, abs=0.01)
    assert len(change.flatten(1)[:, 0].unique()) == 2000


def test_noise_that_is_not_remembered_is_drawn_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = metric("noise").score(image_case(rows=3)).values
    monkeypatch.setattr(noise_outputs, "KEPT", 0)
    assert torch.equal(metric("noise").score(image_case(rows=3)).values, remembered)


def test_of_noise_no_more_is_remembered_than_has_room(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = NoiseOutputs(0.2, 40).perturbation(image_case())
    monkeypatch.setattr(noise_outputs, "KEPT", 2 * 40 * IMAGES[0].nbytes)
    for sample in range(4):
        noise.rows(torch.full((40,), sample), torch.arange(40))
    assert len(noise.known) == 2


def test_coarse_maps_foretell_squares_and_cannot_be_multiplied_by_changes() -> None:
    coarse = MAPS[:, :1]
    assert torch.isfinite(metric("square").score(image_case(maps=coarse)).values).all()
    for kind in ("square_gradient", "noise"):
        with pytest.raises(Unsupported, match=r"\(4, 2, 7, 5\), and the map is \(4, 1, 7, 5\)"):
            metric(kind).score(image_case(maps=coarse))


def test_tables_remove_neighbouring_columns() -> None:
    weight, table = draw(6, seed=7), draw(3, 6, seed=8)
    opened = case(Additive(weight, scalar=True), table, table * weight, domain=TabularDomain(), output="scalar")
    assert float(Infidelity(side=0.4).score(opened).values.max()) < 1e-25
    removed = (
        SquareOutputs("zero", 2, 10).perturbation(opened).removed(torch.zeros(5, dtype=torch.int64), torch.arange(5))
    )
    assert [r.nonzero().flatten().tolist() for r in removed] == [[k, k + 1] for k in range(5)]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"perturbation": "patch"}, "perturbation='patch'; allowed: square, square_gradient, noise"),
        ({"side": 0.0}, "side=0.0; a number above 0 and up to 1"),
        ({"noise": 0.0}, "noise=0.0; a finite number above 0"),
        ({"draws": 0}, "draws=0; a whole number >= 1"),
    ],
)
def test_bad_parameters_show_the_value_and_what_is_allowed(parameters, message) -> None:
    with pytest.raises(BadParameter, match=f"infidelity: {message}"):
        Infidelity(**parameters)
