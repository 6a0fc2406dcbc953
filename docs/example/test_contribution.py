# test_contribution.py
"""What contribution has to be, and to stay."""

import pytest
import torch
from contribution import contribution


def test_every_pixel_has_what_it_adds(planted_shortcut):
    world = planted_shortcut
    found = contribution(world.module, world.inputs, world.labels)
    torch.testing.assert_close(found.double(), world.worth, rtol=0, atol=1e-7)


@pytest.mark.whybench(method="contribution.py:contribution", metric="srg(infill='zero')")
def test_maps_and_scores_stay(planted_watermark, run_cell, explanation_regression, score_regression):
    cell = run_cell(planted_watermark)
    explanation_regression.check(cell.relevance)
    score_regression.check(cell.scores)
