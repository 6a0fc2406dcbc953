"""The notebooks run as they are written, show what they made, and stay small."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(path.name for path in FOLDER.glob("*.ipynb"))
LARGEST = 500_000
SECONDS = 60
"""Twice what a notebook may take, for processors slower than ours."""


def cells(name: str, kind: str) -> list[dict[str, Any]]:
    """The cells of one kind."""
    notebook = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_there_are_three() -> None:
    assert NOTEBOOKS == ["own_method_and_metric.ipynb", "own_model.ipynb", "read_a_board.ipynb"]


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_code_runs_as_it_is_written(name: str, tmp_path: Path) -> None:
    """In a process of its own, in the notebook's folder, on one core; seconds are those of the processor."""
    program = tmp_path / "cells.py"
    timed = f"\nimport time\nassert time.process_time() < {SECONDS}, time.process_time()\n"
    program.write_text("\n\n".join("".join(cell["source"]) for cell in cells(name, "code")) + timed, encoding="utf-8")
    one = os.environ | {"OMP_NUM_THREADS": "1"}
    ran = subprocess.run([sys.executable, program], cwd=FOLDER, env=one, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-3000:]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_was_run_from_top_to_bottom_without_an_error(name: str) -> None:
    code = cells(name, "code")
    assert [cell["execution_count"] for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell["outputs"]]
    assert {output["output_type"] for output in outputs} <= {"execute_result", "display_data"}
    assert any("image/png" in output["data"] for output in outputs)
    assert any("text/html" in output["data"] for output in outputs)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_it_is_small_and_says_nothing_of_who_ran_it(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert len(text) < LARGEST
    assert sorted(json.loads(text)["metadata"]) == ["kernelspec", "language_info"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_links_lead_somewhere(name: str) -> None:
    prose = "\n".join("".join(cell["source"]) for cell in cells(name, "markdown"))
    links = [link for link in re.findall(r"\]\(([^)#]+)", prose) if "://" not in link]
    assert links
    assert [link for link in links if not (FOLDER / link).exists()] == []
