"""A detector of planted glyphs with weights that are written down, not learned."""

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from whybench.datasets.planted_patches import BRIGHT, SIDE
from whybench.domains import ImageDomain
from whybench.planted.glyph_detector import glyph_detector
from whybench.planted.glyphs import CLASS_NAMES
from whybench.protocols import Model, ModelLoader
from whybench.registries import register

GAIN = 10.0
"""The label's logit; all others are 0."""


@register
@dataclass(frozen=True)
class PatchDetector(ModelLoader):
    """One filter a glyph, a rectifier that lets only whole glyphs through, and their sum over all places.

        f_c(x) = 10 sum_uv max(0, <2 g_c - 1, x_uv> - 4)

    with g_c the glyph of class c and x_uv the window of 3 x 3 pixels at (u, v). Inputs (n, 1, 16, 16) float32 from 0 to
    1; logits (n, 4). On `planted_patches` every rectifier is off with a margin of 1, but for the label's at the
    glyph: the label's logit is 10, and depends, in a neighbourhood of the sample and whatever digit and decoys are
    beside, on the nine pixels of the mask and on nothing else.

    Source: alpaydin1998.
    """

    name: ClassVar[str] = "patch_detector"
    reference: ClassVar[str] = "alpaydin1998"

    def load(self) -> Model:
        return _model()


def preprocess(sample: np.ndarray[Any, Any]) -> Tensor:
    """A raw image (16, 16) as (1, 16, 16) from 0 to 1."""
    return torch.as_tensor(sample / BRIGHT, dtype=torch.float32).unsqueeze(0)


@cache
def _model() -> Model:
    return Model(
        name=PatchDetector.name,
        module=glyph_detector(SIDE, SIDE, GAIN),
        domain=ImageDomain(low=0.0, high=1.0),
        class_names=CLASS_NAMES,
        layers={"cam": "whole"},
        preprocess=preprocess,
    )
