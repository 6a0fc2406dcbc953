"""Metrics of attributions."""

from whybench.metrics.attribution.input_invariance import InputInvariance
from whybench.metrics.attribution.input_shift_consistency import InputShiftConsistency
from whybench.metrics.attribution.mprt import Mprt
from whybench.metrics.attribution.random_logit import RandomLogit

__all__ = ["InputInvariance", "InputShiftConsistency", "Mprt", "RandomLogit"]
