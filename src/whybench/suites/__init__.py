"""Built-in suites."""

from whybench.suites.attribution_full import AttributionFull
from whybench.suites.axioms import Axioms
from whybench.suites.exact_worlds import ExactWorlds
from whybench.suites.imagenet import ImageNet, ImageNetFolder
from whybench.suites.localisation import Localisation
from whybench.suites.methods_study import MethodsStudy, MethodsStudySeeds
from whybench.suites.metric_sensitivity import MetricSensitivity
from whybench.suites.quickstart import Quickstart
from whybench.suites.retraining import Retraining
from whybench.suites.robustness import Robustness

__all__ = [
    "AttributionFull",
    "Axioms",
    "ExactWorlds",
    "ImageNet",
    "ImageNetFolder",
    "Localisation",
    "MethodsStudy",
    "MethodsStudySeeds",
    "MetricSensitivity",
    "Quickstart",
    "Retraining",
    "Robustness",
]
