"""Models that come with whybench."""

from whybench.models.breast_cancer_boosting import BreastCancerBoosting
from whybench.models.breast_cancer_mlp import BreastCancerMLP
from whybench.models.diabetes_forest import DiabetesForest
from whybench.models.diabetes_mlp import DiabetesMLP
from whybench.models.digits_cnn import DigitsCNN
from whybench.models.efficientnet_lite0 import EfficientNetLite0
from whybench.models.mosaic_cnn import MosaicCNN
from whybench.models.patch_cnn import PatchCNN
from whybench.models.patch_detector import PatchDetector
from whybench.models.shapes_cnn import ShapesCNN

__all__ = [
    "BreastCancerBoosting",
    "BreastCancerMLP",
    "DiabetesForest",
    "DiabetesMLP",
    "DigitsCNN",
    "EfficientNetLite0",
    "MosaicCNN",
    "PatchCNN",
    "PatchDetector",
    "ShapesCNN",
]
