"""Metrics of attributions."""

from whybench.metrics.attribution.input_invariance import InputInvariance
from whybench.metrics.attribution.input_shift_consistency import InputShiftConsistency
from whybench.metrics.attribution.insertion import Insertion
from whybench.metrics.attribution.mprt import Mprt
from whybench.metrics.attribution.pattern_quality import PatternQuality
from whybench.metrics.attribution.pixel_flipping import PixelFlipping
from whybench.metrics.attribution.random_logit import RandomLogit
from whybench.metrics.attribution.sdr import SmallestDestroyingRegion
from whybench.metrics.attribution.srg import SymmetricRelevanceGain
from whybench.metrics.attribution.ssr import SmallestSufficientRegion

__all__ = [
    "InputInvariance",
    "InputShiftConsistency",
    "Insertion",
    "Mprt",
    "PatternQuality",
    "PixelFlipping",
    "RandomLogit",
    "SmallestDestroyingRegion",
    "SmallestSufficientRegion",
    "SymmetricRelevanceGain",
]
