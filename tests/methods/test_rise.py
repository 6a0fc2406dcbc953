"""RISE."""

from dataclasses import replace
from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from whybench.domains import ImageDomain
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import Rise
from whybench.streams import Streams


def mask(cells, sides, shift):
    """Straight from the paper: enlarge the whole grid, then cut the image's size out of it."""
    count = len(cells)
    cell = [-(-side // count) for side in sides]
    large = F.interpolate(cells[None, None], [(count + 1) * c for c in cell], mode="bilinear", align_corners=False)[
        0, 0
    ]
    top, left = (int(s * c) for s, c in zip(shift, cell, strict=True))
    return large[top : top + sides[0], left : left + sides[1]]


class Everything(Streams):
    """Instead of draws, all grids of 2 x 2 cells at all shifts of a cell of two pixels, each once."""

    def uniforms(self, role, draws, shape):
        grids = torch.tensor(list(product([0.2, 0.7], repeat=4)), dtype=torch.float64).view(16, 2, 2)
        shifts = torch.tensor(list(product([0.25, 0.75], repeat=2)), dtype=torch.float64)
        found = grids.repeat_interleave(4, 0) if role == "rise/cells" else shifts.repeat(16, 1)
        assert found.shape == shape
        return found.expand(len(draws), *shape)


@pytest.mark.parametrize(("cells", "keep"), [(3, 0.5), (7, 0.3), (1, 0.5)])
@pytest.mark.parametrize("normalisation", ["expected", "observed"])
def test_equals_the_definition(cells, keep, normalisation, cnn, images, targets):
    method = Rise(masks=12, cells=cells, keep=keep, normalisation=normalisation)
    ours = method.attribute(cnn, images, targets, baseline=0.2, seed=3, ids=list("abcde"), batch_size=7)
    for i, sample in enumerate("abcde"):
        grids = (Streams(3).uniform("rise/cells", sample, 0, (12, cells, cells)) < keep).double()
        shifts = Streams(3).uniform("rise/shift", sample, 0, (12, 2))
        masks = torch.stack([mask(g, (8, 6), s) for g, s in zip(grids, shifts, strict=True)])
        scores = cnn(0.2 + masks[:, None] * (images[i] - 0.2))[:, targets[i]]
        total = 12 * keep if normalisation == "expected" else masks.sum(0)
        expected = (scores[:, None, None] * masks).sum(0) / total
        assert (ours[i, 0] - torch.nan_to_num(expected)).abs().max() <= 1e-12


def test_on_a_linear_model_the_expectation_is_affine_in_what_a_pixel_contributes(open_query):
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, 1, 4, 4, generator=generator, dtype=torch.float64)
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 1, dtype=torch.float64))
    asked = replace(open_query(net, x, torch.zeros(1).long()), streams=Everything(0))
    ours = Rise(masks=64, cells=2, normalisation="expected").relevance(asked)[0, 0].flatten()
    contribution = (net[1].weight[0] * x.flatten()).detach()
    every = [
        mask(torch.eye(4)[k].view(2, 2).double(), (4, 4), s) for s in product((0.0, 0.5), repeat=2) for k in range(4)
    ]
    bilinear = torch.stack(every).view(4, 4, 16)  # shift, cell, pixel
    together = torch.einsum("sci,scj->ij", bilinear, bilinear) / 4
    # E[m_i m_j] = p^2 + p (1 - p) sum over cells u_ci u_cj, divided by p
    expected = net[1].bias + 0.5 * contribution.sum() + 0.5 * together @ contribution
    assert (ours - expected).abs().max() <= 1e-12


class Offset(nn.Module):
    """The same answer to everything."""

    def forward(self, x):
        return x.new_full((len(x), 1), 3.0)


def test_a_constant_model_has_a_constant_map(images, open_query):
    assert (Rise(masks=40).attribute(Offset(), images) - 3).abs().max() <= 1e-13
    # The paper's formula only has it in the mean over all masks, ...
    asked = replace(open_query(Offset(), images[:1, :, :4, :4], torch.zeros(1).long()), streams=Everything(0))
    paper = Rise(masks=64, cells=2, normalisation="expected")
    assert (paper.relevance(asked) - 3).abs().max() <= 1e-14
    # ... and where the division by N p is left out, as in the released code for batches, the map grows with N.
    drawn = Rise(masks=2000, normalisation="expected").attribute(Offset(), images)
    assert 0.01 <= (drawn - 3).abs().max() <= 0.3


def test_finds_the_part_that_matters(open_query):
    class Corner(nn.Module):
        def forward(self, x):
            return x[:, :, :4, :4].mean((1, 2, 3))[:, None]

    found = Rise(masks=500, cells=4).attribute(Corner(), torch.ones(2, 1, 16, 16, dtype=torch.float64))
    inside, outside = found[:, 0, :4, :4].mean((1, 2)), found[:, 0, 8:, 8:].mean((1, 2))
    assert (inside > outside + 0.2).all()


def test_passes_and_shape(cnn, images, targets, passes_of, open_query):
    passes = passes_of(Rise(masks=10), open_query(cnn, images, targets, rows=8))
    assert passes.forward == [8] * 6 + [2]
    assert passes.backward == []
    assert Rise(masks=2).attribute(cnn, images, targets).shape == (5, 1, 8, 6)


def test_an_infill_is_a_baseline(cnn, images, targets):
    by_name = Rise(masks=9, baseline="mean").attribute(cnn, images, targets, domain=ImageDomain(mean=0.3, baseline=5.0))
    assert torch.equal(by_name, Rise(masks=9).attribute(cnn, images, targets, baseline=0.3))


def test_tables_are_unsupported(linear, table):
    with pytest.raises(Unsupported, match="rise needs image"):
        Rise().attribute(linear, table)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"masks": 0}, "masks=0"),
        ({"cells": 2.0}, r"cells=2\.0"),
        ({"keep": 1.0}, r"keep=1\.0"),
        ({"normalisation": "none"}, "normalisation='none'"),
    ],
)
def test_bad_parameters(parameters, message):
    with pytest.raises(BadParameter, match=message):
        Rise(**parameters)
