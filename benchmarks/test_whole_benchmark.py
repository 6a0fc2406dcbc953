"""A whole benchmark, 6 methods x 5 metrics x 64 images of 28 x 28: whybench.evaluate beside quantus.evaluate.

Both start from the module and the images, make the explanations and judge them, with the same steps, draws and radius.
Pixel flipping and sparseness are the same definition; of the other three each library draws for itself.
"""

import contextlib
import io
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import Against
from peers import QUANTUS, installed, quiet
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn

import whybench
from whybench.datasets import digits
from whybench.leaderboard import Leaderboard
from whybench.meter import Meter
from whybench.protocols.asking import wrap
from whybench.protocols.model import steady
from whybench.timing import Rounds

SAMPLES, SIDE, STEPS, SUBSETS, DRAWS, RADIUS = 64, 28, 28, 100, 10, 0.2
PIXELS = SIDE * SIDE
ROUNDING = 1e-4
"""Of a map's largest value: what rounding may move where no kink is near."""
ADDED = 1e-7
"""What Quantus' `Sparseness` adds to every absolute value, which our Gini index does not."""
ROUNDS = Rounds(most=9, least=6, budget=100.0, shortest=0.1)

METHODS = {
    "Saliency": "gradient",
    "InputXGradient": "input_x_gradient",
    "IntegratedGradients": "integrated_gradients(steps=10)",
    "GradientShap": "expected_gradients(samples=5)",
    "Deconvolution": "deconvnet(polarity='contribution')",
    "DeepLift": "deep_lift",
}
"""By Quantus' name."""
SAME_MAPS = ("Saliency", "InputXGradient", "Deconvolution")
"""The others take other points of the path, draw for themselves, or have another rule for max pooling."""
METRICS = {
    "PixelFlipping": f"pixel_flipping(infill='zero', region=1, steps={STEPS}, output='probability')",
    "Sparseness": "gini",
    "FaithfulnessCorrelation": (
        f"faithfulness_correlation(infill='zero', region=1, subset={STEPS / PIXELS}, subsets={SUBSETS})"
    ),
    "MaxSensitivity": f"sensitivity_max(draws={DRAWS}, radius={RADIUS})",
    "RandomLogit": "random_logit(similarity='ssim')",
}
"""By Quantus' name."""
EQUAL = ("PixelFlipping", "Sparseness")
"""Metrics of the same definition."""

pytestmark = pytest.mark.benchmark(group="whole benchmark", disable_gc=True)


@cache
def lenet() -> tuple[nn.Module, Tensor, Tensor]:
    """A LeNet, trained for a moment on digits enlarged to 28 x 28, 64 images that it did not see, and its answers."""
    training, test = digits.parts()
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(256, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )
    inputs, labels = images(training.samples), torch.as_tensor(training.targets)
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(3):
        for part in torch.randperm(len(inputs)).split(32):
            loss = F.cross_entropy(net(inputs[part]), labels[part])
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    shown = images(test.samples[:SAMPLES])
    with torch.no_grad():
        return net.eval(), shown, net(shown).argmax(1)


def images(samples: np.ndarray[Any, Any]) -> Tensor:
    raw = torch.as_tensor(samples / 16, dtype=torch.float32).unsqueeze(1)
    return F.interpolate(raw, (SIDE, SIDE), mode="bilinear")


def ours() -> Leaderboard:
    net, inputs, targets = lenet()
    return whybench.evaluate(
        net,
        inputs,
        targets,
        methods=METHODS,
        metrics=list(METRICS.values()),
        domain="image",
        training=torch.zeros_like(inputs[:1]),
    )


def of_quantus() -> Callable[[], dict[str, Any]] | None:
    if not installed("quantus"):
        return None
    import quantus

    parameters: dict[str, dict[str, Any]] = {
        "PixelFlipping": {"features_in_step": PIXELS // STEPS, "perturb_baseline": "black"},
        "Sparseness": {"abs": True},
        "FaithfulnessCorrelation": {
            "subset_size": STEPS,
            "nr_runs": SUBSETS,
            "perturb_baseline": 0.0,
            "return_aggregate": False,
        },
        "MaxSensitivity": {"nr_samples": DRAWS, "lower_bound": RADIUS},
        "RandomLogit": {"num_classes": 10},
    }
    net, inputs, targets = lenet()
    metrics = {name: getattr(quantus, name)(**{**QUANTUS, **parameters[name]}) for name in METRICS}

    def evaluate() -> dict[str, Any]:
        with contextlib.redirect_stdout(io.StringIO()) as said:
            found: dict[str, Any] = quantus.evaluate(
                metrics=metrics,
                xai_methods={name: {"method": name, "xai_lib": "captum"} for name in METHODS},
                model=net,
                x_batch=inputs.numpy().copy(),
                y_batch=targets.numpy().copy(),
            )
        if "Error" in said.getvalue():  # it prints what fails, and goes on
            raise RuntimeError(said.getvalue())
        return found

    return evaluate


def counted(work: Callable[[], Any]) -> tuple[Any, int, int]:
    """What work returns, and the samples forward and backward through the model meanwhile."""
    meter = Meter()
    with meter.watching(lenet()[0]):
        found = work()
    return found, meter.forward, meter.backward


def apart(board: Leaderboard, theirs: dict[str, Any]) -> dict[str, float]:
    """By metric of the same definition: the largest difference of a score, over the same maps, and how many they are.

    Where a network has a kink (max pooling over an even background, rectifiers near 0), the last bit of a float32
    decides which of several gradients a pass gives: images of which the maps are not the same are left out. Where
    pixels that are not black tie, Quantus flips them in the order in which they were sorted, whybench in a random order
    and in its reverse: such maps are left out of pixel flipping. To the Gini index of ours what Quantus adds is added.
    """
    scores = board.scores.sort_values("sample_id")
    differences: dict[str, list[float]] = {metric: [] for metric in EQUAL}
    for method in SAME_MAPS:
        given = maps_of_quantus(method)
        same, untied = agreeing(method, given), ordered(given, lenet()[1])
        for metric in EQUAL:
            name = METRICS[metric].partition("(")[0]
            values = scores[(scores.method == method) & (scores.metric == name)].score.to_numpy()
            found = np.array(theirs[method][metric])
            if metric == "PixelFlipping":
                differences[metric] += np.abs(values - area(found))[same & untied].tolist()
            else:
                size = given.double().flatten(1).abs().sum(1).numpy()
                differences[metric] += np.abs(values * size / (size + PIXELS * ADDED) - found)[same].tolist()
    largest = {f"scores apart, {metric}": max(each) for metric, each in differences.items()}
    return largest | {f"scores compared, {metric}": len(each) for metric, each in differences.items()}


def maps_of_quantus(method: str) -> Tensor:
    """The maps that `quantus.evaluate` makes and judges, shaped like the images."""
    import quantus

    net, inputs, targets = lenet()
    return torch.as_tensor(quantus.explain(net, inputs.numpy(), targets.numpy(), method=method, xai_lib="captum"))


def agreeing(method: str, given: Tensor) -> np.ndarray[Any, Any]:
    """The images of which whybench reads the map that Quantus judges, in either memory layout: (n,) bool."""
    net, inputs, targets = lenet()
    asked, found = whybench.method(METHODS[method]), []
    for last in (False, True):
        model = replace(wrap(net, inputs), channels_last=last)
        maps = asked.attribute(model, model.copied(inputs), targets)
        maps = maps.abs() if asked.polarity == "sensitivity" else maps
        found.append((maps - given).flatten(1).abs().amax(1) <= ROUNDING * given.flatten(1).abs().amax(1))
    return torch.stack(found).all(0).numpy()


def ordered(maps: Tensor, inputs: Tensor) -> np.ndarray[Any, Any]:
    """The samples in which no pixel that is not black shares its relevance with another one: (n,) bool."""
    found = []
    for relevance, image in zip(maps.flatten(1), inputs.flatten(1), strict=True):
        _, group, count = relevance.unique(return_inverse=True, return_counts=True)
        found.append(not ((count[group] > 1) & (image != 0)).any())
    return np.array(found)


def area(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Under a curve of Quantus', which has no clean point, once that is there: (n, steps) -> (n,)."""
    net, inputs, targets = lenet()
    with torch.inference_mode():
        clean = net(inputs).softmax(1).gather(1, targets[:, None]).numpy()
    return np.trapezoid(np.concatenate([clean, points], 1), axis=1) / points.shape[1]


def test_evaluate(benchmark: BenchmarkFixture, against: Against) -> None:
    theirs = of_quantus()
    with quiet(), steady(lenet()[0]):
        board, forward, backward = counted(ours)
        benchmark.extra_info |= {"forward": forward, "backward": backward}
        if theirs is not None:
            found, forward, backward = counted(theirs)
            benchmark.extra_info |= {"forward, Quantus": forward, "backward, Quantus": backward, **apart(board, found)}
        against(ours, {"quantus.evaluate": theirs}, ROUNDS)
