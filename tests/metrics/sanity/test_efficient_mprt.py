"""The rise of complexity: its definition, its laws, and the mistakes that others made."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor, nn

from whybench.errors import BadParameter, Unsupported
from whybench.meter import Meter
from whybench.methods.attribution import Gradient, Random, SobelEdges
from whybench.metrics.attribution import EfficientMprt
from whybench.metrics.attribution.histograms import histogram_entropy
from whybench.protocols import AttributionMethod, Case, Query
from whybench.streams import Streams

Open = Callable[..., Case[Any]]
NAMES = ["6.weight", "6.bias", "5.weight", "5.bias", "3.weight", "1.weight", "1.bias", "0.weight", "0.bias"]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def slow_entropy(values: list[float], bins: int) -> float:
    """Value by value and bin by bin."""
    low, high = min(values), max(values)
    edges = [low + k * ((high - low) / bins) for k in range(bins)] + [high]
    counts = [sum(edges[k] <= v < edges[k + 1] or (k == bins - 1 and v == high) for v in values) for k in range(bins)]
    return -sum(c / len(values) * math.log(c / len(values)) for c in counts if c)


@pytest.mark.parametrize("bins", [2, 7, 100])
@pytest.mark.parametrize("levels", [None, 3])
def test_entropy_is_the_slow_one_and_numpys(bins: int, levels: int | None) -> None:
    maps = drawn(6, 9, 8) * torch.tensor([1.0, 1e-9, 1e9, 3.0, 0.1, 7.0]).view(-1, 1, 1)
    maps = maps if levels is None else (levels * maps / maps.abs().amax()).round()
    maps = torch.cat([maps, torch.arange(72.0).view(1, 9, 8).double()])
    found = histogram_entropy(maps, bins)
    for entropy, values in zip(found.tolist(), maps.flatten(1).tolist(), strict=True):
        if len(set(values)) > 1:
            assert entropy == pytest.approx(slow_entropy(values, bins), abs=1e-12)
        outside = scipy.stats.entropy(np.histogram(values, bins)[0])
        assert entropy == pytest.approx(outside, abs=1e-12)


@pytest.mark.parametrize("steps", [3, 60, 300])
@pytest.mark.parametrize("bins", [2, 3, 100, 1000])
def test_values_that_are_last_bits_apart_lie_where_a_search_among_the_edges_puts_them(steps: int, bins: int) -> None:
    places = torch.randint(0, steps, (50, 64), generator=torch.Generator().manual_seed(0))
    maps = 1 + places.double() * 2**-52
    for low, high, values in zip(maps.amin(1), maps.amax(1), maps, strict=True):
        edges = low + torch.arange(bins + 1).double() * ((high - low) / bins)
        edges[-1] = high
        found = (torch.searchsorted(edges, values, right=True) - 1).clamp(max=bins - 1)
        expected = scipy.stats.entropy(found.bincount().numpy())
        assert histogram_entropy(values[None], bins).item() == pytest.approx(expected, abs=1e-12)


def test_the_law_of_entropy() -> None:
    uniform = torch.arange(300.0).view(1, 300)
    assert histogram_entropy(uniform, 100).item() == pytest.approx(math.log(100), abs=1e-12)
    one_hot = torch.zeros(1, 300)
    one_hot[0, 7] = 1
    share = 1 / 300
    expected = -share * math.log(share) - (1 - share) * math.log(1 - share)
    assert histogram_entropy(one_hot, 100).item() == pytest.approx(expected, abs=1e-12)
    assert histogram_entropy(torch.full((1, 300), 0.3), 100).item() == 0  # all in one bin
    maps = drawn(1, 300)
    assert torch.equal(histogram_entropy(4 * maps, 100), histogram_entropy(maps, 100))


def slow(module: nn.Module, case: Case[Any], seeds: int, bins: int) -> np.ndarray[Any, Any]:
    """(n, seeds) rises of the gradient's channel norms on models whose every parameter is shuffled."""

    def complexity(net: nn.Module, i: int) -> float:
        leaf = case.inputs[i : i + 1].clone().requires_grad_()
        (gradient,) = torch.autograd.grad(net(leaf)[0, case.targets[i]], leaf)
        return slow_entropy(gradient[0].square().sum(0).sqrt().flatten().tolist(), bins)

    before = [complexity(module, i) for i in range(len(case))]
    rises = np.zeros((len(case), seeds))
    known = {name: values.detach().clone() for name, values in module.named_parameters()}
    for seed in range(seeds):
        with torch.no_grad():
            for name, values in module.named_parameters():
                order = torch.randperm(values.numel(), generator=Streams(3).generator(f"mprt/{name}", str(seed)))
                values.copy_(known[name].flatten()[order].view_as(values))
        rises[:, seed] = [complexity(module, i) / before[i] - 1 for i in range(len(case))]
    with torch.no_grad():
        for name, values in module.named_parameters():
            values.copy_(known[name])
    return rises


@pytest.mark.parametrize("bins", [10, 100])
def test_the_definition(case_of: Open, cnn: nn.Module, bins: int) -> None:
    case = case_of(Gradient())
    expected = slow(cnn, case, 3, bins)
    scores = EfficientMprt(bins=bins, seeds=3).score(case)
    np.testing.assert_allclose(scores.values.numpy(), expected.mean(1), rtol=0, atol=1e-12)
    before, after = scores.details["complexity"], scores.details["randomised_complexity"]
    torch.testing.assert_close(scores.values, (after - before) / before, rtol=0, atol=1e-12)
    assert not scores.undefined


@dataclass(frozen=True)
class Planted(AttributionMethod):
    """One of two maps on the model with the known digest, the other one on any other model."""

    name: ClassVar[str] = "planted"
    reference: ClassVar[str] = ""

    known: str = ""
    rising: bool = True

    def relevance(self, query: Query) -> Tensor:
        spread = torch.arange(72.0, dtype=torch.float64).expand(len(query), 1, 72).view(-1, 1, 9, 8)
        return spread if self.rising == (query.model.digest != self.known) else (spread >= 36).double()


def test_direction_and_known_values(case_of: Open) -> None:
    known = case_of(Gradient()).model.digest
    rising = EfficientMprt(bins=72, seeds=2).score(case_of(Planted(known=known)))
    falling = EfficientMprt(bins=72, seeds=2).score(case_of(Planted(known=known, rising=False)))
    assert EfficientMprt().higher_is_better
    assert rising.values.tolist() == pytest.approx([math.log(72) / math.log(2) - 1] * 5, abs=1e-12)
    assert falling.values.tolist() == pytest.approx([math.log(2) / math.log(72) - 1] * 5, abs=1e-12)


def test_a_map_of_the_image_alone_scores_exactly_zero(case_of: Open, edges: AttributionMethod) -> None:
    for method in (edges, SobelEdges()):
        assert EfficientMprt().score(case_of(method)).values.tolist() == [0.0] * 5


def test_noise_drawn_anew_scores_about_zero(case_of: Open) -> None:
    values = EfficientMprt(bins=8, seeds=5).score(case_of(Random())).values
    assert values.mean().abs() < 4 * values.std() / math.sqrt(5) + 0.01


def test_constant_maps(case_of: Open, flat: AttributionMethod, flat_elsewhere: AttributionMethod) -> None:
    scores = EfficientMprt(seeds=1).score(case_of(flat))
    assert scores.values.isnan().all()
    reason = "a constant map has no complexity, so that none can rise in proportion to it"
    assert scores.undefined == dict.fromkeys(range(5), reason)
    assert all(values.isnan().all() for values in scores.details.values())
    turned = EfficientMprt(seeds=2).score(case_of(flat_elsewhere))
    assert turned.values.tolist() == [-1.0] * 5
    assert turned.details["constant_maps"].tolist() == [1.0] * 5


def test_bins_do_not_depend_on_the_company(case_of: Open) -> None:
    """A number of bins found from all maps would let samples of other contrast decide a sample's score."""
    together = EfficientMprt(seeds=2).score(case_of(Gradient())).values
    swapped = EfficientMprt(seeds=2).score(case_of(Gradient(), samples=[3, 0, 4, 2, 1], rows=2)).values
    alone = torch.cat([EfficientMprt(seeds=2).score(case_of(Gradient(), samples=[i])).values for i in range(5)])
    torch.testing.assert_close(swapped, together[[3, 0, 4, 2, 1]], rtol=0, atol=1e-12)
    torch.testing.assert_close(alone, together, rtol=0, atol=1e-12)


def test_absolute_values(case_of: Open) -> None:
    @dataclass(frozen=True)
    class Signed(Planted):
        def relevance(self, query: Query) -> Tensor:
            centred = super().relevance(query) - 35.5
            return centred.sign() * centred.abs().ceil()

    case = case_of(Signed(known="none"))
    signed = EfficientMprt(bins=200, seeds=1).score(case).details["complexity"]
    absolute = EfficientMprt(bins=200, seeds=1, absolute=True).score(case).details["complexity"]
    assert signed.tolist() == pytest.approx([math.log(72)] * 5, abs=1e-12)
    assert absolute.tolist() == pytest.approx([math.log(36)] * 5, abs=1e-12)


def test_passes(case_of: Open, cnn: nn.Module) -> None:
    """The original's maps are those of the case: n gradients a randomised model, and its two probes."""
    case, meter = case_of(Gradient()), Meter()
    with meter.watching(cnn):
        EfficientMprt(seeds=3).score(case)
    layers = 1  # the forward pass that shows the layers
    assert meter.forward == layers + 3 * (5 + 2)
    assert meter.backward == 3 * 5


def test_models_that_ignore_their_input_are_left_out(case_of: Open, cnn: nn.Module) -> None:
    class DeadOnceShuffled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = cnn
            self.known: float = cnn[0].weight.flatten()[0].item()

        def forward(self, inputs: Tensor) -> Tensor:
            outputs: Tensor = self.net(inputs * float(self.net[0].weight.flatten()[0].item() == self.known))
            return outputs

    scores = EfficientMprt(seeds=2).score(case_of(Gradient(), DeadOnceShuffled().eval()))
    assert set(scores.undefined.values()) == {"all 2 randomised models ignore their input"}
    assert scores.values.isnan().all()


def test_the_model_is_untouched_also_when_the_method_raises(
    case_of: Open, cnn: nn.Module, raises_elsewhere: AttributionMethod
) -> None:
    cnn.train()
    before = {name: tensor.clone() for name, tensor in cnn.state_dict().items()}
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match="no idea"):
        EfficientMprt(seeds=1).score(case_of(raises_elsewhere))
    assert all(torch.equal(before[name], tensor) for name, tensor in cnn.state_dict().items())
    assert all(m.training for m in cnn)
    assert all(p.requires_grad and p.grad is None for p in cnn.parameters())
    assert torch.equal(state, torch.get_rng_state())


def test_models_without_parameters(case_of: Open) -> None:
    with pytest.raises(Unsupported, match="no parameters"):
        EfficientMprt().score(case_of(Gradient(), nn.Sequential(nn.Flatten())))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"randomisation": "reset"}, "efficient_mprt: randomisation='reset'; allowed: shuffle, redraw"),
        ({"bins": 1}, "efficient_mprt: bins=1; at least 2"),
        ({"seeds": 0}, "efficient_mprt: seeds=0; at least 1"),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        EfficientMprt(**parameters)
