"""A bench's digest changes with all that can change an answer."""

from dataclasses import replace

import torch

from whybench.loading import load
from whybench.protocols import Dataset, Model
from whybench.suite import block


def digest(model: Model, dataset: Dataset) -> str:
    return load(block(model, dataset, ["gradient"], ["srg"]), "cpu").digest


def test_another_preprocessing_is_another_bench(model: Model, dataset: Dataset) -> None:
    halved = replace(model, preprocess=lambda sample: torch.as_tensor(sample) / 2)
    assert digest(halved, dataset) != digest(model, dataset)


def test_the_same_bench_has_the_same_digest(model: Model, dataset: Dataset) -> None:
    assert digest(replace(model), dataset) == digest(model, dataset)


def test_fewer_samples_are_another_bench(model: Model, dataset: Dataset) -> None:
    assert digest(model, dataset.take(5)) != digest(model, dataset)
