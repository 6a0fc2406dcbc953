"""Planted models: what every pixel is worth, against all sets of those that count; gradients, masks, datasets."""

import itertools
import math

import pytest
import torch
from torch import Tensor

import whybench
from whybench import planted
from whybench.errors import BadParameter
from whybench.planted import DESIGNS, Planted
from whybench.planted.places import A, B


def shapley(found: Planted, row: int, players: list[int]) -> Tensor:
    """By definition, over all sets of a few pixels, all others being as they are."""
    made = found.double()
    image, target = made.inputs[row].flatten(), int(made.labels[row])
    sets = list(itertools.product([False, True], repeat=len(players)))
    rows = image.repeat(len(sets), 1)
    for k, pixel in enumerate(players):
        rows[:, pixel] = torch.where(torch.tensor([s[k] for s in sets]), image[pixel], 0.0)
    values = dict(zip(sets, made.module(rows.view(-1, 1, 8, 12))[:, target].tolist(), strict=True))
    worth = torch.zeros(len(players), dtype=torch.float64)
    for k in range(len(players)):
        for s in (s for s in sets if not s[k]):
            size, count = sum(s), len(players)
            weight = math.factorial(size) * math.factorial(count - size - 1) / math.factorial(count)
            worth[k] += weight * (values[(*s[:k], True, *s[k + 1 :])] - values[s])
    return worth


@pytest.mark.parametrize("name", DESIGNS)
def test_the_worth_is_the_shapley_value_over_all_sets(name: str) -> None:
    """Of the pixels that are worth something, and of some others; in `additive` any ten show it."""
    found = DESIGNS[name]()
    for row in range(4):
        worth = found.worth[row].flatten()
        players = (found.masks[row] | A | B if name not in ("additive", "watermark") else found.masks[row]).flatten()
        chosen = players.nonzero().flatten().tolist()[:9]
        torch.testing.assert_close(shapley(found, row, chosen), worth[chosen], rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", DESIGNS)
def test_the_worth_sums_to_the_change_of_the_logit(name: str) -> None:
    found = DESIGNS[name]().double()
    rows, empty = torch.arange(8), torch.zeros_like(found.inputs)
    change = (found.module(found.inputs) - found.module(empty))[rows, found.labels]
    torch.testing.assert_close(found.worth.flatten(1).sum(1), change, rtol=0, atol=1e-9)


@pytest.mark.parametrize("alpha", [0.0, 0.25, 1.0])
def test_the_share_of_the_tag_is_the_strength_of_the_shortcut(alpha: float) -> None:
    found = planted.shortcut(strength=alpha)
    tag = (found.worth * A).flatten(1).sum(1)
    assert (tag / found.worth.flatten(1).sum(1)).tolist() == pytest.approx([alpha] * 8, abs=1e-12)


def test_no_shortcut_of_more_than_all() -> None:
    with pytest.raises(BadParameter, match=r"strength=1\.5; a number from 0 to 1"):
        planted.shortcut(strength=1.5)


def gradient(found: Planted) -> Tensor:
    leaf = found.inputs.clone().requires_grad_()
    out = found.module(leaf).gather(1, found.labels[:, None]).sum()
    return torch.autograd.grad(out, leaf)[0]


def test_outside_of_the_watermark_the_gradient_is_exactly_zero() -> None:
    found = planted.watermark()
    assert bool((gradient(found)[:, 0][~found.masks] == 0).all())
    assert found.labels.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]
    assert found.masks.flatten(1).sum(1).tolist() == [9] * 8
    assert found.module(found.inputs).max(1).values.tolist() == pytest.approx([5.0] * 8, rel=1e-6)


def test_no_part_of_a_watermark_answers_any_filter() -> None:
    """Whatever pixels are left out: what speaks for a filter is at most 4 away from its own place."""
    found = planted.watermark(samples=64)
    speaking = torch.nn.functional.conv2d(found.inputs, planted.glyphs.GLYPHS.float().unsqueeze(1))
    highest = speaking.flatten(1).topk(2).values
    assert highest[:, 0].tolist() == [5.0] * 64
    assert float(highest[:, 1].max()) < 4


def test_where_it_saturates_the_gradient_is_zero_and_the_worth_is_not() -> None:
    found = planted.saturating()
    assert float(gradient(found).abs().max()) == 0
    assert found.worth[0, 0][A].tolist() == [0.25] * 4


def test_the_suppressor_has_a_gradient_a_worth_and_no_say_in_the_class() -> None:
    found = planted.suppressor()
    assert found.labels.tolist() == [1, 0, 1, 0, 1, 0, 1, 0]
    assert gradient(found)[0, 0][B].tolist() == [-0.25] * 4
    assert not bool((found.masks & B).any())


def test_the_dead_branch_is_seen_and_worth_nothing() -> None:
    found = planted.dead_branch()
    assert float((found.worth * B).abs().max()) == 0
    assert float(found.inputs[:, 0][:, B].min()) >= 0.5


def test_both_and_one_of_two() -> None:
    both, one = planted.conjunction(), planted.exclusive()
    assert both.labels.tolist() == [1, 1, 1, 0, 1, 1, 1, 0]
    assert both.worth[0, 0][A].tolist() == [0.125] * 4
    assert one.labels.tolist() == [1, 1, 0, 0, 1, 1, 0, 0]
    assert (one.worth * A).flatten(1).sum(1).tolist() == [1, 0, 0, 0, 1, 0, 0, 0]


@pytest.mark.parametrize("name", DESIGNS)
def test_models_and_datasets_are_found_by_name(name: str) -> None:
    model, data, found = (
        whybench.model(f"planted(design={name!r})"),
        whybench.dataset(f"planted({name!r})"),
        DESIGNS[name](),
    )
    inputs = torch.stack([model.preprocess(sample) for sample in data.samples[:8]])
    assert torch.equal(inputs, found.inputs)
    assert torch.equal(model.module(inputs).argmax(1), data.labels[:8])
    assert data.masks is not None
    assert data.masks[0].tolist() == found.masks[0].tolist()


def test_nothing_is_drawn_from_a_global_generator() -> None:
    before = torch.get_rng_state()
    for make in DESIGNS.values():
        make()
    assert torch.equal(torch.get_rng_state(), before)
