"""Noisy linear imputation of tables: the conditional mean under the data's covariance."""

import numpy as np
import pytest
import torch

from whybench.domains import ImageDomain, TabularDomain
from whybench.domains.noisy_linear import RIDGE
from whybench.errors import BadInput, BadParameter, Unsupported
from whybench.streams import Streams

DATA = torch.randn(200, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64) @ torch.randn(
    5, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64
)


def fill(domain: TabularDomain, inputs: torch.Tensor, kept: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """One row a sample, and the noise in it."""
    ids = tuple(str(i) for i in range(len(inputs)))
    rows = domain.infill("noisy_linear", inputs, ids, Streams(3)).apply(kept, torch.arange(len(inputs)))
    deviation = domain.covariance.diagonal().sqrt()
    shape = (inputs.shape[1],)
    noise = torch.stack([Streams(3).normal("infill/noisy_linear", i, 0, shape) for i in ids]) * 0.01 * deviation
    return rows, noise


def test_removed_columns_take_their_conditional_mean() -> None:
    domain = TabularDomain(mean=DATA.mean(0), covariance=DATA.T.cov())
    kept = torch.rand(20, 5, generator=torch.Generator().manual_seed(2)) < 0.5
    kept[0], kept[1] = False, True
    rows, noise = fill(domain, DATA[:20], kept)
    covariance, mean = np.cov(DATA.numpy(), rowvar=False), DATA.numpy().mean(0)
    ridge = np.diag(RIDGE * np.diag(covariance))
    for sample in range(20):
        k = kept[sample].numpy()
        expected = DATA[sample].numpy().copy()
        weights = np.linalg.solve((covariance + ridge)[k][:, k], expected[k] - mean[k]) if k.any() else np.zeros(0)
        expected[~k] = mean[~k] + covariance[~k][:, k] @ weights + noise[sample].numpy()[~k]
        np.testing.assert_allclose(rows[sample].numpy(), expected, rtol=0, atol=1e-10)


def test_a_column_that_another_one_determines_is_found_again() -> None:
    data = torch.cat([DATA, 2 * DATA[:, :1] - DATA[:, 1:2], torch.full((200, 1), 4.0)], 1)
    domain = TabularDomain(mean=data.mean(0), covariance=data.T.cov())
    kept = torch.ones(10, 7, dtype=torch.bool)
    kept[:, 5:] = False
    rows, noise = fill(domain, data[:10], kept)
    torch.testing.assert_close(rows - noise.where(~kept, 0), data[:10], rtol=0, atol=1e-3)
    assert torch.equal(rows[:, 6], torch.full((10,), 4.0, dtype=torch.float64))


def test_default_infills_are_those_that_the_domain_has_the_facts_for() -> None:
    assert TabularDomain().default_infills == ("mean",)
    assert TabularDomain(low=0.0, high=1.0).default_infills == ("mean", "uniform")
    assert TabularDomain(low=0.0, high=1.0, covariance=torch.eye(2)).default_infills == (
        "mean",
        "uniform",
        "noisy_linear",
    )
    assert ImageDomain().default_infills == ("mean", "blur", "noisy_linear")


def test_what_cannot_be_is_said() -> None:
    inputs = torch.zeros(1, 2, dtype=torch.float64)
    with pytest.raises(Unsupported, match="needs the covariance"):
        TabularDomain().infill("noisy_linear", inputs, ("a",), Streams(0))
    with pytest.raises(BadInput, match=r"covariance of shape \(3, 3\) for 2 columns"):
        TabularDomain(covariance=torch.eye(3)).infill("noisy_linear", inputs, ("a",), Streams(0))
    with pytest.raises(BadInput, match="negative eigenvalue"):
        TabularDomain(covariance=torch.tensor([[1.0, 2.0], [2.0, 1.0]])).infill(
            "noisy_linear", inputs, ("a",), Streams(0)
        )
    with pytest.raises(BadParameter, match="unknown infill 'blur' for tabular inputs; allowed: zero, mean"):
        TabularDomain().infill("blur", inputs, ("a",), Streams(0))
