"""What holds for every test."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _seeded() -> None:
    """Weights that a test does not seed itself are the same in whatever order tests run."""
    torch.manual_seed(0)
