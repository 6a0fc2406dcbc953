"""methods_study: one list of methods on many models, to see what a claim about methods needs."""

from dataclasses import dataclass
from typing import ClassVar

from whybench.registries import suites
from whybench.suite import Block, Suite, SuiteLoader, block

METHODS = (
    "gradient",
    "input_x_gradient",
    "integrated_gradients(steps=32)",
    "smooth_grad(samples=25)",
    "var_grad(samples=25)",
    "guided_backprop",
    "deconvnet",
    "lrp(composite='epsilon_plus')",
    "lrp(composite='deep_taylor')",
    "rap",
    "deep_lift",
    "occlusion(baseline='mean')",
)
"""And `kernel_shap`, whose number of players depends on the image. `lrp(composite='epsilon')` is not there: on
networks of rectifiers it is input x gradient, and would count twice."""

PHOTOGRAPH_METHODS = (
    *(m for m in METHODS if "(" not in m or m.startswith("lrp")),
    "integrated_gradients(steps=6)",
    "smooth_grad(samples=6)",
    "var_grad(samples=6)",
    "occlusion(window=56, baseline='mean')",
)
"""The same methods with fewer passes, each of which costs a thousand times one on digits."""

CONTROLS = ("random", "constant", "input_difference")
IMAGE_CONTROLS = (*CONTROLS, "sobel_edges", "centre")

AREAS = ("srg(infill='mean')", "pixel_flipping(infill='mean')", "insertion(infill='mean')")
IMAGE_INFILLS = ("srg(infill='blur')", "srg(infill='noisy_linear')")
TABLE_INFILLS = ("srg(infill='uniform')", "srg(infill='noisy_linear')")
OTHERS = ("sensitivity_max(draws=2)", "complexity")
LOGIT = ("random_logit",)

IMAGES = (
    ("digits_cnn", "digits", 1),
    ("digits_resnet", "digits", 1),
    ("digits_lenet", "digits", 1),
    ("digits_mlp", "digits", 1),
    ("mnist_cnn", "mnist", 4),
    ("mnist_resnet", "mnist", 4),
    ("mnist_mlp", "mnist", 4),
    ("faces_cnn", "faces", 4),
    ("faces_resnet", "faces", 4),
    ("shapes_cnn", "drawn_shapes", 6),
    ("patch_cnn", "planted_patches", 2),
    ("mosaic_cnn", "digit_mosaics", 2),
)
"""With the side of a region of `kernel_shap`, of which there are 49 or 64."""
TABLES = (("breast_cancer_mlp", "breast_cancer"), ("wine_mlp", "wine"))
PHOTOGRAPHS = (("efficientnet_lite0", 56), ("efficientnet_lite1", 60), ("efficientnet_lite2", 65))
"""With the side of a region of `kernel_shap`, of which there are 16."""

SEEDED = (
    (("digits_cnn", "digits"), "kernel_shap(region=1, samples=256)"),
    (("digits_resnet", "digits"), "kernel_shap(region=1, samples=256)"),
    (("digits_mlp", "digits"), "kernel_shap(region=1, samples=256)"),
    (("breast_cancer_mlp", "breast_cancer"), "kernel_shap(samples=256)"),
    (("wine_mlp", "wine"), "kernel_shap(samples=256)"),
)
"""Models that train in seconds."""
MODEL_SEEDS = range(4)


@suites.register
@dataclass(frozen=True)
class MethodsStudy(SuiteLoader):
    """13 methods and their controls on 18 models of ten data sets; twenty minutes of one core.

    Every block is another architecture or another data set: 12 classifiers of small images, 2 of tables, one
    regression and 3 sizes of EfficientNet-Lite. They are not all strangers to each other: four networks share the
    digits, three MNIST, two the faces, three the photographs; mosaics and planted patches are made of the same digits;
    the three EfficientNets are one family. Needs the extra `pool`.
    """

    name: ClassVar[str] = "methods_study"

    def load(self) -> Suite:
        return Suite(self.name, (*_images(), *_tables(), *_photographs()))


@suites.register
@dataclass(frozen=True)
class MethodsStudySeeds(SuiteLoader):
    """Five models of `methods_study`, each trained from four seeds; two minutes of one core.

    To be run with several seeds of its own, which are those of stochastic methods: `--seed 1`, `--seed 2`.
    """

    name: ClassVar[str] = "methods_study_seeds"

    def load(self) -> Suite:
        return Suite(
            self.name,
            tuple(
                block(f"{names[0]}(seed={seed})", names[1], (*METHODS, shap, *CONTROLS), AREAS, samples=12)
                for names, shap in SEEDED
                for seed in MODEL_SEEDS
            ),
        )


def _images() -> tuple[Block, ...]:
    return tuple(
        block(
            model,
            dataset,
            (*METHODS, f"kernel_shap(region={side}, samples=256)", *IMAGE_CONTROLS),
            (*AREAS, *(IMAGE_INFILLS[:1] if dataset == "drawn_shapes" else IMAGE_INFILLS), *OTHERS, *LOGIT),
            samples=24,
            target="label" if dataset == "digit_mosaics" else "predicted",
        )
        for model, dataset, side in IMAGES
    )


def _tables() -> tuple[Block, ...]:
    methods, metrics = (*METHODS, "kernel_shap(samples=256)", *CONTROLS), (*AREAS, *TABLE_INFILLS, *OTHERS)
    classified = tuple(block(*names, methods, (*metrics, *LOGIT), samples=24) for names in TABLES)
    return (*classified, block("diabetes_mlp", "diabetes", methods, metrics, samples=24))


def _photographs() -> tuple[Block, ...]:
    areas = tuple(m.replace(")", ", steps='stratified(4)')") for m in (*AREAS, *IMAGE_INFILLS[:1]))
    return tuple(
        block(
            model,
            "imagenet_photos",
            (*PHOTOGRAPH_METHODS, f"kernel_shap(region={side}, samples=40)", *IMAGE_CONTROLS),
            (*areas, "complexity"),
            samples=6,
        )
        for model, side in PHOTOGRAPHS
    )
