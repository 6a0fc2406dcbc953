"""Cosine similarity convergence: the definition written out, what it must be for known chains, what it refuses."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.errors import BadParameter, Unsupported
from whybench.meter import Meter
from whybench.methods.attribution import (
    DeconvNet,
    DeepLift,
    ExcitationBackprop,
    Gradient,
    GuidedBackprop,
    Lrp,
    Random,
    Rap,
)
from whybench.methods.attribution.lrp import Composite, ZPlus
from whybench.metrics.attribution import CosineConvergence
from whybench.protocols import AttributionMethod, Case, Query
from whybench.protocols.asking import sample_ids, wrap
from whybench.protocols.propagation import LayerRelevance
from whybench.streams import Streams

Z_PLUS = Lrp(Composite(convolution=ZPlus(), linear=ZPlus()), bias=False)
PROPAGATORS = [Gradient(), GuidedBackprop(), DeconvNet(), Lrp(), Z_PLUS, Rap(), ExcitationBackprop()]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def filled(module: nn.Module, seed: int = 1) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.double().parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 2
    return module.eval()


def chain(*sizes: int) -> nn.Sequential:
    """Linear layers without biases, with ReLU between them."""
    layers: list[nn.Module] = []
    for size, following in pairwise(sizes):
        layers += [nn.Linear(size, following, bias=False), nn.ReLU()]
    filled(found := nn.Sequential(*layers[:-1]))
    return found


def opened(
    method: AttributionMethod, module: nn.Module, inputs: Tensor, samples: list[int] | None = None, rows: int = 64
) -> Case[Any]:
    chosen = list(range(len(inputs))) if samples is None else samples
    ids = tuple(sample_ids(len(inputs))[i] for i in chosen)
    targets = torch.zeros(len(chosen), dtype=torch.int64)
    return open_case(method, wrap(module, inputs), inputs[chosen], targets, ids=ids, seed=3, rows=rows)


def starts(name: str, draw: int) -> np.ndarray[Any, Any]:
    values: np.ndarray[Any, Any] = Streams(3).normal("cosine_convergence", name, draw, (4,)).numpy()
    return values


def gradient(v: Any, w: Any, x: Any, y: Any) -> Any:
    return w.T @ v


def guided(v: Any, w: Any, x: Any, y: Any) -> Any:
    return w.T @ v


def z_plus(v: Any, w: Any, x: Any, y: Any) -> Any:
    z = np.clip(w * x, 0, None)
    return (z * (v / (z.sum(1) + 1e-6 * np.where(z.sum(1) < 0, -1, 1)))[:, None]).sum(0)


def gate(rule: Any, v: Any, y: Any) -> Any:
    if rule is guided:
        return np.clip(v, 0, None) * (y > 0)
    return v * (y > 0) if rule is gradient else v


def slow(net: nn.Sequential, x: np.ndarray[Any, Any], name: str, pairs: int, rule: Any) -> np.ndarray[Any, Any]:
    """The mean |cos| at each layer's output and at the input of a chain, for one sample."""
    weights = [layer.weight.detach().numpy() for layer in net if isinstance(layer, nn.Linear)]
    reads, made = [x], []
    for w in weights:
        made.append(w @ reads[-1])
        reads.append(np.clip(made[-1], 0, None))
    found = np.zeros(len(weights) + 1)
    for p in range(pairs):
        ways = []
        for draw in (2 * p, 2 * p + 1):
            v = starts(name, draw)
            way = [v]
            for k in reversed(range(len(weights))):
                v = rule(v, weights[k], reads[k], made[k])
                if k:
                    v = gate(rule, v, made[k - 1])
                way.append(v)
            ways.append(way)
        found += [abs(a @ b) / np.linalg.norm(a) / np.linalg.norm(b) / pairs for a, b in zip(*ways, strict=True)]
    return found


@pytest.mark.parametrize(("method", "rule"), [(Gradient(), gradient), (GuidedBackprop(), guided), (Z_PLUS, z_plus)])
def test_the_definition(method: AttributionMethod, rule: Callable[..., Any]) -> None:
    net, inputs = chain(7, 16, 16, 4), drawn(5, 7)
    case = opened(method, net, inputs)
    expected = np.stack([slow(net, x.numpy(), i, 3, rule) for x, i in zip(inputs, case.ids, strict=True)])
    scores = CosineConvergence(pairs=3).score(case)
    assert scores.curves is not None
    np.testing.assert_allclose(scores.curves.y.numpy(), expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(scores.values.numpy(), expected[:, -1], rtol=0, atol=1e-9)
    np.testing.assert_allclose(scores.curves.x[0].numpy(), [0, 1 / 3, 2 / 3, 1], rtol=0, atol=1e-15)


def test_a_chain_of_rank_one_converges_to_one() -> None:
    net = chain(7, 16, 16, 4)
    with torch.no_grad():
        net[2].weight.copy_(torch.outer(drawn(16, seed=5), drawn(16, seed=6)))
    scores = CosineConvergence().score(opened(Gradient(), net, drawn(5, 7)))
    torch.testing.assert_close(scores.values, torch.ones(5).double(), rtol=0, atol=1e-12)


def test_signs_do_not_cancel() -> None:
    """Two starts on different sides of the one direction that is left have the cosine -1, whose mean with 1 says 0."""
    net = chain(7, 16, 16, 4)
    with torch.no_grad():
        net[2].weight.copy_(torch.outer(drawn(16, seed=5), drawn(16, seed=6)))
    inputs, names = drawn(5, 7), sample_ids(5)
    query = Query(wrap(net.requires_grad_(False), inputs), inputs, torch.zeros(5).long(), names, Streams(3), 64)
    pairs = torch.stack([torch.from_numpy(np.stack([starts(i, k) for i in names])) for k in range(10)])
    ((*_, lowest),) = Gradient().propagated(query, pairs)
    signs = set(F.cosine_similarity(lowest.relevance[::2], lowest.relevance[1::2], dim=2).sign().flatten().tolist())
    assert signs == {-1.0, 1.0}


def test_positive_chains_converge_from_layer_to_layer() -> None:
    """z+ multiplies by matrices without negative values; the gradient does not converge as it does."""
    net, inputs = chain(*[24] * 9, 4), drawn(4, 24).abs()
    converging, plain = (CosineConvergence().score(opened(m, net, inputs)) for m in (Z_PLUS, Gradient()))
    assert converging.curves is not None
    assert (converging.values > 0.999).all()
    assert (converging.curves.y.mean(0)[[0, 2, 4, 8]].diff() > 0).all()
    assert (plain.values < converging.values - 0.1).all()


@dataclass(frozen=True)
class Independent(Gradient):
    """Relevance of every start that has nothing to do with the others."""

    name: ClassVar[str] = "independent"

    def propagated(self, query: Query, starts: Tensor) -> Iterator[list[LayerRelevance]]:
        yield [LayerRelevance("", drawn(len(starts), len(query), 10_000))]


def test_independent_directions_score_about_zero() -> None:
    scores = CosineConvergence(pairs=20).score(opened(Independent(), chain(7, 16, 4), drawn(5, 7)))
    assert (scores.values < 4 / math.sqrt(10_000)).all()
    assert (scores.values - math.sqrt(2 / (math.pi * 10_000))).abs().max() < 4 / math.sqrt(20 * 10_000)
    assert not CosineConvergence().higher_is_better


def network() -> nn.Module:
    return filled(
        nn.Sequential(
            nn.Conv2d(2, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 4, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Flatten(),
            nn.Linear(48, 8),
            nn.ReLU(),
            nn.Linear(8, 4),
        )
    )


@pytest.mark.parametrize("method", PROPAGATORS, ids=lambda m: m.name)
def test_the_targets_own_start_gives_the_map(method: AttributionMethod) -> None:
    """What is followed through the layers is what the method says at the inputs."""
    inputs = drawn(3, 2, 8, 6)
    case = opened(method, network(), inputs)
    own = F.one_hot(case.targets, 4).double()
    if isinstance(method, Lrp | Rap):
        own = own * case.predict(inputs)
    query = Query(case.model, inputs, case.targets, case.ids, case.streams, 2)
    frozen = case.model.module.requires_grad_(False)
    parts = [*method.propagated(query, torch.stack([own, 0 * own, own]))]  # type: ignore[attr-defined]
    assert [len(layers[-1].relevance[0]) for layers in parts] == [2, 1]
    assert [layer.name for layer in parts[0]] == ["9", "7", "4", "0", ""]
    found = torch.cat([layers[-1].relevance[0] for layers in parts])
    torch.testing.assert_close(found, case.explanation.relevance, rtol=0, atol=1e-12)
    assert torch.equal(parts[0][-1].relevance[0], parts[0][-1].relevance[2])
    assert not parts[0][-1].relevance[1].any()
    assert not any(m._forward_hooks for m in frozen.modules())


@pytest.mark.parametrize("method", [Gradient(), Z_PLUS, Rap()], ids=lambda m: m.name)
def test_batch_and_order_do_not_matter(method: AttributionMethod) -> None:
    module, inputs = network(), drawn(5, 2, 8, 6)
    together = CosineConvergence().score(opened(method, module, inputs)).values
    swapped = CosineConvergence().score(opened(method, module, inputs, [3, 0, 4, 2, 1], rows=2)).values
    alone = torch.cat([CosineConvergence().score(opened(method, module, inputs, [i])).values for i in range(5)])
    torch.testing.assert_close(swapped, together[[3, 0, 4, 2, 1]], rtol=0, atol=1e-12)
    torch.testing.assert_close(alone, together, rtol=0, atol=1e-12)


def test_modules_functions_and_reuse_agree() -> None:
    class Functional(nn.Module):
        def __init__(self, net: nn.Sequential) -> None:
            super().__init__()
            self.net = net

        def forward(self, inputs: Tensor) -> Tensor:
            hidden = F.relu_(self.net[0](inputs))
            outputs: Tensor = F.linear(torch.relu(F.linear(hidden, self.net[2].weight)), self.net[4].weight)
            return outputs

    net, inputs = chain(7, 16, 16, 4), drawn(4, 7)
    for method in (Gradient(), GuidedBackprop(), Z_PLUS):
        a, b = (CosineConvergence().score(opened(method, m, inputs)) for m in (net, Functional(net)))
        torch.testing.assert_close(a.values, b.values, rtol=0, atol=1e-12)
        assert a.curves is not None
        assert b.curves is not None
        torch.testing.assert_close(a.curves.y, b.curves.y, rtol=0, atol=1e-12)


def test_passes_and_an_untouched_model() -> None:
    module, inputs, meter = network().train(), drawn(3, 2, 8, 6), Meter()
    case = opened(Gradient(), module, inputs)
    before, state = {k: v.clone() for k, v in module.state_dict().items()}, torch.get_rng_state()
    with meter.watching(module):
        CosineConvergence(pairs=2).score(case)
    assert meter.forward == 1 + 3  # one row shows how many outputs there are
    assert meter.backward == 2 * 2 * 3
    assert all(torch.equal(before[k], v) for k, v in module.state_dict().items())
    assert all(m.training for m in module.modules())
    assert all(p.requires_grad and p.grad is None for p in module.parameters())
    assert torch.equal(state, torch.get_rng_state())


def test_samples_that_nothing_arrives_at_are_undefined() -> None:
    net = chain(7, 16, 4)
    with torch.no_grad():
        net[0].weight.abs_()
    inputs = torch.stack([drawn(7).abs(), -drawn(7).abs()])  # no ReLU is open for the second one
    scores = CosineConvergence().score(opened(Gradient(), net, inputs))
    assert scores.undefined == {1: "from one of the starts no relevance arrives at the inputs"}
    assert scores.values[0] > 0


def test_what_cannot_be_followed_is_unsupported() -> None:
    net, inputs = chain(7, 16, 4), drawn(2, 7)
    for method in (Random(), DeepLift()):
        with pytest.raises(Unsupported, match=f"follows relevance through layers; {method.name} carries none"):
            CosineConvergence().score(opened(method, net, inputs))
    with pytest.raises(Unsupported, match="needs two outputs; model 'model' has one"):
        CosineConvergence().score(opened(Gradient(), chain(7, 16, 1), inputs))
    plain = replace(opened(Gradient(), nn.Sequential(nn.Linear(7, 4)).double(), inputs), method=GuidedBackprop())
    with pytest.raises(Unsupported, match="has no ReLU or ReLU6"):
        CosineConvergence().score(plain)
    with pytest.raises(Unsupported, match="starts at one unit and its dual"):
        CosineConvergence().score(opened(ExcitationBackprop(contrastive=True), net, inputs))
    with pytest.raises(BadParameter, match="cosine_convergence: pairs=0; at least 1"):
        CosineConvergence(pairs=0)
