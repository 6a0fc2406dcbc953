"""The trainer of built-in models: determinism, and that it leaves no trace."""

import math
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from whybench.digests import module_digest, tensors_digest
from whybench.models import training
from whybench.models.training import Recipe, fit, initialise, trained

RECIPE = Recipe(steps=6, batch=4, rate=0.1, decay=0.01)


def tiny() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))


@pytest.fixture
def data() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(7)
    return torch.randn(10, 3, generator=generator), torch.arange(10) % 2


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WHYBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def by_torch_optim(inputs: Tensor, targets: Tensor, loss: nn.Module, recipe: Recipe, module: nn.Module) -> None:
    """The same recipe with torch's own optimiser, after the same initialisation."""
    generator = torch.Generator().manual_seed(recipe.seed)
    initialise(module, generator)
    rows: list[int] = []
    while len(rows) < recipe.steps * recipe.batch:
        rows += torch.randperm(len(inputs), generator=generator).tolist()
    optimiser = torch.optim.SGD(
        module.parameters(), lr=recipe.rate, momentum=recipe.momentum, weight_decay=recipe.decay, nesterov=True
    )
    for step in range(recipe.steps):
        chosen = rows[step * recipe.batch : (step + 1) * recipe.batch]
        optimiser.param_groups[0]["lr"] = recipe.rate * 0.5 * (1 + math.cos(math.pi * step / recipe.steps))
        optimiser.zero_grad()
        loss(module(inputs[chosen]), targets[chosen]).backward()
        optimiser.step()


@pytest.mark.parametrize("sort", ["classes", "scalar"])
def test_agrees_with_torch_optim(data: tuple[Tensor, Tensor], sort: str) -> None:
    inputs, targets = data
    loss: nn.Module = nn.CrossEntropyLoss()
    if sort == "scalar":
        targets, loss = torch.stack([targets, -targets], 1).double(), nn.MSELoss()
    ours, reference = tiny().double(), tiny().double()
    fit(ours, inputs.double(), targets, RECIPE)
    by_torch_optim(inputs.double(), targets, loss, RECIPE, reference)
    for a, b in zip(ours.parameters(), reference.parameters(), strict=True):
        assert (a - b).abs().max() < 1e-14


def test_each_round_takes_every_sample_once_in_an_order_of_its_own() -> None:
    module, seen = nn.Linear(1, 2), []
    module.register_forward_pre_hook(lambda _, given: seen.extend(given[0].flatten().tolist()))
    rows = torch.arange(10.0)
    fit(module, rows[:, None], rows.long() % 2, Recipe(steps=5, batch=4, rate=1e-3))
    first, second = seen[:10], seen[10:]
    assert sorted(first) == sorted(second) == rows.tolist()
    assert rows.tolist() not in (first, second)
    assert first != second


def test_same_weights_again_other_weights_with_another_seed(data: tuple[Tensor, Tensor], cache: Path) -> None:
    first = module_digest(trained("tiny", tiny, *data, RECIPE))
    for file in cache.iterdir():
        file.unlink()
    assert module_digest(trained("tiny", tiny, *data, RECIPE)) == first
    assert module_digest(trained("tiny", tiny, *data, replace(RECIPE, seed=1))) != first


def test_neither_threads_nor_default_dtype_matter(data: tuple[Tensor, Tensor], cache: Path) -> None:
    first = module_digest(trained("tiny", tiny, *data, RECIPE))
    next(cache.iterdir()).unlink()
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    torch.set_default_dtype(torch.float64)
    try:
        again = trained("tiny", tiny, *data, RECIPE)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_num_threads(threads)
    assert module_digest(again) == first
    assert {p.dtype for p in again.parameters()} == {torch.float32}


def test_frozen_and_in_eval_mode(data: tuple[Tensor, Tensor]) -> None:
    for _ in ("trained", "from the cache"):
        module = trained("tiny", tiny, *data, RECIPE)
        assert not any(m.training for m in module.modules())
        assert not any(p.requires_grad for p in module.parameters())


def test_global_generators_and_gradient_mode_stay(data: tuple[Tensor, Tensor]) -> None:
    random.seed(1), np.random.seed(1), torch.manual_seed(1)  # noqa: NPY002 (the global one is meant)
    before = (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())  # noqa: NPY002
    with torch.no_grad():
        trained("tiny", tiny, *data, RECIPE)
        assert not torch.is_grad_enabled()
    assert before == (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())  # noqa: NPY002


def test_threads_are_put_back_when_training_fails(data: tuple[Tensor, Tensor]) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(RuntimeError):
            trained("tiny", tiny, data[0][:, :2], data[1], RECIPE)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)


def test_a_second_call_does_not_train(data: tuple[Tensor, Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    first = module_digest(trained("tiny", tiny, *data, RECIPE))

    def never(*args: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(training, "fit", never)
    assert module_digest(trained("tiny", tiny, *data, RECIPE)) == first


def test_the_cached_file_is_named_by_all_that_decides_the_weights(
    data: tuple[Tensor, Tensor], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inputs, targets = data
    other_inputs = inputs.clone()
    other_inputs[0, 0] += 1e-6
    trained("tiny", tiny, inputs, targets, RECIPE)
    trained("tiny", tiny, other_inputs, targets, RECIPE)
    trained("tiny", tiny, inputs, 1 - targets, RECIPE)
    trained("tiny", tiny, inputs, targets, replace(RECIPE, rate=0.2))
    trained("tiny", lambda: nn.Linear(3, 2), inputs, targets, RECIPE)
    monkeypatch.setattr(torch, "__version__", "0.0.0")
    trained("tiny", tiny, inputs, targets, RECIPE)
    assert len(list(cache.iterdir())) == 6


def test_layers_without_a_known_initialisation_are_refused() -> None:
    with pytest.raises(TypeError, match="no initialisation for '1', a GroupNorm"):
        initialise(nn.Sequential(nn.Conv2d(1, 2, 3), nn.GroupNorm(1, 2)), torch.Generator())


def test_batch_normalisation_begins_by_changing_nothing() -> None:
    layer = nn.BatchNorm2d(2)
    with torch.no_grad():
        for tensor in layer.state_dict().values():
            tensor.fill_(7)
    initialise(layer, torch.Generator())
    assert layer.weight.tolist() == layer.running_var.tolist() == [1, 1]  # type: ignore[union-attr]
    assert layer.bias.tolist() == layer.running_mean.tolist() == [0, 0]  # type: ignore[union-attr]
    assert layer.num_batches_tracked == 0


def test_batch_normalisation_learns_its_statistics(data: tuple[Tensor, Tensor]) -> None:
    def images() -> nn.Module:
        return nn.Sequential(nn.Unflatten(1, (1, 1, 3)), nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(3, 2))

    inputs, targets = data
    one_step = Recipe(steps=1, batch=10, rate=0.1)
    norm = trained("tiny", images, inputs, targets, one_step)[1]  # type: ignore[index]
    assert norm.running_mean.item() == pytest.approx(0.1 * inputs.mean().item(), abs=1e-6)
    assert norm.running_var.item() == pytest.approx(0.9 + 0.1 * inputs.var().item(), abs=1e-6)


def test_he_initialisation() -> None:
    layer = nn.Linear(200, 300)
    initialise(layer, torch.Generator().manual_seed(0))
    assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / 200), rel=0.01)
    assert not layer.bias.any()
    assert tensors_digest({"w": layer.weight}) != tensors_digest({"w": nn.Linear(200, 300).weight})
