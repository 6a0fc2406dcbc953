"""The fixtures of planted models are the designs, each under its name."""

import pytest

from whybench import planted as designs
from whybench.errors import UnknownName


@pytest.mark.parametrize("design", designs.DESIGNS)
def test_each_design_has_a_fixture(design: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(f"planted_{design}")
    assert (found.name, found.worth.tolist()) == (design, designs.DESIGNS[design]().worth.tolist())


def test_a_design_is_made_with_options(planted) -> None:
    found = planted("shortcut", strength=1.0)
    assert not (found.worth * found.masks[:, None]).any()  # nothing is the shape's
    with pytest.raises(UnknownName, match=r"unknown planted design 'shortcuts'\. Did you mean shortcut"):
        planted("shortcuts")


@pytest.mark.whybench(metric="relevance_mass")
def test_a_cell_runs_on_a_planted_model(planted_watermark, run_cell) -> None:
    """The gradient is 0 outside the glyph."""
    cell = run_cell(planted_watermark, method="gradient")
    assert set(cell.scores.values()) == {1.0}
    assert list(cell.scores) == list(planted_watermark.ids)
    assert (cell.record.subject.model, cell.record.subject.dataset) == ("watermark", "watermark")
    assert cell.relevance.shape == planted_watermark.inputs.shape


@pytest.mark.whybench(method="gradient", metric="complexity", model="patch_detector", dataset="planted_patches")
def test_a_cell_runs_on_a_named_model_and_dataset(run_cell) -> None:
    assert len(run_cell(samples=3).scores) == 3
