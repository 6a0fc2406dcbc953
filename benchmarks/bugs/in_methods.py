"""Known bugs of methods, put back into whybench's."""

from typing import Any

import torch
from bug import SLIP, Changed, MethodBug, OtherTarget
from torch import Tensor

import whybench


def changed(spec: str, change: Any) -> Changed:
    return Changed(whybench.method(spec), change)


def second_half_unseen(relevance: Tensor) -> Tensor:
    """The lower half of the image gets 0."""
    seen = torch.ones_like(relevance)
    seen[:, :, relevance.shape[2] // 2 :] = 0
    return relevance * seen


def blank(relevance: Tensor) -> Tensor:
    return torch.zeros_like(relevance)


METHOD_BUGS = (
    MethodBug(
        "dianna #515",
        "masks are inverted: what is hidden gets the output's credit",
        "rise(masks=500)",
        changed("rise(masks=500)", torch.neg),
        "a planted patch",
    ),
    MethodBug(
        "Captum, GuidedBackprop",
        "rectifiers written as functions are not seen: it silently is the plain gradient",
        "guided_backprop",
        whybench.method("gradient"),
        "the same net written as modules and as functions",
    ),
    MethodBug(
        "Captum #1276",
        "max-pooling in DeepLIFT takes the first sample's gradient",
        "deep_lift",
        whybench.method("captum/deep_lift"),
        "batch 1 and batch n",
    ),
    MethodBug(
        "Captum #1104",
        "a layer keeps the values of the call before",
        "input_x_gradient",
        changed("input_x_gradient", lambda relevance: relevance.roll(1, 0)),
        "batch 1 and batch n",
    ),
    MethodBug(
        "Captum PR #1922",
        "the second half of the features is silently 0",
        "occlusion",
        changed("occlusion", second_half_unseen),
        "completeness on an additive model",
    ),
    MethodBug(
        "pytorch-cnn-visualizations #40",
        "height and width are exchanged when the map is resized",
        "grad_cam",
        changed("grad_cam", lambda relevance: relevance.mT),
        "an image that is not square",
    ),
    MethodBug(
        "tf-explain #157, torch-cam #50",
        "the map comes out blank",
        "grad_cam",
        changed("grad_cam", blank),
        "a planted patch",
    ),
    MethodBug(
        "PAIR saliency PR #23",
        "integrated gradients shrink when the steps are doubled",
        "integrated_gradients(steps=20)",
        changed("integrated_gradients(steps=20)", lambda relevance: relevance / 2),
        "completeness",
    ),
    MethodBug(
        SLIP,
        "the first class is explained in place of the predicted one",
        "lrp",
        OtherTarget(whybench.method("lrp")),
        "two targets of a linear model",
    ),
    MethodBug(
        SLIP,
        "the map is returned as absolute values",
        "integrated_gradients(steps=20)",
        changed("integrated_gradients(steps=20)", torch.abs),
        "completeness",
    ),
)
