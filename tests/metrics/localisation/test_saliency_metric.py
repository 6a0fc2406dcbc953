"""The saliency metric: crops by hand, closed forms, counted passes."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from located_maps import F64, Counting, case, draw, scored
from torch import Tensor, nn

from whybench.domains import TabularDomain
from whybench.errors import BadParameter
from whybench.methods.attribution import Constant
from whybench.metrics.attribution import SaliencyMetric
from whybench.metrics.attribution.boxes import Box, tightest

IMAGES, MAPS = draw(5, 2, 10, 8), draw(5, 2, 10, 8, seed=1)


class Net(Counting):
    """Three logits of an image, with a kink."""

    def forward(self, x: Tensor) -> Tensor:
        self.rows += len(x)
        flat = torch.relu(x.flatten(1))
        return torch.stack([flat.sum(1) / 9, flat[:, ::3].sum(1) / 3, -flat[:, 1::2].sum(1)], 1)


def by_hand(image: Tensor, relevance: np.ndarray, rule: str, alpha: float, resize: str) -> tuple[float, float, float]:
    """Area, probability and score of one sample, pixel by pixel."""
    positive = np.maximum(relevance, 0)
    least = {"max": alpha * positive.max(), "mean": alpha * positive.mean()}.get(rule)
    if least is None:
        held, least = 0.0, 0.0
        for value in sorted(positive.flatten(), reverse=True):
            held, least = held + value, value
            if held >= alpha * positive.sum():
                break
    marked = [(y, x) for y in range(10) for x in range(8) if relevance[y, x] > 0 and relevance[y, x] >= least]
    rows, columns = zip(*marked, strict=True)
    crop = image[:, min(rows) : max(rows) + 1, min(columns) : max(columns) + 1]
    area = crop[0].numel() / 80
    whole = F.interpolate(crop[None], (10, 8), mode=resize, align_corners=False)
    p = Net()(whole).softmax(1)[0, 0].item()
    return area, p, math.log(max(area, 0.05)) - math.log(p)


@pytest.mark.parametrize("resize", ["bilinear", "bicubic"])
@pytest.mark.parametrize(("rule", "alpha"), [("max", 0.5), ("max", 0.9), ("max", 1.0), ("mean", 4.0), ("energy", 0.3)])
def test_scores_are_those_of_crops_by_hand(rule: str, alpha: float, resize: str) -> None:
    scores = SaliencyMetric(rule=rule, alpha=alpha, resize=resize).score(case(MAPS, None, inputs=IMAGES, module=Net()))
    wanted = [by_hand(i, r.numpy(), rule, alpha, resize) for i, r in zip(IMAGES, MAPS.sum(1), strict=True)]
    found = torch.stack([scores.details["area"], scores.details["probability"], scores.values], 1)
    torch.testing.assert_close(found, torch.tensor(wanted, dtype=F64), rtol=0, atol=1e-12)


def test_the_whole_image_scores_less_the_log_of_its_probability() -> None:
    clean = Net()(IMAGES).log_softmax(1)[:, 0]
    found = scored(SaliencyMetric(), torch.ones_like(MAPS), None, inputs=IMAGES, module=Net())
    assert torch.equal(found, -clean)
    assert Constant.control


def test_a_small_sure_crop_scores_the_log_of_the_floor() -> None:
    class Bright(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.stack([1000 * x.mean((1, 2, 3)), torch.zeros(len(x), dtype=x.dtype)], 1)

    images = torch.zeros(1, 1, 10, 10, dtype=F64)
    images[0, 0, 4, 6] = 1
    assert scored(SaliencyMetric(), images, None, inputs=images, module=Bright()).item() == math.log(0.05)
    assert scored(SaliencyMetric(floor=0.005), images, None, inputs=images, module=Bright()).item() == math.log(0.01)


def test_one_pass_a_sample_alone_in_batches_and_in_another_order() -> None:
    module = Net()
    opened = case(MAPS, None, inputs=IMAGES, module=module)
    together = SaliencyMetric().score(opened).values
    assert module.rows == 5
    for rows in (1, 2, 3):
        split = scored(SaliencyMetric(), MAPS, None, inputs=IMAGES, module=Net(), rows=rows)
        torch.testing.assert_close(split, together, rtol=0, atol=1e-12)
    turned = scored(SaliencyMetric(), MAPS.flip(0), None, inputs=IMAGES.flip(0), module=Net()).flip(0)
    torch.testing.assert_close(turned, together, rtol=0, atol=1e-12)


def test_the_model_is_left_as_it_was_also_when_it_raises() -> None:
    class Breaking(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.drop = nn.Dropout(0.9)

        def forward(self, x: Tensor) -> Tensor:
            if len(x) == 1:
                raise RuntimeError("boom")
            return Net()(self.drop(x))

    module = Breaking().train()
    opened = case(MAPS, None, inputs=IMAGES, module=module)
    images, state = IMAGES.clone(), torch.get_rng_state()
    torch.testing.assert_close(
        SaliencyMetric().score(opened).values, scored(SaliencyMetric(), MAPS, None, inputs=IMAGES, module=Net())
    )
    with pytest.raises(RuntimeError, match="boom"):
        SaliencyMetric().score(case(MAPS, None, inputs=IMAGES, module=module, rows=2))
    assert module.training
    assert module.drop.training
    assert torch.equal(images, IMAGES)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(("rule", "alpha"), [("max", 0.5), ("mean", 2.0), ("energy", 0.5)])
def test_a_positive_factor_changes_nothing(rule: str, alpha: float) -> None:
    metric = SaliencyMetric(rule=rule, alpha=alpha)
    before = scored(metric, MAPS, None, inputs=IMAGES, module=Net())
    assert torch.equal(scored(metric, MAPS * 64, None, inputs=IMAGES, module=Net()), before)


def test_what_has_no_value_says_why() -> None:
    maps = MAPS.clone()
    maps[0], maps[1] = -1, 1
    scores = SaliencyMetric(rule="mean", alpha=2.0).score(case(maps, None, inputs=IMAGES, module=Net()))
    assert dict(scores.undefined) == {0: "no relevance is above zero", 1: "no pixel is over the threshold"}
    assert scores.details["area"].isnan().tolist() == [True, True, False, False, False]


@pytest.mark.parametrize(
    "parameters", [{"rule": "best"}, {"alpha": 0.0}, {"alpha": 1.1}, {"floor": 0.0}, {"resize": "nearest"}]
)
def test_parameters_not_allowed(parameters: dict[str, object]) -> None:
    with pytest.raises(BadParameter):
        SaliencyMetric(**parameters)


def test_it_needs_images_and_classes() -> None:
    assert SaliencyMetric.needs == {"image", "classes"}
    assert not {"image"} & case(draw(1, 3), None, domain=TabularDomain()).model.capabilities
    assert not SaliencyMetric().higher_is_better


def test_boxes() -> None:
    marked = torch.zeros(4, 5, dtype=torch.bool)
    assert tightest(marked) == Box(0, 4, 0, 5)
    marked[1, 4] = marked[3, 2] = True
    assert tightest(marked) == Box(1, 4, 2, 5)
    assert tightest(marked).area == 9
    assert tightest(marked).cut(torch.ones(2, 4, 5)).shape == (2, 3, 3)
