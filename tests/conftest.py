"""What holds for every test."""

import pytest
import torch

from whybench import planning


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Weights that a test does not seed itself are the same in whatever order tests run."""
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def _planned_by_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """No batch plan depends on what is faster where tests run: those of calibration bring a stopwatch of their own."""
    monkeypatch.setattr(planning, "calibrated", lambda model, inputs, plan, rows: plan)
