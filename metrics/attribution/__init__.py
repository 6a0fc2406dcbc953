"""Metrics of attributions."""

from whybench.metrics.attribution import captum_adapters, quantus_adapters
from whybench.metrics.attribution.abpc import Abpc
from whybench.metrics.attribution.aopc import Aopc
from whybench.metrics.attribution.average_drop import AverageDrop
from whybench.metrics.attribution.average_gain import AverageGain
from whybench.metrics.attribution.average_increase import AverageIncrease
from whybench.metrics.attribution.completeness import Completeness
from whybench.metrics.attribution.complexity import Complexity
from whybench.metrics.attribution.continuity import Continuity
from whybench.metrics.attribution.cosine_convergence import CosineConvergence
from whybench.metrics.attribution.data_randomisation import DataRandomisation
from whybench.metrics.attribution.effective_complexity import EffectiveComplexity
from whybench.metrics.attribution.efficient_mprt import EfficientMprt
from whybench.metrics.attribution.excess_region import ExcessRegion
from whybench.metrics.attribution.explanation_manipulation import ExplanationManipulation
from whybench.metrics.attribution.faithfulness_correlation import FaithfulnessCorrelation
from whybench.metrics.attribution.faithfulness_estimate import FaithfulnessEstimate
from whybench.metrics.attribution.focus import Focus
from whybench.metrics.attribution.gini import Gini
from whybench.metrics.attribution.implementation_invariance import ImplementationInvariance
from whybench.metrics.attribution.infidelity import Infidelity
from whybench.metrics.attribution.input_invariance import InputInvariance
from whybench.metrics.attribution.input_shift_consistency import InputShiftConsistency
from whybench.metrics.attribution.insertion import Insertion
from whybench.metrics.attribution.irof import Irof
from whybench.metrics.attribution.local_lipschitz import LocalLipschitz
from whybench.metrics.attribution.monotonicity import Monotonicity
from whybench.metrics.attribution.monotonicity_correlation import MonotonicityCorrelation
from whybench.metrics.attribution.mprt import Mprt
from whybench.metrics.attribution.naopc import Naopc
from whybench.metrics.attribution.non_sensitivity import NonSensitivity
from whybench.metrics.attribution.outside_inside_ratio import OutsideInsideRatio
from whybench.metrics.attribution.pattern_quality import PatternQuality
from whybench.metrics.attribution.pixel_flipping import PixelFlipping
from whybench.metrics.attribution.pointing_game import PointingGame
from whybench.metrics.attribution.random_logit import RandomLogit
from whybench.metrics.attribution.rank_accuracy import RankAccuracy
from whybench.metrics.attribution.regret import Regret
from whybench.metrics.attribution.relative_input_stability import RelativeInputStability
from whybench.metrics.attribution.relative_output_stability import RelativeOutputStability
from whybench.metrics.attribution.relative_representation_stability import RelativeRepresentationStability
from whybench.metrics.attribution.relevance_mass import RelevanceMass
from whybench.metrics.attribution.road import Road
from whybench.metrics.attribution.roar import Roar
from whybench.metrics.attribution.roc_auc import RocAuc
from whybench.metrics.attribution.saliency_metric import SaliencyMetric
from whybench.metrics.attribution.sdr import SmallestDestroyingRegion
from whybench.metrics.attribution.selectivity import Selectivity
from whybench.metrics.attribution.sensitivity_max import SensitivityMax
from whybench.metrics.attribution.sensitivity_n import SensitivityN
from whybench.metrics.attribution.smooth_mprt import SmoothMprt
from whybench.metrics.attribution.srg import SymmetricRelevanceGain
from whybench.metrics.attribution.ssr import SmallestSufficientRegion
from whybench.metrics.attribution.sufficiency import Sufficiency
from whybench.metrics.attribution.symmetry import Symmetry
from whybench.metrics.attribution.top_k_intersection import TopKIntersection

__all__ = [
    "Abpc",
    "Aopc",
    "AverageDrop",
    "AverageGain",
    "AverageIncrease",
    "Completeness",
    "Complexity",
    "Continuity",
    "CosineConvergence",
    "DataRandomisation",
    "EffectiveComplexity",
    "EfficientMprt",
    "ExcessRegion",
    "ExplanationManipulation",
    "FaithfulnessCorrelation",
    "FaithfulnessEstimate",
    "Focus",
    "Gini",
    "ImplementationInvariance",
    "Infidelity",
    "InputInvariance",
    "InputShiftConsistency",
    "Insertion",
    "Irof",
    "LocalLipschitz",
    "Monotonicity",
    "MonotonicityCorrelation",
    "Mprt",
    "Naopc",
    "NonSensitivity",
    "OutsideInsideRatio",
    "PatternQuality",
    "PixelFlipping",
    "PointingGame",
    "RandomLogit",
    "RankAccuracy",
    "Regret",
    "RelativeInputStability",
    "RelativeOutputStability",
    "RelativeRepresentationStability",
    "RelevanceMass",
    "Road",
    "Roar",
    "RocAuc",
    "SaliencyMetric",
    "Selectivity",
    "SensitivityMax",
    "SensitivityN",
    "SmallestDestroyingRegion",
    "SmallestSufficientRegion",
    "SmoothMprt",
    "Sufficiency",
    "SymmetricRelevanceGain",
    "Symmetry",
    "TopKIntersection",
    "captum_adapters",
    "quantus_adapters",
]
