"""imagenet and imagenet_folder: EfficientNet-Lite0 on photographs, with the full grids."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.registries import suites
from whybench.suite import Suite, SuiteLoader, block
from whybench.suites.quickstart import IMAGE_CONTROLS

METHODS = (
    "gradient",
    "sensitivity",
    "input_x_gradient",
    "integrated_gradients",
    "smooth_grad",
    "var_grad",
    "guided_backprop",
    "deconvnet",
    "grad_cam",
    "guided_grad_cam",
    "occlusion",
    "lrp(composite='epsilon')",
    "lrp(composite='epsilon_plus')",
    "lrp(composite='epsilon_gamma_box')",
    "lrp(composite='epsilon_alpha2_beta1_flat')",
    "lrp(composite='deep_taylor')",
    "captum/integrated_gradients",
    "captum/gradient_shap",
    *IMAGE_CONTROLS,
)

METRICS = (
    "srg",
    "pixel_flipping",
    "insertion",
    "ssr",
    "sdr",
    "input_shift_consistency",
    "input_invariance",
    "mprt(blocks=5, seeds=5)",
    "random_logit",
)


@suites.register
@dataclass(frozen=True)
class ImageNet(SuiteLoader):
    """All 20 photographs with every step of the default grids; hours of one core."""

    name: ClassVar[str] = "imagenet"

    def load(self) -> Suite:
        return Suite(self.name, (block("efficientnet_lite0", "imagenet_photos", METHODS, METRICS),))


@suites.register
@dataclass(frozen=True)
class ImageNetFolder(SuiteLoader):
    """Any folder of labelled photographs: class sub-folders, or a labels.csv (file, class_index).

    path: the folder.
    """

    name: ClassVar[str] = "imagenet_folder"

    path: str

    def load(self) -> Suite:
        dataset = f"imagenet_folder(path={self.path!r})"
        return Suite(self.name, (block("efficientnet_lite0", dataset, METHODS, METRICS),))
