"""Metrics of attributions."""

from whybench.metrics.attribution.abpc import Abpc
from whybench.metrics.attribution.aopc import Aopc
from whybench.metrics.attribution.input_invariance import InputInvariance
from whybench.metrics.attribution.input_shift_consistency import InputShiftConsistency
from whybench.metrics.attribution.insertion import Insertion
from whybench.metrics.attribution.mprt import Mprt
from whybench.metrics.attribution.pattern_quality import PatternQuality
from whybench.metrics.attribution.pixel_flipping import PixelFlipping
from whybench.metrics.attribution.random_logit import RandomLogit
from whybench.metrics.attribution.sdr import SmallestDestroyingRegion
from whybench.metrics.attribution.selectivity import Selectivity
from whybench.metrics.attribution.srg import SymmetricRelevanceGain
from whybench.metrics.attribution.ssr import SmallestSufficientRegion

__all__ = [
    "Abpc",
    "Aopc",
    "InputInvariance",
    "InputShiftConsistency",
    "Insertion",
    "Mprt",
    "PatternQuality",
    "PixelFlipping",
    "RandomLogit",
    "Selectivity",
    "SmallestDestroyingRegion",
    "SmallestSufficientRegion",
    "SymmetricRelevanceGain",
]
