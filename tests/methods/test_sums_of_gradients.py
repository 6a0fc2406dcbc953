"""Means of gradients on small images, whose rows are added up before the first convolution, beside float64."""

import pytest
import torch
from torch import Tensor, nn

from whybench.methods.attribution.expected_gradients import ExpectedGradients
from whybench.methods.attribution.integrated_gradients import IntegratedGradients
from whybench.methods.attribution.smooth_grad import SmoothGrad
from whybench.protocols import AttributionMethod
from whybench.protocols import input_gradient as module
from whybench.protocols.asking import sample_ids
from whybench.streams import Streams

METHODS = [(IntegratedGradients(steps=7), 7), (SmoothGrad(samples=5), 5), (ExpectedGradients(samples=6), 6)]
SAMPLES, ROWS = 20, 40


@pytest.fixture
def net() -> nn.Module:
    """Smooth, so that rounding decides nothing."""
    generator = torch.Generator().manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Softplus(), nn.Flatten(), nn.Linear(6 * 12 * 12, 3))
    for parameter in layers.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator) / 5
    return layers.eval()


def images(count: int, seed: int) -> Tensor:
    return torch.rand(count, 1, 16, 16, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("method", "draws"), METHODS, ids=[method.name for method, _ in METHODS])
@pytest.mark.parametrize("baselines", [1, 2, 500])
def test_float32_is_float64_but_for_rounding(
    method: AttributionMethod, draws: int, baselines: int, net: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []
    through = module._through

    def noted(reader: object, arriving: Tensor) -> Tensor:
        steps.append(len(arriving))
        return through(reader, arriving)

    monkeypatch.setattr(module, "_through", noted)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    inputs, training, targets = images(SAMPLES, 1), images(baselines, 2), torch.arange(SAMPLES) % 3
    found = method.attribute(net, inputs, targets, training=training, batch_size=ROWS)
    exact = method.attribute(net.double(), inputs.double(), targets, training=training.double(), batch_size=ROWS)
    assert (found - exact).abs().max() <= 3e-6 * exact.abs().max()
    uniform = Streams(0).uniforms(
        "expected_gradients", [(name, k) for name in sample_ids(SAMPLES, None) for k in range(draws)], (2,)
    )
    among = baselines if isinstance(method, ExpectedGradients) else 1
    of = [(row // draws, int(uniform[row, 0] * among)) for row in range(SAMPLES * draws)]
    assert sum(steps) == sum(row % ROWS == 0 or of[row] != of[row - 1] for row in range(SAMPLES * draws))
