"""What the mask methods share: cells, scores, and the descent on all samples at once."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from whybench.domains import ImageDomain
from whybench.errors import Unsupported
from whybench.methods.attribution.masks.cells import cell_grid, to_features, variation
from whybench.methods.attribution.masks.descent import minimise
from whybench.methods.attribution.masks.scores import scores


def test_scores_equal_their_definitions(cnn, images, targets, open_query):
    asked, every = open_query(cnn, images, targets), torch.tensor([3, 0, 2])
    logits = cnn(images[every])
    chance = logits.softmax(1)[torch.arange(3), targets[every]]
    expected = {
        "logit": logits[torch.arange(3), targets[every]],
        "probability": chance,
        "log_probability": chance.log(),
        "log_odds": chance.log() - (1 - chance).log(),
    }
    for name, value in expected.items():
        assert (scores(asked, images[every], every, name) - value).abs().max() <= 1e-12


def test_log_odds_are_exact_where_the_probability_is_one(open_query):
    logits = torch.tensor([[60.0, 0.0, 0.0], [-900.0, 0.0, 3.0]], dtype=torch.float64)
    asked = open_query(nn.Identity(), logits, torch.tensor([0, 0]))
    ours = scores(asked, logits, torch.arange(2), "log_odds")
    assert (
        ours - torch.tensor([60 - torch.tensor(2.0).log(), -900 - torch.tensor([0.0, 3.0]).logsumexp(0)])
    ).abs().max() < 1e-5


@pytest.mark.parametrize("score", ["log_odds", "log_probability", "probability", "logit"])
def test_the_score_of_a_scalar_model_is_its_output(score, table, targets, open_query):
    linear = nn.Linear(4, 1, dtype=torch.float64)
    asked = open_query(linear, table, targets * 0)
    assert torch.equal(scores(asked, table, torch.arange(5), score), linear(table)[:, 0])


def test_an_output_without_a_gradient_is_refused(table, targets, open_query):
    class Cut(nn.Module):
        def forward(self, x):
            return x.detach()

    asked = open_query(Cut(), table, targets)
    with pytest.raises(Unsupported, match="has no gradient with respect to its inputs"):
        scores(asked, table.clone().requires_grad_(), torch.arange(5), "logit")


@pytest.mark.parametrize(
    ("shape", "cells", "expected"),
    [
        ((1, 3, 224, 224), None, (28, 28)),
        ((1, 3, 224, 448), None, (28, 56)),
        ((1, 1, 8, 8), None, (8, 8)),
        ((1, 1, 8, 6), 3, (4, 3)),
        ((1, 1, 30, 20), 7, (10, 7)),
        ((1, 12), None, (12,)),
    ],
)
def test_cells_are_square_and_at_least_a_pixel(shape, cells, expected, open_query, targets):
    asked = open_query(nn.Flatten(), torch.zeros(shape), targets[:1])
    assert cell_grid(asked, cells, 28) == expected


def test_masks_of_a_cell_a_feature_are_not_touched():
    masks = torch.rand(2, 4, 3)
    assert to_features(masks, (4, 3)) is masks
    assert to_features(torch.full((1, 2, 2), 0.3), (9, 7)).sub(0.3).abs().max() <= 1e-6


def test_variation_of_masks_one_cell_thin():
    line = torch.tensor([[[0.0, 1.0, 0.5]]], dtype=torch.float64)
    assert variation(line, 1.0).item() == variation(line.mT, 1.0).item() == 0.75
    assert variation(line[..., :1], 2.0).item() == 0.0


class Ahead:
    """Reads each row's own parameters only."""

    def __init__(self, goal):
        self.goal = goal

    def loss(self, t):
        return lambda leaf, sample, draw: (leaf[sample] - self.goal[sample] * (1 + draw)[:, None]).square().sum(1)


def test_descent_is_on_the_mean_over_draws_plus_the_penalty(table, targets, open_query):
    """(p - g)^2 and (p - 2 g)^2 in the mean, plus p^2: the least is at 3 g / 4, wherever batches are cut."""
    goal = table.clone()
    for rows in (1, 3, 64):
        asked = open_query(nn.Linear(4, 2).double(), table, targets, rows=rows)
        found = minimise(
            asked,
            torch.zeros_like(table),
            Ahead(goal).loss,
            lambda leaf, t: leaf.square().sum(1),
            lambda parameters: torch.optim.SGD(parameters, 0.2),
            iterations=40,
            draws=2,
        )
        assert (found - 0.75 * goal).abs().max() <= 1e-12


def test_the_start_is_left_alone_and_bounds_hold(table, targets, open_query):
    start = torch.full_like(table, 0.5)
    found = minimise(
        open_query(nn.Linear(4, 2).double(), table, targets),
        start,
        Ahead(100 * table).loss,
        lambda leaf, t: leaf.sum(1) * 0,
        lambda parameters: torch.optim.Adam(parameters, 0.3),
        iterations=9,
        bounds=(0.0, 1.0),
    )
    assert torch.equal(found, (table > 0).double())
    assert (start == 0.5).all()


def test_masks_of_channels_last_images_reach_the_model_as_such(images, targets, open_query):
    seen = []

    class Watch(nn.Module):
        def forward(self, x):
            seen.append(x.is_contiguous(memory_format=torch.channels_last))
            return x.flatten(1)[:, :3]

    asked = open_query(Watch(), images, targets)
    asked = replace(asked, model=replace(asked.model, channels_last=True, domain=ImageDomain()))
    scores(asked, images.clone(), torch.arange(5), "logit")
    assert seen[-1]
