"""The parameter randomisation test of averaged maps: its definition, its laws, and the mistakes that others made."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from whybench.errors import BadParameter
from whybench.meter import Meter
from whybench.methods.attribution import Gradient, Random, SobelEdges
from whybench.metrics.attribution import Mprt, SmoothMprt, randomiser, smoothed_similarities
from whybench.protocols import AttributionMethod, Case
from whybench.streams import Streams

Open = Callable[..., Case[Any]]
LAYERS = [["0.weight", "0.bias"], ["1.weight", "1.bias"], ["3.weight"], ["5.weight", "5.bias"], ["6.weight", "6.bias"]]


def slow(module: nn.Module, case: Case[Any], samples: int, noise: float) -> np.ndarray[Any, Any]:
    """(n, layers) similarities, sample by sample, copy by copy, layer by layer from the input up."""

    def smooth(net: nn.Module, i: int) -> np.ndarray[Any, Any]:
        total = np.zeros((2, 9, 8))
        x = case.inputs[i].numpy()
        for j in range(samples):
            z = Streams(3).normal("smooth_mprt", case.ids[i], j, x.shape).numpy()
            leaf = torch.from_numpy(x + noise * (x.max() - x.min()) * z)[None].requires_grad_()
            (gradient,) = torch.autograd.grad(net(leaf)[0, case.targets[i]], leaf)
            total += gradient[0].numpy()
        channels: np.ndarray[Any, Any] = np.sqrt(((total / samples) ** 2).sum(0)).ravel()
        return channels

    net, found = deepcopy(module), np.zeros((len(case), len(LAYERS)))
    for k, names in enumerate(LAYERS):
        for name in names:
            values = net.state_dict()[name]
            order = torch.randperm(values.numel(), generator=Streams(3).generator(f"mprt/{name}", "0"))
            values.copy_(values.flatten()[order].view_as(values))
        found[:, k] = [spearmanr(smooth(module, i), smooth(net, i))[0] for i in range(len(case))]
    return found


@pytest.mark.parametrize("kept", [0, smoothed_similarities.KEPT])
def test_the_definition(case_of: Open, cnn: nn.Module, kept: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smoothed_similarities, "KEPT", kept)
    case = case_of(Gradient())
    expected = slow(cnn, case, 4, 0.2)
    scores = SmoothMprt(blocks=None, samples=4, noise=0.2).score(case)
    np.testing.assert_allclose(scores.values.numpy(), expected.mean(1), rtol=0, atol=1e-12)
    assert scores.curves is not None
    np.testing.assert_allclose(scores.curves.y[:, 1:].numpy(), expected, rtol=0, atol=1e-12)


def test_without_noise_it_is_mprt_from_the_input_up(case_of: Open) -> None:
    for method in (Gradient(), Random()):
        smooth = SmoothMprt(noise=0.0, samples=3, seeds=2).score(case_of(method))
        plain = Mprt(order="bottom_up", seeds=2).score(case_of(method))
        assert torch.equal(smooth.values, plain.values)


def test_an_identical_model_gives_exactly_one(case_of: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Averaged maps compared with a map that is not averaged would not."""
    monkeypatch.setattr(randomiser, "randomised_weights", lambda *_: {})
    for similarity in ("spearman", "spearman_abs", "ssim"):
        scores = SmoothMprt(similarity=similarity, samples=3).score(case_of(Gradient()))
        assert scores.values.tolist() == [1.0] * 5
        assert scores.curves is not None
        assert (scores.curves.y == 1).all()


def test_edges_stay_and_noise_does_not(case_of: Open) -> None:
    scores = SmoothMprt(samples=3).score(case_of(SobelEdges()))
    assert scores.values.tolist() == [1.0] * 5
    noise = SmoothMprt(samples=3, blocks=2).score(case_of(Random()))
    assert noise.curves is not None
    assert (noise.curves.y[:, 1:].abs() < 4 / np.sqrt(72)).all()


def test_a_constant_map_is_undefined(case_of: Open, flat: AttributionMethod) -> None:
    scores = SmoothMprt(samples=2, blocks=1).score(case_of(flat))
    assert scores.undefined == dict.fromkeys(range(5), "a constant map has no rank correlation and no structure")


def test_batch_and_order_do_not_matter(case_of: Open) -> None:
    """Noise from a global generator would make scores depend on both."""
    metric = SmoothMprt(samples=3, blocks=2)
    together = metric.score(case_of(Gradient())).values
    swapped = metric.score(case_of(Gradient(), samples=[3, 0, 4, 2, 1], rows=2)).values
    alone = torch.cat([metric.score(case_of(Gradient(), samples=[i])).values for i in range(5)])
    torch.testing.assert_close(swapped, together[[3, 0, 4, 2, 1]], rtol=0, atol=1e-12)
    torch.testing.assert_close(alone, together, rtol=0, atol=1e-12)


def test_passes(case_of: Open, cnn: nn.Module) -> None:
    case, meter = case_of(Gradient()), Meter()
    with meter.watching(cnn):
        for similarity in ("spearman", "ssim"):
            SmoothMprt(similarity=similarity, samples=3, blocks=2).score(case)
    models = 2
    assert meter.backward == (1 + models) * 3 * 5
    assert meter.forward == 1 + models * 2 + meter.backward


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"samples": 0}, "smooth_mprt: samples=0; at least 1"),
        ({"noise": -0.1}, "smooth_mprt: noise=-0.1; a finite number of at least 0"),
        ({"order": "down"}, "smooth_mprt: order='down'; allowed: cascading, independent, bottom_up"),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        SmoothMprt(**parameters)
