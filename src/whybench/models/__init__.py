"""Models that come with whybench."""

from whybench.models.breast_cancer_boosting import BreastCancerBoosting
from whybench.models.breast_cancer_mlp import BreastCancerMLP
from whybench.models.diabetes_forest import DiabetesForest
from whybench.models.diabetes_mlp import DiabetesMLP
from whybench.models.digits_cnn import DigitsCNN
from whybench.models.digits_lenet import DigitsLeNet
from whybench.models.digits_mlp import DigitsMLP
from whybench.models.digits_resnet import DigitsResNet
from whybench.models.efficientnet_lite0 import EfficientNetLite0
from whybench.models.efficientnet_lite0_oblong import EfficientNetLite0Oblong
from whybench.models.efficientnet_lite1 import EfficientNetLite1
from whybench.models.efficientnet_lite2 import EfficientNetLite2
from whybench.models.faces_cnn import FacesCNN
from whybench.models.faces_resnet import FacesResNet
from whybench.models.mnist_cnn import MnistCNN
from whybench.models.mnist_mlp import MnistMLP
from whybench.models.mnist_resnet import MnistResNet
from whybench.models.mosaic_cnn import MosaicCNN
from whybench.models.patch_cnn import PatchCNN
from whybench.models.patch_detector import PatchDetector
from whybench.models.planted_design import PlantedDesign
from whybench.models.shapes_cnn import ShapesCNN
from whybench.models.shortcut_cnn import ShortcutCNN
from whybench.models.wine_mlp import WineMLP

__all__ = [
    "BreastCancerBoosting",
    "BreastCancerMLP",
    "DiabetesForest",
    "DiabetesMLP",
    "DigitsCNN",
    "DigitsLeNet",
    "DigitsMLP",
    "DigitsResNet",
    "EfficientNetLite0",
    "EfficientNetLite0Oblong",
    "EfficientNetLite1",
    "EfficientNetLite2",
    "FacesCNN",
    "FacesResNet",
    "MnistCNN",
    "MnistMLP",
    "MnistResNet",
    "MosaicCNN",
    "PatchCNN",
    "PatchDetector",
    "PlantedDesign",
    "ShapesCNN",
    "ShortcutCNN",
    "WineMLP",
]
