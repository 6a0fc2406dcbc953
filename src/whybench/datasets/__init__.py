"""Datasets that come with whybench."""

from whybench.datasets.breast_cancer import BreastCancer
from whybench.datasets.diabetes import Diabetes
from whybench.datasets.digit_mosaics import DigitMosaics
from whybench.datasets.digits import Digits
from whybench.datasets.drawn_shapes import DrawnShapes
from whybench.datasets.faces import Faces
from whybench.datasets.imagenet_folder import ImagenetFolder
from whybench.datasets.imagenet_photos import ImagenetPhotos
from whybench.datasets.mnist import MNIST
from whybench.datasets.photograph_mosaics import PhotographMosaics
from whybench.datasets.planted_design import PlantedSamples
from whybench.datasets.planted_patches import PlantedPatches
from whybench.datasets.shortcut_digits import ShortcutDigits
from whybench.datasets.wine import Wine

__all__ = [
    "MNIST",
    "BreastCancer",
    "Diabetes",
    "DigitMosaics",
    "Digits",
    "DrawnShapes",
    "Faces",
    "ImagenetFolder",
    "ImagenetPhotos",
    "PhotographMosaics",
    "PlantedPatches",
    "PlantedSamples",
    "ShortcutDigits",
    "Wine",
]
