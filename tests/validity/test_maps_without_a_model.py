"""The red team finds known winners, loses where the truth decides, and asks the model nothing."""

import numpy as np
import pytest
import torch
from known_judges import LOVES_CONSTANTS, METHODS, Judge, features, linear_world, oracle

from whybench.errors import BadParameter
from whybench.methods.attribution import InputXGradient, SobelEdges
from whybench.validity import Desk, ModelFree, red_team
from whybench.validity.red_team import candidates, part, standing


def test_it_finds_the_winner_of_a_metric_that_loves_constants() -> None:
    (contest,) = red_team(linear_world(), METHODS, {"constant": LOVES_CONSTANTS}, drawn=4, rounds=1, brood=2)
    assert contest.won
    assert contest.gain is not None
    assert contest.gain.low is not None
    assert contest.gain.low > 0
    maps = Desk(linear_world()).case(contest.found).explanation.relevance
    assert maps.flatten(1).std(1).max() < 1e-6


def test_it_loses_where_the_truth_decides() -> None:
    world = linear_world()
    methods = {"right": InputXGradient(), **METHODS}
    (contest,) = red_team(world, methods, {"truth": oracle(world)}, drawn=8, rounds=2, brood=4)
    assert contest.method == "right"
    assert not contest.won
    assert contest.tried == 16 + 8 + 8
    assert contest.gain is not None
    assert contest.gain.high is not None
    assert contest.gain.high < 0


def test_both_are_chosen_on_one_half_and_judged_on_the_other() -> None:
    world, asked = linear_world(), []
    metric = Judge(lambda case: asked.append(case.ids) or features(case)[:, 0])
    red_team(world, METHODS, {"m": metric}, drawn=0, rounds=1, brood=1)
    halves = [set(ids) for ids in asked]
    assert halves[:-2] == [set(world.ids[::2])] * (len(halves) - 2)
    assert halves[-2:] == [set(world.ids[1::2])] * 2


def test_a_metric_without_scores_has_no_contest() -> None:
    metric = Judge(lambda case: features(case)[:, 0])
    known = standing(np.array([[1.0, np.nan], [2.0, 3.0]]), higher_is_better=False)
    assert known.tolist() == [-np.inf, -2.5]
    assert len(red_team(linear_world(), METHODS, {"m": metric}, drawn=0, rounds=0)) == 1


def test_a_map_asks_the_model_nothing() -> None:
    world = linear_world()
    calls: list[int] = []
    world.model.module.register_forward_hook(lambda *_: calls.append(1))
    drawn = candidates(20)
    maps = [Desk(world).case(found).explanation.relevance for found in drawn]
    assert calls == []
    assert len({tuple(m.flatten().tolist()) for m in maps}) > 30


def test_pictures_by_hand() -> None:
    world = linear_world(2)
    query = Desk(world).case(InputXGradient())
    away = world.inputs.abs()  # the mean of this domain is 0
    found = Desk(world).case(ModelFree(away=2.0, power=2.0)).explanation.relevance
    assert torch.allclose(found, (2 * away / away.amax((1, 2, 3), keepdim=True)) ** 2)
    edges = Desk(world).case(SobelEdges()).explanation.relevance
    found = Desk(world).case(ModelFree(edges=-1.0)).explanation.relevance
    assert torch.allclose(found, -edges / edges.amax((1, 2, 3), keepdim=True))
    assert torch.equal(Desk(world).case(ModelFree(level=1.0, smooth=1.0)).explanation.relevance, torch.ones_like(away))
    assert len(query.ids) == 2


def test_there_and_back() -> None:
    drawn = candidates(3)[-1]
    assert ModelFree.from_vector(drawn.vector()) == drawn
    assert ModelFree.from_vector(np.full(13, 9.0)) == ModelFree(*[9.0] * 8, 1.2, 1.2, 1.0, 1.0, 4.0)
    with pytest.raises(BadParameter, match="width=0"):
        ModelFree(width=0)


def test_a_part_of_a_world() -> None:
    world = linear_world()
    some = part(world, [3, 1])
    assert some.ids == ("3", "1")
    assert torch.equal(some.worth, world.worth[[3, 1]])
    assert torch.equal(some.inputs, world.inputs[[3, 1]])
