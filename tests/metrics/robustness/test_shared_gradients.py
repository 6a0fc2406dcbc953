"""Methods that read their map off one gradient share those at nearby inputs, and get what they would get alone."""

from collections.abc import Sequence

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

import whybench
from whybench.meter import Meter
from whybench.metrics.attribution import nearby_inputs
from whybench.streams import Streams

METHODS = ["gradient", "input_x_gradient"]
METRICS = ["sensitivity_max(draws=3)", "local_lipschitz(draws=3)"]
SAMPLES, DRAWS = 5, 3


def network() -> nn.Module:
    torch.manual_seed(2)
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.Tanh(), nn.Flatten(), nn.Linear(48, 4)).double().eval()


def images() -> Tensor:
    return torch.rand(SAMPLES, 1, 6, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def judged(methods: list[str]) -> tuple[pd.DataFrame, int, int]:
    net, meter = network(), Meter()
    with meter.watching(net):
        board = whybench.evaluate(net, images(), [0, 1, 2, 3, 0], methods=methods, metrics=METRICS, batch_size=4)
    return board.scores.set_index(["method", "metric", "sample_id"]).score, meter.forward, meter.backward


def test_one_set_of_gradients_for_both() -> None:
    _, forward, backward = judged(METHODS)
    _, alone_forward, alone_backward = judged(METHODS[:1])
    assert (forward - alone_forward, backward - alone_backward) == (SAMPLES, SAMPLES)


@pytest.mark.parametrize("methods", [METHODS, METHODS[:1], METHODS[::-1]])
def test_shared_or_not_the_scores_are_the_same(methods: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    shared, _, backward = judged(methods)
    monkeypatch.setattr(nearby_inputs, "MOST_BYTES", 0)
    alone, _, more = judged(methods)
    assert more - backward == (len(methods) - 1) * SAMPLES * DRAWS
    assert (shared - alone).abs().max() == 0


def test_what_they_cost_is_split() -> None:
    net = network()
    board = whybench.evaluate(net, images(), [0, 1, 2, 3, 0], methods=METHODS, metrics=METRICS[:1], batch_size=4)
    done = {e.method: (e.forward, e.backward) for e in board.expenses if e.metric}
    half = DRAWS / 2
    assert done == {"gradient": (half, half), "input_x_gradient": (half, half)}


def test_nearby_inputs_are_drawn_once_for_all_methods(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[str, int]] = []
    uniforms = Streams.uniforms

    def noted(self: Streams, role: str, draws: Sequence[tuple[str, int]], shape: tuple[int, ...]) -> Tensor:
        drawn.extend(draws if role == "nearby" else [])
        return uniforms(self, role, draws, shape)

    monkeypatch.setattr(Streams, "uniforms", noted)
    judged([*METHODS, "integrated_gradients(steps=2)"])
    assert len(drawn) == len(set(drawn)) == SAMPLES * DRAWS
