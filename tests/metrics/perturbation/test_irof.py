"""IROF: a slow walk over superpixels, closed forms, passes, and the drifting mean of a peer."""

from itertools import pairwise

import pytest
import torch
from stored_maps import Additive, case, draw, nonlinear

from whybench.domains import ImageDomain
from whybench.domains.superpixels import superpixels
from whybench.errors import BadParameter
from whybench.metrics.attribution import Irof
from whybench.metrics.attribution.superpixel_sweep import Superpixels

IMAGES, MAPS = draw(4, 3, 18, 15), draw(4, 3, 18, 15, seed=1)
DOMAIN = ImageDomain(mean=0.2)


def opened(maps=MAPS, module=None, images=IMAGES, **options):
    return case(module or nonlinear(images[0].numel()), images, maps, domain=DOMAIN, **options)


def test_scores_are_those_of_a_slow_walk() -> None:
    net = nonlinear(810)
    scores = Irof(segments=9).score(opened(module=net))
    for sample in range(4):
        index = superpixels(IMAGES[sample], 9)
        count, relevance = int(index.max()) + 1, MAPS[sample].sum(0)
        means = [float(relevance[index == s].mean()) for s in range(count)]
        image, probability = IMAGES[sample].clone(), []
        for step in [None, *sorted(range(count), key=lambda s: -means[s])]:
            if step is not None:
                image[:, index == step] = 0.2
            probability.append(float(net(image[None]).detach().softmax(1)[0, 0]))
        area = sum((a + b) / 2 for a, b in pairwise(probability)) / count / probability[0]
        assert float(scores.values[sample]) == pytest.approx(1 - area, abs=1e-12)
        assert int(scores.details["superpixels"][sample]) == count
        assert scores.curves.y[sample, : count + 1].tolist() == pytest.approx(probability, abs=1e-12)


def halves(count: int = 2) -> torch.Tensor:
    """Images that fall apart into four clear quarters."""
    images = torch.zeros(count, 1, 20, 20, dtype=torch.float64)
    images[:, :, :10, 10:], images[:, :, 10:, :10], images[:, :, 10:, 10:] = 0.3, 0.6, 1.0
    return images


class Quarter(torch.nn.Module):
    """Class 0 with probability 1/2 while the last quarter is there, and next to 0 when it is gone."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        there = x[:, 0, 15, 15] > 0.9
        return torch.stack([torch.where(there, 0.0, -800.0), torch.zeros(len(x))], 1).to(x)


def test_the_area_of_a_planted_quarter_in_closed_form() -> None:
    images = halves()
    patch = torch.zeros_like(images)
    patch[:, :, 10:, 10:] = 1.0
    ranked = patch + images / 100
    good = Irof(segments=4).score(case(Quarter(), images, ranked, domain=ImageDomain()))
    bad = Irof(segments=4).score(case(Quarter(), images, -ranked, domain=ImageDomain()))
    assert good.details["superpixels"].tolist() == [4.0, 4.0]
    assert good.values.tolist() == pytest.approx([1 - 0.5 / 4] * 2, abs=1e-12)
    assert bad.values.tolist() == pytest.approx([0.5 / 4] * 2, abs=1e-12)
    assert ((good.values > bad.values) == Irof().higher_is_better).all()
    assert Irof.range == (-float("inf"), 1.0)


def test_one_pass_a_superpixel_and_one_for_the_image_twice_within_ties() -> None:
    maps = MAPS.clone()
    maps[1] = 0.7
    net, seen = nonlinear(810), []
    data = opened(maps, net, rows=8)
    net.register_forward_hook(lambda _module, inputs, _output: seen.append(len(inputs[0])))
    scores = Irof(segments=9).score(data)
    rows = scores.details["superpixels"] + 1
    assert scores.details["ties"].tolist() == [0.0, float(rows[1] - 1), 0.0, 0.0]
    assert sum(seen) == int(rows.sum() + rows[1] - 2)
    Irof(segments=9).score(data)
    assert sum(seen) == int(rows.sum() + rows[1] - 2)


def test_a_constant_map_scores_the_mean_of_a_random_order_and_its_reverse() -> None:
    data = opened(torch.full_like(MAPS, 0.1))
    constant = Irof(segments=9).score(data)
    assert (constant.details["ties"] == constant.details["superpixels"]).all()
    index, ranked = data.artifact(Superpixels(9))["index"], torch.zeros(4, 1, 18, 15, dtype=torch.float64)
    for sample in range(4):
        order = data.streams.permutation("sweep/ties", str(sample), 0, int(index[sample].max()) + 1)
        for place, superpixel in enumerate(order.tolist()):
            ranked[sample, 0, index[sample] == superpixel] = -float(place)
    both = [Irof(segments=9).score(opened(maps)).values for maps in (ranked, -ranked)]
    torch.testing.assert_close(constant.values, (both[0] + both[1]) / 2, rtol=0, atol=1e-12)


def test_scaling_batches_and_orders() -> None:
    metric, order = Irof(segments=9), torch.tensor([2, 0, 3, 1])
    reference = metric.score(opened()).values
    assert torch.equal(metric.score(opened(4 * MAPS)).values, reference)
    torch.testing.assert_close(metric.score(opened(rows=1)).values, reference, rtol=0, atol=1e-12)
    turned = metric.score(opened(MAPS[order], images=IMAGES[order], rows=7)).values
    torch.testing.assert_close(turned, reference[order], rtol=0, atol=1e-12)


def test_the_infill_does_not_drift_with_what_is_gone() -> None:
    """Quantus fills each superpixel with the mean of the image as it then is."""
    seen = []

    class Spy(Quarter):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x.clone())
            return super().forward(x)

    images = halves(1)
    Irof(segments=4).score(case(Spy(), images, images, domain=DOMAIN))
    rows = torch.cat(seen)
    assert len(rows) == 5
    assert set(rows.unique().tolist()) == {0.0, 0.2, 0.3, 0.6, 1.0}
    assert (rows[-1] == 0.2).all()


def test_superpixels_are_cut_once_for_all_methods_and_zero_probability_is_undefined() -> None:
    assert Superpixels.shared
    flat = Additive(torch.full((3, 18, 15), -1e3, dtype=torch.float64))
    scores = Irof(segments=9).score(opened(module=flat, images=IMAGES.abs()))
    assert set(scores.undefined.values()) == {"the clean probability is 0"}


@pytest.mark.parametrize(
    ("parameters", "message"), [({"segments": 0}, "segments=0"), ({"infill": "grey"}, "infill='grey'")]
)
def test_bad_parameters(parameters, message) -> None:
    with pytest.raises(BadParameter, match=f"irof: {message}"):
        Irof(**parameters)
