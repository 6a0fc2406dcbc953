"""Where a correlation has a value: rounding is no variation, and no value leaves [-1, 1]."""

import pytest
import torch

from whybench.metrics.attribution.correlations import pearson, spearman, varies

EPS = torch.finfo(torch.float64).eps
ROUNDED = [0.1 + 0.2, 0.3, 0.3]
"""Three times the same number, once with the last bit up."""


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_64_times_the_rounding_of_the_largest_value_is_no_variation(sign: float) -> None:
    rows = sign * torch.tensor([[1.0, 1 + 64 * EPS], [1.0, 1 + 65 * EPS]], dtype=torch.float64)
    assert varies(rows).tolist() == [False, True]


@pytest.mark.parametrize("correlation", [pearson, spearman])
def test_neither_side_may_differ_by_rounding_only(correlation) -> None:
    same, rising = torch.tensor([ROUNDED], dtype=torch.float64), torch.tensor([[1.0, 2.0, 4.0]], dtype=torch.float64)
    assert correlation(same, rising).isnan().tolist() == [True]
    assert correlation(rising, same).isnan().tolist() == [True]
    assert correlation(rising, rising).item() == pytest.approx(1.0, abs=1e-15)


def test_no_rounding_takes_pearson_out_of_its_range() -> None:
    values = torch.randn(500, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert pearson(values, values).amax().item() == 1.0
    assert pearson(values, -values).amin().item() == -1.0
