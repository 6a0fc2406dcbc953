"""Built-in models have the weights that are shipped with them, and nobody else's."""

import importlib.util
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch

import whybench
from whybench import registries
from whybench.digests import module_digest
from whybench.models import training, wine_mlp
from whybench.resolver import resolve

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "train_models.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("train_models", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def nothing_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WHYBENCH_CACHE", str(tmp_path / "cache"))
    yield
    wine_mlp._model.cache_clear()


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps of each training that was done."""
    done: list[int] = []
    fit = training.fit

    def watched(module: torch.nn.Module, inputs: torch.Tensor, targets: torch.Tensor, recipe: training.Recipe) -> None:
        done.append(recipe.steps)
        fit(module, inputs, targets, recipe)

    monkeypatch.setattr(training, "fit", watched)
    return done


def fresh(spec: str) -> torch.nn.Module:
    """The module, loaded as in a new process."""
    loader = resolve(registries.models, spec)
    sys.modules[type(loader).__module__]._model.cache_clear()
    module: torch.nn.Module = loader.load().module
    return module


def test_every_model_of_a_suite_is_shipped_and_no_file_is_left_over(script: ModuleType, trainings: list[int]) -> None:
    asked = []
    read = training.weights_cache.read

    def watched(path: Path, key: str) -> object:
        asked.append(path.name)
        return read(path, key)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.weights_cache, "read", watched)
        for spec in script.models():
            fresh(spec)
    assert trainings == []
    assert sorted(asked) == sorted(file.name for file in training.SHIPPED.glob("*.safetensors"))


def test_the_same_training_leads_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trainings: list[int]) -> None:
    shipped = fresh("wine_mlp")
    monkeypatch.setattr(training, "SHIPPED", tmp_path)
    again = fresh("wine_mlp")
    assert trainings == [wine_mlp.RECIPE.steps]
    for a, b in zip(shipped.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-3)  # another processor rounds otherwise


def test_another_recipe_is_trained_on_the_spot(monkeypatch: pytest.MonkeyPatch, trainings: list[int]) -> None:
    monkeypatch.setattr(wine_mlp, "RECIPE", replace(wine_mlp.RECIPE, steps=7))
    fresh("wine_mlp")
    fresh("wine_mlp")
    assert trainings == [7]


def test_a_damaged_file_is_told_and_trained_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trainings: list[int]
) -> None:
    whole = module_digest(fresh("wine_mlp"))
    for file in training.SHIPPED.glob("wine_mlp-*"):
        shutil.copy(file, tmp_path)
        (tmp_path / file.name).write_bytes(file.read_bytes()[:-1] + b"?")
    monkeypatch.setattr(training, "SHIPPED", tmp_path)
    with pytest.warns(UserWarning, match="are damaged"):
        fresh("wine_mlp")
    assert len(trainings) == 1
    monkeypatch.undo()
    assert module_digest(fresh("wine_mlp")) == whole


def test_a_seed_that_no_suite_names_is_another_network(trainings: list[int]) -> None:
    assert module_digest(fresh("wine_mlp(seed=9)")) != module_digest(whybench.model("wine_mlp").module)
    assert len(trainings) == 1
