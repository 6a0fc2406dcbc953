"""Every registered preset has a test that writes its source's own loop down, and asks for it by its name."""

import ast
import re
from pathlib import Path

import pytest

from whybench.registries import fill, metrics

REFERENCES = {
    ("abpc", "pnpxai"): "test_presets.py::test_pnpxai_morf_lerf_and_abpc",
    ("abpc", "samek"): "test_presets.py::test_samek_aopc_takes_noise_in_ten_draws_and_stops_after_a_hundred_regions",
    ("aopc", "quantus"): "test_presets.py::test_quantus_region_perturbation_and_selectivity",
    ("aopc", "samek"): "test_presets.py::test_samek_aopc_takes_noise_in_ten_draws_and_stops_after_a_hundred_regions",
    ("insertion", "rise"): "test_presets.py::test_rise_deletion_and_insertion",
    ("pixel_flipping", "pnpxai"): "test_presets.py::test_pnpxai_morf_lerf_and_abpc",
    ("pixel_flipping", "quantus"): "test_presets.py::test_quantus_pixel_flipping",
    ("pixel_flipping", "rise"): "test_presets.py::test_rise_deletion_and_insertion",
    (
        "pixel_flipping",
        "samek",
    ): "test_presets.py::test_samek_aopc_takes_noise_in_ten_draws_and_stops_after_a_hundred_regions",
    ("road", "quantus"): "test_road.py::test_the_preset_of_quantus_is_the_accuracy_at_fifty_percentages",
    ("selectivity", "quantus"): "test_presets.py::test_quantus_region_perturbation_and_selectivity",
    (
        "sufficiency",
        "quantus",
    ): "test_sufficiency.py::test_the_preset_of_quantus_takes_scipys_standardised_distances_of_absolute_maps",
}


def test_every_preset_has_a_reference_and_no_other() -> None:
    fill()
    assert set(REFERENCES) == {(name, preset) for name in metrics for preset in metrics[name].presets}


@pytest.mark.parametrize(("metric", "preset"), REFERENCES)
def test_the_reference_asks_for_the_preset_by_name(metric: str, preset: str) -> None:
    fill()
    file, _, test = REFERENCES[metric, preset].partition("::")
    source = Path(__file__).with_name(file).read_text(encoding="utf-8")
    (found,) = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == test)
    asked = rf"\b{metrics[metric].__name__}\.preset\(\"{preset}\"\)"
    assert re.search(asked, ast.get_source_segment(source, found) or "")
