"""The random logit test."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.errors import BadParameter, Unsupported
from whybench.methods.attribution import Gradient, Random
from whybench.metrics.attribution import RandomLogit
from whybench.protocols import AttributionMethod, Case
from whybench.protocols.asking import sample_ids, wrap
from whybench.protocols.method import require
from whybench.streams import Streams

Open = Callable[..., Case[Any]]


def test_the_definition(case_of: Open, cnn: nn.Module) -> None:
    case = case_of(Gradient(polarity="contribution"))
    scores = RandomLogit().score(case)
    for i, (name, target) in enumerate(zip(case.ids, case.targets.tolist(), strict=True)):
        others = [c for c in range(3) if c != target]
        other = others[int(torch.randint(2, (), generator=Streams(3).generator("random_logit", name)))]
        assert scores.details["other_class"][i] == other
        leaf = case.inputs[i : i + 1].clone().requires_grad_()
        maps = [torch.autograd.grad(cnn(leaf)[0, c], leaf)[0][0].sum(0).flatten().numpy() for c in (target, other)]
        assert scores.values[i].item() == pytest.approx(spearmanr(*maps)[0], abs=1e-12)


def test_every_other_class_is_drawn_and_the_target_never() -> None:
    net = nn.Linear(4, 5).double()
    rows = torch.randn(400, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    targets = torch.arange(400) % 5
    case = open_case(Gradient(), wrap(net, rows), rows, targets, ids=sample_ids(400))
    distance = (RandomLogit().score(case).details["other_class"].long() - targets) % 5
    counts = torch.bincount(distance, minlength=5)
    assert counts[0] == 0
    assert (counts[1:] - 100).abs().max() < 4 * np.sqrt(400 * 0.25 * 0.75)


@pytest.mark.parametrize("similarity", ["spearman", "spearman_abs", "ssim"])
def test_a_map_that_ignores_the_class_is_exactly_alike(
    case_of: Open, edges: AttributionMethod, similarity: Literal["spearman", "spearman_abs", "ssim"]
) -> None:
    assert RandomLogit(similarity).score(case_of(edges)).values.tolist() == [1.0] * 5
    assert (RandomLogit(similarity).score(case_of(Gradient())).values < 1).all()


def test_a_constant_map_is_undefined(case_of: Open, flat: AttributionMethod) -> None:
    scores = RandomLogit().score(case_of(flat))
    assert set(scores.undefined.values()) == {"a constant map has no rank correlation and no structure"}
    assert scores.values.isnan().all()


def test_batch_and_order_do_not_matter(case_of: Open) -> None:
    together = RandomLogit().score(case_of(Gradient())).values
    swapped = RandomLogit().score(case_of(Gradient(), samples=[3, 0, 4, 2, 1], rows=2)).values
    alone = torch.cat([RandomLogit().score(case_of(Gradient(), samples=[i])).values for i in range(5)])
    torch.testing.assert_close(swapped, together[[3, 0, 4, 2, 1]], rtol=0, atol=1e-12)
    torch.testing.assert_close(alone, together, rtol=0, atol=1e-12)


def test_no_global_generator_moves(case_of: Open) -> None:
    state = torch.get_rng_state()
    RandomLogit().score(case_of(Random()))
    assert torch.equal(state, torch.get_rng_state())


def test_what_has_no_second_class(images: Tensor) -> None:
    scalar = wrap(nn.Sequential(nn.Flatten(), nn.Linear(144, 1)).double(), images)
    with pytest.raises(Unsupported, match="random_logit needs classes"):
        require(RandomLogit(), scalar)
    case = open_case(Gradient(), scalar, images, torch.zeros(5, dtype=torch.int64), ids=sample_ids(5))
    with pytest.raises(Unsupported, match="random_logit needs a second class; model 'model' has 1"):
        RandomLogit().score(case)
    with pytest.raises(BadParameter, match="similarity='hog'"):
        RandomLogit("hog")  # type: ignore[arg-type]
