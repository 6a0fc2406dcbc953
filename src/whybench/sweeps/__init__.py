"""Sweeps: the model's answers while an input's features are removed, or put back, in the order of a map."""

from whybench.sweeps.grids import Steps, mirrored
from whybench.sweeps.strata import strata
from whybench.sweeps.sweep import Direction, Sweep

__all__ = ["Direction", "Steps", "Sweep", "mirrored", "strata"]
