"""The parameter randomisation test: its definition, its laws, and the mistakes that others made."""

import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import chain, pairwise
from typing import Any, ClassVar, Literal

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import Gradient, Random, SobelEdges
from whybench.metrics.attribution import Mprt, randomised_similarities, randomiser
from whybench.metrics.attribution.randomised_similarities import Order, block_ends
from whybench.protocols import AttributionMethod, Case, Query
from whybench.protocols.asking import wrap
from whybench.streams import Streams

Open = Callable[..., Case[Any]]
LAYERS = [["6.weight", "6.bias"], ["5.weight", "5.bias"], ["3.weight"], ["1.weight", "1.bias"], ["0.weight", "0.bias"]]


def slow(module: nn.Module, inputs: Tensor, targets: Tensor, groups: list[list[str]], cascading: bool) -> np.ndarray:
    """(n, seeds, groups) similarities of the gradient's channel norms, for 2 seeds of the suite seed 3."""

    def gradient(net: nn.Module, i: int) -> np.ndarray:
        leaf = inputs[i : i + 1].clone().requires_grad_()
        net(leaf)[0, targets[i]].backward()
        return np.sqrt((leaf.grad[0].numpy() ** 2).sum(0)).ravel()

    result = np.zeros((len(inputs), 2, len(groups)))
    for seed in range(2):
        for k in range(len(groups)):
            net = deepcopy(module)
            for name in chain(*(groups[: k + 1] if cascading else groups[k : k + 1])):
                values = net.state_dict()[name].flatten().tolist()
                order = torch.randperm(len(values), generator=Streams(3).generator(f"mprt/{name}", str(seed)))
                shuffled = torch.tensor([values[i] for i in order], dtype=torch.float64)
                net.state_dict()[name].copy_(shuffled.view(net.state_dict()[name].shape))
            for i in range(len(inputs)):
                result[i, seed, k] = spearmanr(gradient(module, i), gradient(net, i))[0]
    return result


@pytest.mark.parametrize("order", ["cascading", "independent", "bottom_up"])
@pytest.mark.parametrize("waiting", [1, randomised_similarities.WAITING])
@pytest.mark.parametrize(("blocks", "parts"), [(None, [0, 1, 2, 3, 4, 5]), (2, [0, 2, 5])])
def test_the_definition(
    case_of: Open,
    cnn: nn.Module,
    order: Order,
    blocks: int | None,
    parts: list[int],
    waiting: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(randomised_similarities, "WAITING", waiting)
    case = case_of(Gradient())
    layers = LAYERS[::-1] if order == "bottom_up" else LAYERS
    groups = [[*chain(*layers[start:end])] for start, end in pairwise(parts)]
    expected = slow(cnn, case.inputs, case.targets, groups, order != "independent")
    scores = Mprt(order=order, blocks=blocks, seeds=2).score(case)
    np.testing.assert_allclose(scores.values.numpy(), expected.mean((1, 2)), rtol=0, atol=1e-12)
    assert scores.curves is not None
    np.testing.assert_allclose(scores.curves.y[:, 1:].numpy(), expected.mean(1), rtol=0, atol=1e-12)
    assert scores.curves.y[:, 0].tolist() == [1.0] * 5
    fractions = [0, 0.2, 0.4, 0.6, 0.8, 1] if blocks is None else [0, 0.4, 1]
    np.testing.assert_allclose(scores.curves.x[0].numpy(), fractions, rtol=0, atol=1e-15)


def test_the_original_is_on_the_curve_but_not_in_the_mean(case_of: Open) -> None:
    scores = Mprt(blocks=3, seeds=2).score(case_of(Gradient()))
    assert scores.curves is not None
    curve = scores.curves.y
    torch.testing.assert_close(scores.values, curve[:, 1:].mean(1), rtol=0, atol=1e-15)
    assert (scores.values - curve.mean(1)).abs().min() > 0.1


@pytest.mark.parametrize("similarity", ["spearman", "spearman_abs", "ssim"])
def test_a_map_of_the_image_alone_stays_and_the_gradient_does_not(
    case_of: Open, edges: AttributionMethod, similarity: Literal["spearman", "spearman_abs", "ssim"]
) -> None:
    for method in (edges, SobelEdges()):
        scores = Mprt(similarity=similarity, seeds=2).score(case_of(method))
        assert scores.values.tolist() == [1.0] * 5
        assert scores.curves is not None
        assert (scores.curves.y == 1).all()
    assert (Mprt(similarity=similarity, seeds=2).score(case_of(Gradient())).values < 0.9).all()


def test_an_identical_model_gives_exactly_one(case_of: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(randomiser, "randomised_weights", lambda *_: {})
    for similarity in ("spearman", "spearman_abs", "ssim"):
        assert Mprt(similarity=similarity, seeds=2).score(case_of(Gradient())).values.tolist() == [1.0] * 5


def test_weights_of_one_value_are_an_identical_model(case_of: Open, cnn: nn.Module) -> None:
    with torch.no_grad():
        for k, parameter in enumerate(cnn.parameters()):
            parameter.fill_(0.1 * (k + 1))
    assert Mprt(seeds=1).score(case_of(Gradient())).values.tolist() == [1.0] * 5


def test_noise_drawn_anew_is_uncorrelated(case_of: Open) -> None:
    scores = Mprt(seeds=1, blocks=2).score(case_of(Random()))
    assert (scores.values.abs() < 4 / np.sqrt(72)).all()
    assert scores.curves is not None
    assert (scores.curves.y[:, 1:].abs() < 4 / np.sqrt(72)).all()


def test_a_constant_map_is_undefined(case_of: Open, flat: AttributionMethod) -> None:
    for similarity in ("spearman", "spearman_abs", "ssim"):
        scores = Mprt(similarity=similarity, blocks=1, seeds=1).score(case_of(flat))
        assert scores.values.isnan().all()
        assert set(scores.undefined) == set(range(5))
        assert set(scores.undefined.values()) == {"a constant map has no rank correlation and no structure"}


def test_a_map_that_turns_constant_counts_as_zero(case_of: Open, flat_elsewhere: AttributionMethod) -> None:
    scores = Mprt(seeds=2, blocks=3).score(case_of(flat_elsewhere))
    assert scores.values.tolist() == [0.0] * 5
    assert scores.details["constant_maps"].tolist() == [1.0] * 5
    assert not scores.undefined


def test_models_that_ignore_their_input_are_left_out(case_of: Open, cnn: nn.Module) -> None:
    class DeadOnceShuffled(nn.Module):
        """Its first layer lets nothing through once it no longer has the weights that it knows."""

        def __init__(self) -> None:
            super().__init__()
            self.net = cnn
            self.known: float = cnn[0].weight.flatten()[0].item()

        def forward(self, inputs: Tensor) -> Tensor:
            alive = float(self.net[0].weight.flatten()[0].item() == self.known)
            outputs: Tensor = self.net(inputs * alive)
            return outputs

    module = DeadOnceShuffled().eval()
    scores = Mprt(order="independent", blocks=None, seeds=2).score(case_of(Gradient(), module))
    assert scores.details["refused_models"].tolist() == [2.0] * 5
    assert scores.curves is not None
    assert scores.curves.x[0].tolist() == [0.0, 0.2, 0.4, 0.6, 0.8]
    torch.testing.assert_close(scores.values, scores.curves.y[:, 1:].mean(1), rtol=0, atol=1e-15)
    nothing = Mprt(blocks=1, seeds=2).score(case_of(Gradient(), module))
    assert set(nothing.undefined.values()) == {"all 2 randomised models ignore their input"}
    assert nothing.values.isnan().all()


@pytest.mark.parametrize("similarity", ["spearman", "spearman_abs", "ssim"])
def test_batch_and_order_do_not_matter(case_of: Open, similarity: Literal["spearman", "spearman_abs", "ssim"]) -> None:
    metric = Mprt(similarity=similarity, blocks=2, seeds=1)
    for method in (Gradient(), Random()):
        together = metric.score(case_of(method)).values
        swapped = metric.score(case_of(method, samples=[3, 0, 4, 2, 1], rows=2)).values
        alone = torch.cat([metric.score(case_of(method, samples=[i])).values for i in range(5)])
        torch.testing.assert_close(swapped, together[[3, 0, 4, 2, 1]], rtol=0, atol=1e-12)
        torch.testing.assert_close(alone, together, rtol=0, atol=1e-12)


def test_each_model_is_explained_once_for_all_similarities(case_of: Open, counted: Any) -> None:
    case = case_of(counted)
    counted.asked.clear()
    for similarity in ("spearman", "spearman_abs", "ssim"):
        Mprt(similarity=similarity, blocks=3, seeds=2).score(case)
    assert counted.asked == [5] * 6


@dataclass(frozen=True)
class Learning(Gradient):
    """A method that learns of each model that it is asked about."""

    def prepare(self, *_: object) -> dict[str, Tensor]:
        return {}


def test_samples_in_parts_are_the_same_and_no_model_is_probed_twice(
    case_of: Open, counted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Mprt(blocks=3, seeds=2).score(case_of(Gradient(), rows=2))
    probed: list[object] = []
    responds = randomiser.responds
    monkeypatch.setattr(randomised_similarities, "TOGETHER", 1)
    monkeypatch.setattr(randomiser, "responds", lambda *given: probed.append(given[0]) or responds(*given))
    assert torch.equal(Mprt(blocks=3, seeds=2).score(case_of(Gradient(), rows=2)).values, whole.values)
    assert len(probed) == 6
    case = case_of(counted, rows=2)
    counted.asked.clear()
    Mprt(blocks=3, seeds=2).score(case)
    assert counted.asked == [2] * 6 + [2] * 6 + [1] * 6
    assert randomised_similarities.together(case_of(Learning(), rows=2)) == 5


def test_the_original_model_is_untouched_also_when_the_method_raises(
    case_of: Open, cnn: nn.Module, raises_elsewhere: AttributionMethod
) -> None:
    cnn.train()
    cnn[1].eval()
    before = {name: tensor.clone() for name, tensor in cnn.state_dict().items()}
    state = torch.get_rng_state(), random.getstate()
    with pytest.raises(ValueError, match="no idea"):
        Mprt(seeds=1).score(case_of(raises_elsewhere))
    Mprt(seeds=1, blocks=2).score(case_of(Gradient()))
    assert all(torch.equal(before[name], tensor) for name, tensor in cnn.state_dict().items())
    assert [m.training for m in cnn] == [True, False, True, True, True, True, True]
    assert all(p.requires_grad and p.grad is None for p in cnn.parameters())
    assert torch.equal(state[0], torch.get_rng_state())
    assert state[1] == random.getstate()
    assert torch.is_grad_enabled()


def test_running_statistics_are_kept_and_targets_frozen(case_of: Open, cnn: nn.Module) -> None:
    seen: list[tuple[Tensor, Tensor]] = []

    @dataclass(frozen=True)
    class Spy(AttributionMethod):
        name: ClassVar[str] = "spy"
        reference: ClassVar[str] = ""

        def relevance(self, query: Query) -> Tensor:
            seen.append((query.model.module[1].running_var.clone(), query.targets))
            return query.inputs

    case = case_of(Spy())
    Mprt(seeds=1).score(case)
    assert len(seen) == 6
    assert all(torch.equal(variance, cnn[1].running_var) for variance, _ in seen)
    assert all(torch.equal(targets, case.targets) for _, targets in seen)


@pytest.mark.parametrize("randomisation", ["shuffle", "redraw"])
def test_tables_and_scalar_outputs(randomisation: Literal["shuffle", "redraw"]) -> None:
    generator = torch.Generator().manual_seed(0)
    net = nn.Sequential(nn.Linear(10, 16), nn.Tanh(), nn.Linear(16, 1)).double()
    table = torch.randn(4, 10, generator=generator, dtype=torch.float64)
    case = open_case(Gradient(), wrap(net, table), table, torch.zeros(4, dtype=torch.int64), ids=("a", "b", "c", "d"))
    scores = Mprt(randomisation=randomisation, seeds=2).score(case)
    assert not scores.undefined
    assert (scores.values < 1).all()
    with pytest.raises(Unsupported, match="ssim compares images of at least 3 x 3 features, not tabular inputs"):
        Mprt(similarity="ssim", seeds=2).score(case)


def test_blocks() -> None:
    assert block_ends(5, None) == [1, 2, 3, 4, 5]
    assert block_ends(5, 100) == [1, 2, 3, 4, 5]
    assert block_ends(99, 5) == [20, 40, 59, 79, 99]


def wrong() -> Iterator[tuple[dict[str, Any], str]]:
    yield {"randomisation": "reset"}, "mprt: randomisation='reset'; allowed: shuffle, redraw"
    yield {"order": "down"}, "mprt: order='down'; allowed: cascading, independent"
    yield {"similarity": "cosine"}, "similarity='cosine'; allowed: spearman, spearman_abs, ssim"
    yield {"blocks": 0}, "mprt: blocks=0; at least 1 is needed, or None"
    yield {"seeds": 0}, "mprt: seeds=0; at least 1"


@pytest.mark.parametrize(("parameters", "message"), list(wrong()))
def test_bad_parameters(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        Mprt(**parameters)
