"""The built-in models that whybench trains itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from whybench import registries
from whybench.datasets import breast_cancer, diabetes, digits
from whybench.domains import ImageDomain, TabularDomain
from whybench.models import BreastCancerMLP
from whybench.protocols import Dataset, Model
from whybench.protocols.dataset import stack
from whybench.resolver import resolve

PAIRS = [("digits_cnn", "digits"), ("breast_cancer_mlp", "breast_cancer"), ("diabetes_mlp", "diabetes")]


def load(model: str, dataset: str) -> tuple[Model, Dataset]:
    return resolve(registries.models, model).load(), resolve(registries.datasets, dataset).load()


def outputs(model: Model, dataset: Dataset) -> Tensor:
    with torch.inference_mode():
        return model.module(stack([model.preprocess(sample) for sample in dataset.samples], len(dataset)))


@pytest.mark.parametrize(("model", "dataset", "least"), [(*PAIRS[0], 0.97), (*PAIRS[1], 0.94)])
def test_accuracy_on_held_out_samples(model: str, dataset: str, least: float) -> None:
    m, d = load(model, dataset)
    logits = outputs(m, d)
    assert (logits.argmax(1) == d.labels).double().mean().item() >= least
    assert m.class_names == d.class_names
    assert logits.shape == (len(d), len(m.class_names))


def test_diabetes_in_the_labels_unit() -> None:
    m, d = load(*PAIRS[2])
    values = outputs(m, d)
    assert m.output == "scalar"
    assert values.shape == (88, 1)
    residual = ((values.double().squeeze(1) - d.labels) ** 2).sum()
    assert 1 - (residual / ((d.labels - d.labels.mean()) ** 2).sum()).item() >= 0.5


@pytest.mark.parametrize(("model", "dataset"), PAIRS)
def test_ready_to_be_explained(model: str, dataset: str) -> None:
    m, d = load(model, dataset)
    inputs = stack([m.preprocess(sample) for sample in d.samples], len(d))
    assert inputs.dtype == torch.float32
    assert torch.isfinite(inputs).all()
    assert m.name == model
    assert not m.module.training
    assert not any(p.requires_grad for p in m.module.parameters())
    assert {"gradients", "bounds", m.output, m.domain.name} <= m.capabilities
    assert resolve(registries.models, model).load() is m


def test_digits_domain() -> None:
    m, d = load(*PAIRS[0])
    assert isinstance(m.domain, ImageDomain)
    inputs = stack([m.preprocess(sample) for sample in d.samples], len(d))
    assert inputs.shape == (359, 1, 8, 8)
    assert (m.domain.low, m.domain.high) == (0.0, 1.0) == (inputs.min().item(), inputs.max().item())
    mean = digits.parts()[0].samples.mean() / 16
    assert isinstance(m.domain.mean, Tensor)
    assert m.domain.mean.shape == (1, 1, 1)
    assert m.domain.mean.item() == pytest.approx(mean, abs=1e-6)
    assert m.module.get_submodule(m.layers["cam"])(torch.tensor(-1.0)) == 0


@pytest.mark.parametrize(("model", "dataset"), PAIRS[1:])
def test_tabular_domain(model: str, dataset: str) -> None:
    m, _ = load(model, dataset)
    training, _ = {"breast_cancer": breast_cancer, "diabetes": diabetes}[dataset].parts()
    inputs = stack(map(m.preprocess, training.samples), len(training.samples)).double()
    assert isinstance(m.domain, TabularDomain)
    assert len(m.domain.columns) == inputs.shape[1]
    assert inputs.mean(0).abs().max() < 1e-6
    assert (inputs.std(0, correction=0) - 1).abs().max() < 1e-5
    assert isinstance(m.domain.low, Tensor)
    assert isinstance(m.domain.high, Tensor)
    assert torch.equal(m.domain.low, inputs.amin(0).float())
    assert torch.equal(m.domain.high, inputs.amax(0).float())
    assert m.domain.covariance is not None
    assert (m.domain.covariance - inputs.T.cov(correction=0)).abs().max() < 1e-12


def test_the_same_weights_in_a_fresh_process(tmp_path: Path) -> None:
    program = "from whybench.models import BreastCancerMLP; print(BreastCancerMLP(seed=9).load().digest)"
    environment = {**os.environ, "WHYBENCH_CACHE": str(tmp_path), "OMP_NUM_THREADS": "2"}
    fresh = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert fresh.stdout.strip() == BreastCancerMLP(seed=9).load().digest
    assert fresh.stderr == ""
    assert [p.suffix for p in tmp_path.iterdir()] == [".safetensors"]
