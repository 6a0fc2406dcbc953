"""Built-in models trained again: their own data give their own weights, other seeds others, and nothing is kept."""

from pathlib import Path

import pytest
import torch

import whybench
from whybench.domains import ImageDomain
from whybench.protocols import Retraining

STEPS_OF_A_SECOND = ("breast_cancer_mlp", "digits_cnn")


def retraining_of(name: str) -> Retraining:
    found = whybench.model(name).retraining
    assert found is not None
    return found


@pytest.mark.parametrize("name", STEPS_OF_A_SECOND)
def test_the_own_data_give_the_own_weights(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, retraining = whybench.model(name).module.state_dict(), retraining_of(name)
    assert retraining.train_on is not None
    monkeypatch.setenv("WHYBENCH_CACHE", str(tmp_path / "cache"))
    state = torch.get_rng_state()
    again = retraining.train_on(retraining.inputs, retraining.labels, 0)
    assert again.keys() == own.keys()
    assert all(torch.equal(again[key], own[key].contiguous()) for key in own)
    assert torch.equal(state, torch.get_rng_state())
    assert not (tmp_path / "cache").exists()


def test_the_same_weights_by_labels_and_others_by_seed_and_inputs() -> None:
    name = STEPS_OF_A_SECOND[0]
    own, retraining = whybench.model(name).module.state_dict(), retraining_of(name)
    assert retraining.train_on is not None
    by_labels = retraining.train(retraining.labels, 1)
    assert all(torch.equal(by_labels[key], own[key]) for key in own)
    seeded = retraining.train_on(retraining.inputs, retraining.labels, 5)
    blank = retraining.train_on(torch.zeros_like(retraining.inputs), retraining.labels, 0)
    for others in (seeded, blank):
        assert not any(torch.equal(others[key], own[key]) for key in own if key.endswith("weight"))


def test_the_domains_mean_is_that_of_the_training_data() -> None:
    for name in STEPS_OF_A_SECOND:
        domain, inputs = whybench.model(name).domain, retraining_of(name).inputs.double()
        mean = inputs.mean((0, 2, 3))[:, None, None] if isinstance(domain, ImageDomain) else inputs.mean(0)
        torch.testing.assert_close(
            domain.like(domain.mean, inputs[:1])[0], mean.expand(inputs.shape[1:]), rtol=0, atol=1e-6
        )
