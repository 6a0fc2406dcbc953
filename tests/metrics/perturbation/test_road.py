"""ROAD: a dense solve of the imputation, both orders, passes, and the faults of a peer that ours must not have."""

import pytest
import torch
from stored_maps import Additive, case, draw, nonlinear

from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.metrics.attribution import Road

IMAGES, MAPS = draw(5, 2, 6, 7), draw(5, 2, 6, 7, seed=1)
DOMAIN = ImageDomain(mean=0.1)
PERCENTAGES = tuple(range(10, 100, 10))
NEIGHBOURS = {(y, x): 1 / 6 if y == 0 or x == 0 else 1 / 12 for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x}


def opened(maps=MAPS, module=None, **options):
    return case(module or nonlinear(84), IMAGES, maps, domain=DOMAIN, **options)


def imputed(image: torch.Tensor, gone: list[int]) -> torch.Tensor:
    """The removed pixels from a dense linear system, all channels at once."""
    height, width = image.shape[1:]
    system = torch.zeros(len(gone), len(gone), dtype=torch.float64)
    known = torch.zeros(len(gone), image.shape[0], dtype=torch.float64)
    for row, pixel in enumerate(gone):
        for (dy, dx), weight in NEIGHBOURS.items():
            y, x = pixel // width + dy, pixel % width + dx
            if 0 <= y < height and 0 <= x < width:
                system[row, row] += weight
                if y * width + x in gone:
                    system[row, gone.index(y * width + x)] -= weight
                else:
                    known[row] += weight * image[:, y, x]
    filled = image.clone().flatten(1)
    filled[:, gone] = torch.linalg.solve(system, known).T
    return filled.view(image.shape)


@pytest.mark.parametrize("output", ["accuracy", "probability"])
def test_both_orders_are_those_of_a_dense_solve(output: str) -> None:
    net = nonlinear(84)
    targets = net(IMAGES).argmax(1)
    data = opened(module=net, targets=targets)
    noise = 0.01 * DOMAIN.normal("infill/noisy_linear", IMAGES, data.ids, data.streams)
    scores = {order: Road(order=order, output=output).score(data) for order in ("morf", "lerf")}
    for sample in range(5):
        falling = MAPS[sample].sum(0).flatten().argsort(descending=True).tolist()
        for order, sequence in (("morf", falling), ("lerf", falling[::-1])):
            values = []
            for percentage in PERCENTAGES:
                gone = sequence[: 42 * percentage // 100]
                image = imputed(IMAGES[sample], gone).flatten(1)
                image[:, gone] += noise[sample].flatten(1)[:, gone]
                logits = net(image.view(1, 2, 6, 7)).detach()[0]
                right = float(logits.argmax() == targets[sample])
                values.append(right if output == "accuracy" else float(logits.softmax(0)[targets[sample]]))
                detail = scores[order].details[f"removed {percentage} %"][sample]
                assert float(detail) == pytest.approx(values[-1], abs=1e-9)
            assert float(scores[order].values[sample]) == pytest.approx(sum(values) / 9, abs=1e-9)


def test_nine_passes_a_sample_and_order_and_none_for_another_output() -> None:
    net, seen = nonlinear(84), []
    data = opened(module=net, rows=16)
    net.register_forward_hook(lambda _module, inputs, _output: seen.append(len(inputs[0])))
    for output in ("accuracy", "probability"):
        Road(output=output).score(data)
        assert sum(seen) == 5 * 9
    for output in ("accuracy", "probability"):
        Road(order="lerf", output=output).score(data)
        assert sum(seen) == 2 * 5 * 9


def test_the_reversed_map_swaps_morf_and_lerf() -> None:
    tied = MAPS.round()
    for maps in (MAPS, tied, torch.zeros_like(MAPS)):
        there, back = opened(maps), opened(-maps)
        for percentages in (PERCENTAGES, (1, 7, 50, 100)):
            most = Road(percentages, output="probability").score(there).values
            least = Road(percentages, order="lerf", output="probability").score(back).values
            torch.testing.assert_close(most, least, rtol=0, atol=1e-12)


def test_directions_range_and_planted_patch() -> None:
    """The class is what four pixels say, against a background of the opposite sign."""
    images = torch.full((2, 1, 8, 8), -1.0, dtype=torch.float64)
    images[:, :, 2:4, 2:4] = 3.0
    weight = torch.zeros(1, 8, 8, dtype=torch.float64)
    weight[:, 2:4, 2:4] = 5.0
    oracle = weight.expand(2, -1, -1, -1) + 0.01 * draw(2, 1, 8, 8)
    good, bad = (case(Additive(weight), images, maps, domain=ImageDomain(mean=-1.0)) for maps in (oracle, -oracle))
    assert Road().score(good).values.tolist() == [0.0, 0.0]
    assert Road(order="lerf").score(good).values.tolist() == [1.0, 1.0]
    assert Road().score(bad).values.tolist() == [1.0, 1.0]
    assert Road(order="lerf").score(bad).values.tolist() == [0.0, 0.0]
    assert not Road().higher_is_better
    assert Road(order="lerf").higher_is_better
    assert Road.range == (0.0, 1.0)


def test_one_channel_maps_of_colour_images_work_and_all_samples_count() -> None:
    """Quantus raises IndexError for the first, and gives the first minibatch only for the second."""
    maps = MAPS.sum(1, keepdim=True)
    for rows in (1, 2, 64):
        scores = Road(output="probability").score(opened(maps, rows=rows)).values
        reference = Road(output="probability").score(opened()).values
        assert scores.shape == (5,)
        torch.testing.assert_close(scores, reference, rtol=0, atol=1e-12)


def test_the_noise_is_the_samples_own_and_leaves_global_generators_alone() -> None:
    """Quantus draws it anew from the global generator at every call."""
    first, second = opened(), opened()
    state = torch.get_rng_state()
    reference = Road(output="probability").score(first).values
    assert torch.equal(Road(output="probability").score(second).values, reference)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_map_of_one_scale_or_another() -> None:
    metric = Road(output="probability")
    assert torch.equal(metric.score(opened(2.0**40 * MAPS)).values, metric.score(opened()).values)


def test_tables_and_models_that_have_not_what_it_needs() -> None:
    table, domain = draw(4, 6), TabularDomain(covariance=torch.eye(6, dtype=torch.float64))
    scores = Road((50,), output="probability").score(case(nonlinear(6), table, table, domain=domain))
    assert scores.values.shape == (4,)
    with pytest.raises(Unsupported, match="needs the covariance"):
        Road().score(case(nonlinear(6), table, table, domain=TabularDomain()))
    with pytest.raises(Unsupported, match="road needs classes"):
        Road().score(case(Additive(table[0], scalar=True), table, table, domain=domain, output="scalar"))


def test_the_preset_of_quantus_and_percentages_from_a_spec() -> None:
    assert Road.preset("quantus").percentages == tuple(range(1, 100, 2))
    assert Road([10, 90]) == Road((10, 90))


def test_the_preset_of_quantus_is_the_accuracy_at_fifty_percentages() -> None:
    net = nonlinear(84)
    data = opened(module=net, targets=net(IMAGES).argmax(1))
    noise = 0.01 * DOMAIN.normal("infill/noisy_linear", IMAGES, data.ids, data.streams)
    scores = Road.preset("quantus").score(data)
    for sample in range(2):
        falling = MAPS[sample].sum(0).flatten().argsort(descending=True).tolist()
        right = []
        for percentage in range(1, 100, 2):
            gone = falling[: 42 * percentage // 100]
            image = imputed(IMAGES[sample], gone).flatten(1)
            image[:, gone] += noise[sample].flatten(1)[:, gone]
            right.append(float(net(image.view(1, 2, 6, 7)).argmax() == data.targets[sample]))
        assert [float(scores.details[f"removed {p} %"][sample]) for p in range(1, 100, 2)] == right
        assert float(scores.values[sample]) == pytest.approx(sum(right) / 50, abs=1e-12)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"percentages": ()}, r"percentages=\(\); whole numbers from 1 to 100"),
        ({"percentages": (0, 50)}, r"percentages=\(0, 50\)"),
        ({"percentages": (50, 10)}, r"percentages=\(50, 10\)"),
        ({"percentages": (50, 101)}, r"percentages=\(50, 101\)"),
        ({"order": "both"}, "order='both'; allowed: morf, lerf"),
        ({"output": "logit"}, "output='logit'; allowed: accuracy, probability"),
        ({"region": 0}, "region=0; at least 1"),
    ],
)
def test_bad_parameters(parameters, message) -> None:
    with pytest.raises(BadParameter, match=f"road: {message}"):
        Road(**parameters)
