"""The data randomisation test: its definition, its laws, and what it refuses."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.stats import spearmanr
from torch import Tensor, nn

import whybench
from whybench.cases import open_case
from whybench.errors import BadInput, BadParameter, Unsupported
from whybench.meter import Meter
from whybench.methods.attribution import Constant, Gradient, Random
from whybench.metrics.attribution import DataRandomisation
from whybench.protocols import AttributionMethod, Case, Retraining
from whybench.protocols.asking import sample_ids, wrap
from whybench.streams import Streams

STEPS = 40


def network() -> nn.Sequential:
    with torch.random.fork_rng(devices=[]):
        return nn.Sequential(nn.Linear(8, 24), nn.BatchNorm1d(24), nn.Tanh(), nn.Linear(24, 3)).double().eval()


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def fitted(labels: Tensor, effort: int) -> Mapping[str, Tensor]:
    """Full-batch gradient descent in float64 from one and the same start."""
    return _fitted(tuple(labels.tolist()), effort)


@cache
def _fitted(known: tuple[int, ...], effort: int) -> Mapping[str, Tensor]:
    net, labels = network(), torch.tensor(known)
    with torch.no_grad():
        for k, parameter in enumerate(net.parameters()):
            parameter.copy_(drawn(*parameter.shape, seed=k + 1) / 2)
        net[1].running_mean.copy_(drawn(24, seed=9))
    for _ in range(effort * STEPS):
        loss = F.cross_entropy(net(drawn(30, 8)), labels)
        for parameter, gradient in zip(
            net.parameters(), torch.autograd.grad(loss, list(net.parameters())), strict=True
        ):
            parameter.data -= 0.5 * gradient
    return net.state_dict()


def opened(
    method: AttributionMethod, samples: list[int] | None = None, rows: int = 64, train: Any = fitted
) -> Case[Any]:
    chosen = list(range(6)) if samples is None else samples
    labels = drawn(30, 8)[:, :3].argmax(1)
    net = network()
    net.load_state_dict(fitted(labels, 1))
    inputs = drawn(6, 8, seed=20)
    model = replace(wrap(net, inputs), retraining=Retraining(drawn(30, 8), labels, train))
    ids = tuple(sample_ids(6)[i] for i in chosen)
    with torch.no_grad():
        targets = net(inputs).argmax(1)
    return open_case(method, model, inputs[chosen], targets[chosen], ids=ids, seed=3, rows=rows)


def test_the_definition() -> None:
    case = opened(Gradient())
    assert case.model.retraining is not None
    labels = case.model.retraining.labels
    expected = np.zeros((6, 2))
    efforts = []
    for seed in range(2):
        order = Streams(3).permutation("data_randomisation", "", seed, 30)
        wanted, effort, net = labels[order], 1, network()
        while True:
            net.load_state_dict(fitted(wanted, effort))
            if (net(drawn(30, 8)).argmax(1) == wanted).double().mean() > 0.95:
                break
            effort *= 2
        efforts.append(effort)
        for i in range(6):
            maps = []
            for each in (case.model.module, net):
                leaf = case.inputs[i : i + 1].clone().requires_grad_()
                (gradient,) = torch.autograd.grad(each(leaf)[0, case.targets[i]], leaf)
                maps.append(gradient[0].abs().numpy())
            expected[i, seed] = spearmanr(*maps)[0]
    scores = DataRandomisation(seeds=2).score(case)
    np.testing.assert_allclose(scores.values.numpy(), expected.mean(1), rtol=0, atol=1e-9)
    assert max(efforts) > 1  # the model's own steps do not teach random labels
    assert scores.details["effort"].tolist() == [sum(efforts) / 2] * 6
    assert (scores.details["train_accuracy"] > 0.95).all()
    assert (scores.values < 0.9).all()


def test_the_models_own_labels_give_exactly_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Streams, "permutation", lambda self, role, sample, draw, size: torch.arange(size))
    scores = DataRandomisation().score(opened(Gradient()))
    assert scores.values.tolist() == [1.0] * 6
    assert scores.details["effort"].tolist() == [1.0] * 6


def test_digits_own_labels_give_exactly_one(monkeypatch: pytest.MonkeyPatch) -> None:
    model, dataset = whybench.model("digits_cnn"), whybench.dataset("digits")
    inputs = torch.stack([model.preprocess(sample) for sample in dataset.samples[:4]])
    targets = dataset.labels[:4]
    case = open_case(Gradient(), model, inputs, targets, ids=dataset.ids[:4])
    monkeypatch.setattr(Streams, "permutation", lambda self, role, sample, draw, size: torch.arange(size))
    assert DataRandomisation().score(case).values.tolist() == [1.0] * 4


@pytest.mark.slow
def test_digits_learn_random_labels() -> None:
    model, dataset = whybench.model("digits_cnn"), whybench.dataset("digits")
    inputs = torch.stack([model.preprocess(sample) for sample in dataset.samples[:16]])
    case = open_case(Gradient(), model, inputs, dataset.labels[:16], ids=dataset.ids[:16])
    scores = DataRandomisation().score(case)
    assert (scores.details["train_accuracy"] > 0.95).all()
    assert scores.details["effort"].tolist() == [8.0] * 16
    assert scores.values.mean() < 0.5


def test_labels_that_are_not_learned_are_no_test() -> None:
    with pytest.raises(Unsupported, match=r"tells only \d+% of its training samples by permuted labels after 1 times"):
        DataRandomisation(effort=1).score(opened(Gradient()))


def test_noise_drawn_anew_is_uncorrelated_and_constants_undefined() -> None:
    noise = DataRandomisation(seeds=3).score(opened(Random())).values
    assert noise.mean().abs() < 4 / np.sqrt(6 * 3 * 8)
    scores = DataRandomisation().score(opened(Constant()))
    assert scores.undefined == dict.fromkeys(range(6), "a constant map has no rank correlation and no structure")


def test_batch_and_order_do_not_matter() -> None:
    for method in (Gradient(), Random()):
        together = DataRandomisation().score(opened(method)).values
        swapped = DataRandomisation().score(opened(method, [3, 0, 5, 4, 2, 1], rows=2)).values
        alone = torch.cat([DataRandomisation().score(opened(method, [i])).values for i in range(6)])
        torch.testing.assert_close(swapped, together[[3, 0, 5, 4, 2, 1]], rtol=0, atol=1e-12)
        torch.testing.assert_close(alone, together, rtol=0, atol=1e-12)


def test_passes_and_an_untouched_model() -> None:
    case, meter = opened(Gradient()), Meter()
    module = case.model.module
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    state = torch.get_rng_state()
    efforts = int(math.log2(DataRandomisation().score(case).details["effort"][0])) + 1
    case = opened(Gradient())
    with meter.watching(case.model.module):
        for similarity in ("spearman", "spearman_abs"):
            DataRandomisation(similarity=similarity).score(case)
    assert meter.forward == efforts * 30 + 2 * 6
    assert meter.backward == 2 * 6
    assert all(torch.equal(before[name], tensor) for name, tensor in module.state_dict().items())
    assert torch.equal(state, torch.get_rng_state())
    assert all(p.requires_grad and p.grad is None for p in module.parameters())


def test_a_model_that_cannot_be_trained_again_is_unsupported() -> None:
    board = whybench.evaluate(
        network(), drawn(4, 8), torch.zeros(4).long(), methods=["gradient"], metrics=["data_randomisation"]
    )
    reasons = set(board.scores["reason"])
    assert len(reasons) == 1
    assert "data_randomisation needs retraining" in reasons.pop()
    case = opened(Gradient())
    with pytest.raises(Unsupported, match="nothing says how model 'model' can be trained again"):
        DataRandomisation().score(
            open_case(Gradient(), replace(case.model, retraining=None), case.inputs, case.targets, ids=case.ids)
        )


def test_labels_for_every_input() -> None:
    with pytest.raises(BadInput, match=r"shape \(3, 8\) with labels of shape \(2,\)"):
        Retraining(drawn(3, 8), torch.zeros(2).long(), fitted)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"similarity": "cosine"}, "similarity='cosine'; allowed: spearman"),
        ({"seeds": 0}, "data_randomisation: seeds=0; at least 1"),
        ({"effort": 0}, "data_randomisation: effort=0; at least 1"),
        ({"accuracy": 1.0}, "data_randomisation: accuracy=1.0; a share from 0 to below 1"),
    ],
)
def test_bad_parameters(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(BadParameter, match=message):
        DataRandomisation(**parameters)
