"""One deletion and one insertion sweep serve all metrics; a sample's sweep depends on nothing but the sample."""

import pytest
import torch
from stored_maps import Stored, case, draw, nonlinear
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import ImageDomain
from whybench.errors import BadInput
from whybench.metrics.attribution import (
    Insertion,
    PixelFlipping,
    SmallestDestroyingRegion,
    SmallestSufficientRegion,
    SymmetricRelevanceGain,
)
from whybench.protocols import Model
from whybench.sweeps import Sweep

IMAGES, MAPS = draw(5, 2, 6, 6), draw(5, 2, 6, 6, seed=1)
DOMAIN = ImageDomain(low=-2.0, high=2.0, mean=0.1)
METRICS = (PixelFlipping, Insertion, SmallestSufficientRegion, SmallestDestroyingRegion)


def rows_of(module: nn.Module) -> list[int]:
    """Filled with the number of rows of every pass."""
    passes: list[int] = []
    module.register_forward_hook(lambda _module, inputs, _output: passes.append(len(inputs[0])))
    return passes


def test_four_metrics_cost_one_deletion_and_one_insertion_sweep() -> None:
    net = nonlinear(72)
    passes = rows_of(net)
    opened = case(net, IMAGES, MAPS, domain=DOMAIN, rows=16)
    for metric in METRICS:
        metric(region=1, steps=9).score(opened)
    assert sum(passes) == 2 * 5 * 10
    assert passes == ([16] * 3 + [2]) * 2


def test_other_readings_of_the_same_sweeps_cost_nothing() -> None:
    net = nonlinear(72)
    passes = rows_of(net)
    opened = case(net, IMAGES, MAPS, domain=DOMAIN)
    for metric in METRICS:
        metric(region=1, steps=9).score(opened)
    before = len(passes)
    for output in ("probability", "logit", "log_odds", "accuracy"):
        PixelFlipping(order="lerf", region=1, steps=9, output=output).score(opened)
        SymmetricRelevanceGain(infill="mean", region=1, steps=9, output=output).score(opened)
    SmallestSufficientRegion(region=1, steps=9, threshold=0.5, crossing="sustained").score(opened)
    assert len(passes) == before


def test_only_points_within_ties_are_asked_twice() -> None:
    """A constant map shares both ends of its two orders; a tie between two points of the grid is not to be seen."""
    maps = MAPS.clone()
    maps[1], maps[3, :, 2, :2] = 0, 7.0
    net = nonlinear(72)
    passes = rows_of(net)
    opened = case(net, IMAGES, maps, domain=DOMAIN)
    for metric in METRICS:
        metric(region=1, steps=9).score(opened)
    assert sum(passes) == 2 * (3 * 10 + (10 + 8) + 10)


@pytest.mark.parametrize("infill", ["mean", "blur", "uniform", "noisy_linear"])
def test_batch_one_batch_n_and_another_order_agree(infill: str) -> None:
    maps = MAPS.clone()
    maps[2] = 0
    order = torch.tensor([3, 0, 4, 2, 1])

    def sweep(positions: Tensor, rows: int) -> dict[str, Tensor]:
        model = Model(name="tiny", module=nonlinear(72), domain=DOMAIN)
        ids = tuple(str(int(i)) for i in positions)
        targets = torch.zeros(len(ids), dtype=torch.int64)
        opened = open_case(Stored(maps), model, IMAGES[positions], targets, ids=ids, rows=rows)
        return opened.artifact(Sweep(infill, 1, 7, "deletion"))

    together = sweep(torch.arange(5), 64)
    for other, back in (
        (sweep(torch.arange(5), 1), torch.arange(5)),
        (sweep(torch.arange(5), 13), torch.arange(5)),
        (sweep(order, 64), order.argsort()),
    ):
        for name, values in together.items():
            torch.testing.assert_close(other[name][back], values, rtol=0, atol=1e-12)
    alone = sweep(torch.tensor([2]), 64)
    for name, values in together.items():
        torch.testing.assert_close(alone[name][0], values[2], rtol=0, atol=1e-12)


def test_a_sweep_of_a_colour_image_by_hand() -> None:
    image = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]], dtype=torch.float64)

    class Last(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([x[:, 0, 0, 0], x[:, 1, 0, 1]], 1)

    maps = torch.tensor([[[[0.0, 1.0]]]], dtype=torch.float64)
    opened = case(Last(), image, maps, targets=torch.tensor([1]))
    deletion = opened.artifact(Sweep("zero", 1, 2, "deletion"))
    assert deletion["fraction"][0].tolist() == [[0.0, 0.5, 1.0]] * 2
    assert deletion["logit"][0].tolist() == [[4.0, 0.0, 0.0]] * 2
    assert deletion["log_odds"][0].tolist() == [[3.0, -1.0, 0.0]] * 2
    assert deletion["predicted"][0].tolist() == [[1, 0, 0]] * 2
    assert deletion["ties"].tolist() == [0]
    insertion = opened.artifact(Sweep("zero", 1, 2, "insertion"))
    assert insertion["logit"][0].tolist() == [[0.0, 4.0, 4.0]] * 2
    probability = torch.tensor([0.0, 4.0, 3.0], dtype=torch.float64).sigmoid()
    torch.testing.assert_close(insertion["probability"][0, 0], probability, rtol=0, atol=1e-15)


def test_regions_at_an_uneven_border_count_by_their_features() -> None:
    image = torch.ones(1, 1, 5, 3, dtype=torch.float64)
    maps = torch.zeros(1, 1, 5, 3, dtype=torch.float64)
    maps[0, 0, 4, 2], maps[0, 0, 0, 0] = 2.0, 1.0
    tied = case(nonlinear(15), image, maps).artifact(Sweep("zero", 2, 6, "deletion"))
    assert tied["ties"].tolist() == [4]
    fraction = tied["fraction"][0]
    assert (fraction[:, :3] * 15).round().tolist() == [[0, 1, 5]] * 2
    assert fraction[:, -1].tolist() == [1.0, 1.0]


class Broken(nn.Module):
    def __init__(self, answer: Tensor) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, x: Tensor) -> Tensor:
        return self.answer[: len(x)] if self.answer.ndim < 4 else x


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (torch.full((64, 3), float("nan")), "returned NaN or infinity"),
        (torch.zeros(64, 3, 2), r"returned \(\d+, 3, 2\)"),
        (torch.zeros(1, 1, 1, 1), "expected"),
        (torch.zeros(64), "outside the 1 classes"),
        (torch.zeros(3, 3), "expected"),
    ],
)
def test_a_model_that_answers_wrongly_is_refused(answer: Tensor, message: str) -> None:
    opened = case(Broken(answer), IMAGES, MAPS, domain=DOMAIN, targets=torch.ones(5, dtype=torch.int64))
    with pytest.raises(BadInput, match=message):
        PixelFlipping().score(opened)


def test_the_model_is_in_eval_mode_and_put_back() -> None:
    net = nn.Sequential(nonlinear(72), nn.Dropout(0.5)).train()
    opened = case(net, IMAGES, MAPS, domain=DOMAIN)
    scores = PixelFlipping(steps=6).score(opened).values
    assert net.training
    assert net[1].training
    assert torch.equal(scores, PixelFlipping(steps=6).score(case(nonlinear(72), IMAGES, MAPS, domain=DOMAIN)).values)


def test_rows_are_channels_last_where_the_model_wants_them() -> None:
    seen = []

    class Spy(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            seen.append(x.is_contiguous(memory_format=torch.channels_last))
            return x.flatten(1)[:, :3]

    PixelFlipping(steps=4).score(case(Spy(), IMAGES, MAPS, domain=DOMAIN, channels_last=True))
    assert seen
    assert all(seen)
    seen.clear()
    PixelFlipping(steps=4).score(case(Spy(), IMAGES, MAPS, domain=DOMAIN))
    assert not any(seen)


def test_float32_stays_float32_inside_and_gives_float64_scores() -> None:
    seen = set()
    net = nonlinear(72, dtype=torch.float32)
    net.register_forward_hook(lambda _module, inputs, _output: seen.add(inputs[0].dtype))
    opened = case(net, IMAGES.float(), MAPS.float(), domain=DOMAIN)
    single = SymmetricRelevanceGain(region=1, steps=6).score(opened).values
    assert seen == {torch.float32}
    double = SymmetricRelevanceGain(region=1, steps=6).score(case(nonlinear(72), IMAGES, MAPS, domain=DOMAIN)).values
    assert single.dtype == torch.float64
    torch.testing.assert_close(single, double, rtol=0, atol=1e-4)


def test_global_generators_and_inputs_are_left_alone() -> None:
    net = nonlinear(72)
    state, images = torch.get_rng_state(), IMAGES.clone()
    SymmetricRelevanceGain(infill="uniform").score(case(net, IMAGES, MAPS * 0, domain=DOMAIN))
    SymmetricRelevanceGain().score(case(net, IMAGES, MAPS, domain=DOMAIN))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(IMAGES, images)
