"""`whybench.evaluate` on a user's own module: with channels first and rows by shapes, and as it is calibrated."""

from functools import partial
from typing import Any

import pytest
import torch
from conftest import Against, Work
from pytest_benchmark.fixture import BenchmarkFixture
from torch import Tensor, nn

import whybench
from whybench import calibration
from whybench.batch_plan import plan_by_shapes
from whybench.models.digits_cnn import architecture
from whybench.protocols.asking import wrap
from whybench.timing import Rounds

ROUNDS = Rounds(most=5, least=3, budget=45.0, shortest=0.1)
ASKED: Any = {
    "methods": ["gradient", "smooth_grad(samples=8)"],
    "metrics": ["pixel_flipping(region=2)", "insertion(region=2)"],
}

pytestmark = pytest.mark.benchmark(group="a user's own module", disable_gc=True)


def plain() -> nn.Module:
    """Convolutions of a colour image, each with ReLU and max-pooling."""
    pairs = ((3, 16), (16, 32), (32, 32))
    layers = [layer for a, b in pairs for layer in (nn.Conv2d(a, b, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(32 * 4 * 4, 10))


MODULES = {"digits_cnn": (architecture, (1, 8, 8)), "colour_cnn": (plain, (3, 32, 32))}


@pytest.mark.parametrize("name", MODULES)
def test_evaluate(
    name: str, against: Against, benchmark: BenchmarkFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("WHYBENCH_CACHE", str(tmp_path))
    make, shape = MODULES[name]
    torch.manual_seed(0)
    module, inputs = make(), torch.rand(64, *shape)
    plan, spent = calibrate(module, inputs)
    benchmark.extra_info |= {"rows": plan.rows, "channels last": plan.channels_last, "seconds of calibration": spent}
    first: Work = partial(whybench.evaluate, module, inputs, channels_last=False, **ASKED)
    against(partial(whybench.evaluate, module, inputs, **ASKED), {"channels first, rows by shapes": first}, ROUNDS)


def calibrate(module: nn.Module, inputs: Tensor) -> tuple[Any, float]:
    """The plan, and the CPU seconds that it took to find it; it is remembered from then on."""
    model = wrap(module, inputs)
    plan = plan_by_shapes(model, inputs)
    took, found = calibration.timed(partial(calibration.calibrated, model, inputs, plan), inputs.device)
    return found, took.cpu
