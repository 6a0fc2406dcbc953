"""Consistency under noise by its definition, and noise that changes what it says and nothing else."""

import numpy as np
import pytest
import torch
from known_judges import linear_world

from whybench.errors import BadParameter
from whybench.validity import Noise, inter_consistency, inter_reactivity, intra_consistency, perturbed


def test_intra_consistency_by_hand() -> None:
    """Five positive differences: of 2^5 signs one has the largest rank sum, on either side."""
    clean = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    other = clean - [0.1, 0.2, 0.3, 0.4, 0.5]
    assert intra_consistency(clean, other, disruptive=False) == pytest.approx(2 / 32)
    assert intra_consistency(clean, other, disruptive=True) == pytest.approx(1 - 2 / 32)
    assert intra_consistency(clean, clean, disruptive=True) == 0.0
    assert intra_consistency(clean[:1], other[:1], disruptive=True) is None


def test_ties_are_no_agreement() -> None:
    """By position in a sort, as MetaQuantus ranks, three equal scores would keep their ranks whatever comes."""
    clean = np.zeros((3, 1))
    perturbed_scores = np.array([[1.0], [2.0], [3.0]])
    assert (np.argsort(clean, 0) == np.argsort(perturbed_scores, 0)).mean() == 1.0
    assert inter_consistency(clean, perturbed_scores) == 1 / 3  # the middle one


def test_inter_consistency_by_hand() -> None:
    clean = np.array([[1.0, 5.0], [2.0, 4.0], [3.0, 3.0]])
    other = np.array([[1.0, 1.0], [3.0, 2.0], [2.0, 3.0]])
    assert inter_consistency(clean, other) == pytest.approx(2 / 6)
    assert inter_consistency(clean[:, :0], other[:, :0]) is None


@pytest.mark.parametrize(("higher", "share"), [(True, 1 / 4), (False, 2 / 4)])
def test_inter_reactivity_by_hand(higher: bool, share: float) -> None:
    clean = np.array([[1.0, 2.0], [3.0, 4.0]])
    other = np.array([[0.0, 2.0], [3.5, 5.0]])
    assert inter_reactivity(clean, other, higher) == share


def test_noise_on_inputs_stays_within_bounds_and_size() -> None:
    world = linear_world()
    before = world.inputs.clone()
    small, counts = perturbed(world, Noise("inputs", 0.01, disruptive=False), draw=0)
    large, _ = perturbed(world, Noise("inputs", 5.0, disruptive=True), draw=0)
    assert 0 < (small.inputs - before).abs().max() <= 0.01
    assert large.inputs.min() == 0.0
    assert large.inputs.max() == 1.0
    assert torch.equal(world.inputs, before)
    answers = world.model.module(small.inputs).argmax(1)
    assert counts.tolist() == (answers == world.targets).tolist()


def test_noise_on_weights_is_drawn_by_name_and_leaves_the_model() -> None:
    world = linear_world()
    before = world.model.module[1].weight.clone()
    noise = Noise("weights", 2.0, disruptive=True)
    (one, changed), (again, _), (other, _) = (perturbed(world, noise, draw) for draw in (0, 0, 1))
    weight = one.model.module[1].weight
    assert torch.equal(world.model.module[1].weight, before)
    assert torch.equal(weight, again.model.module[1].weight)
    assert not torch.equal(weight, other.model.module[1].weight)
    assert changed.tolist() == (one.model.module(world.inputs).argmax(1) != world.targets).tolist()
    assert (weight / before).std().item() == pytest.approx(2.0, rel=0.3)


def test_noise_is_checked() -> None:
    with pytest.raises(BadParameter, match="noise on 'labels' of size 1"):
        Noise("labels", 1, True)  # type: ignore[arg-type]
    with pytest.raises(BadParameter, match="of size 0"):
        Noise("inputs", 0, True)
