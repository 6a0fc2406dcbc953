"""Normalised AOPC: all orders by brute force, closed forms, the search's passes, and what bounds it."""

from itertools import pairwise, permutations

import pytest
import torch
from stored_maps import Additive, case, draw, nonlinear
from torch import nn

from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter
from whybench.metrics.attribution import Aopc, Naopc
from whybench.metrics.attribution.extreme_orders import ExtremeOrders
from whybench.sweeps import Sweep

TABLE, MAPS = draw(4, 5), draw(4, 5, seed=1)
DOMAIN = TabularDomain(mean=torch.tensor([0.1, -0.4, 0.3, 0.0, 0.2], dtype=torch.float64))


def table_case(maps=MAPS, module=None, **options):
    return case(module or nonlinear(5), TABLE, maps, domain=DOMAIN, **options)


def brute_force(net: nn.Module, row: torch.Tensor, output: str) -> list[float]:
    """The area under the output in every order of five columns."""
    areas = []
    for order in permutations(range(5)):
        left, y = row.clone(), []
        for k in range(6):
            logits = net(left[None]).detach()[0]
            y.append(float(logits.softmax(0)[0] if output == "probability" else logits[0]))
            if k < 5:
                left[order[k]] = DOMAIN.mean[order[k]]
        areas.append(sum((a + b) / 10 for a, b in pairwise(y)))
    return areas


@pytest.mark.parametrize("output", ["probability", "logit"])
def test_the_exact_search_is_a_brute_force_over_all_orders(output: str) -> None:
    net = nonlinear(5)
    opened = table_case(module=net)
    found = opened.artifact(ExtremeOrders("mean", None, output, 1, 10))
    scores = Naopc(output=output).score(opened)
    aopc = Aopc(steps="every(1)", output=output).score(opened).values
    for sample in range(4):
        areas = brute_force(net, TABLE[sample], output)
        assert float(found["smallest"][sample]) == pytest.approx(min(areas), abs=1e-12)
        assert float(found["largest"][sample]) == pytest.approx(max(areas), abs=1e-12)
        own = float(scores.details["aopc"][sample])
        best, worst = (float(scores.details[name][sample]) for name in ("best", "worst"))
        assert best - worst == pytest.approx(max(areas) - min(areas), abs=1e-12)
        assert own == pytest.approx(float(aopc[sample]), abs=1e-12)
        assert float(scores.values[sample]) == pytest.approx((own - worst) / (best - worst), abs=1e-9)
    assert found["exact"].all()
    assert not scores.censored


@pytest.mark.parametrize("exact_up_to", [0, 10], ids=["greedy", "exact"])
def test_on_additive_models_the_oracle_is_one_and_its_inverse_zero(exact_up_to: int) -> None:
    weight = draw(5, seed=3)
    oracle = (TABLE - DOMAIN.mean) * weight
    metric = Naopc(output="logit", exact_up_to=exact_up_to)

    def scored(maps):
        return metric.score(table_case(maps, Additive(weight))).values

    torch.testing.assert_close(scored(oracle), torch.ones(4, dtype=torch.float64), rtol=0, atol=1e-12)
    torch.testing.assert_close(scored(-oracle), torch.zeros(4, dtype=torch.float64), rtol=0, atol=1e-12)
    assert ((scored(oracle) > scored(-oracle)) == metric.higher_is_better).all()
    assert metric.range == (0.0, 1.0)
    half = torch.full((4,), 0.5, dtype=torch.float64)
    torch.testing.assert_close(scored(torch.zeros_like(oracle)), half, rtol=0, atol=1e-12)
    torch.testing.assert_close(scored(MAPS) + scored(-MAPS), 2 * half, rtol=0, atol=1e-12)
    torch.testing.assert_close(scored(8 * MAPS), scored(MAPS), rtol=0, atol=0)
    falling = oracle.sort(1, descending=True).values
    own = oracle.gather(1, MAPS.argsort(1, descending=True))
    left = 1 - (torch.arange(5, dtype=torch.float64) + 0.5) / 5
    best, worst, aopc = ((order * left).sum(1) for order in (falling, falling.flip(1), own))
    torch.testing.assert_close(scored(MAPS), (aopc - worst) / (best - worst), rtol=0, atol=1e-12)


def test_it_is_a_linear_function_of_aopc_with_the_same_bounds_for_all_maps() -> None:
    first, second = (Naopc().score(table_case(maps)) for maps in (MAPS, MAPS.flip(1)))
    for scores in (first, second):
        best, worst, aopc = (scores.details[name] for name in ("best", "worst", "aopc"))
        torch.testing.assert_close(scores.values, (aopc - worst) / (best - worst), rtol=0, atol=1e-9)
        assert ((scores.values >= 0) & (scores.values <= 1)).all()
    torch.testing.assert_close(first.details["best"], second.details["best"], rtol=0, atol=0)


@pytest.mark.parametrize(
    ("width", "passes"), [(1, 1 + 2 * (5 + 4 + 3 + 2 + 1)), (3, 1 + 2 * (5 + 3 * (4 + 3 + 2 + 1)))]
)
def test_passes_of_the_beam_and_of_all_subsets(width: int, passes: int) -> None:
    net, seen = nonlinear(5), []
    net.register_forward_hook(lambda _module, inputs, _output: seen.append(len(inputs[0])))
    opened = table_case(module=net, rows=7)
    opened.artifact(ExtremeOrders("mean", None, "probability", width, 0))
    assert sum(seen) == 4 * passes
    assert max(seen) == 7
    seen.clear()
    opened.artifact(ExtremeOrders("mean", None, "probability", width, 5))
    assert sum(seen) == 4 * 2**5
    seen.clear()
    Aopc(steps="every(1)").score(opened)
    assert sum(seen) == 4 * 6
    Naopc(width=width, exact_up_to=5).score(opened)
    assert sum(seen) == 4 * 6


def test_a_wider_beam_bounds_a_narrower_one_and_none_passes_the_exact_bounds() -> None:
    opened = table_case()
    exact = opened.artifact(ExtremeOrders("mean", None, "probability", 1, 10))
    for width in (1, 4, 200):
        found = opened.artifact(ExtremeOrders("mean", None, "probability", width, 0))
        assert (found["smallest"] >= exact["smallest"] - 1e-12).all()
        assert (found["largest"] <= exact["largest"] + 1e-12).all()
        assert not found["exact"].any()
    torch.testing.assert_close(found["smallest"], exact["smallest"], rtol=0, atol=1e-12)
    torch.testing.assert_close(found["largest"], exact["largest"], rtol=0, atol=1e-12)


class Trap(nn.Module):
    """Greedy takes column 0 first, which falls at once by 1; without columns 1 and 2 all of 10 is gone."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        there = x > 0.5
        return 10.0 * (there[:, 1] | there[:, 2]) + 1.0 * there[:, 0] + 0.1 * x[:, 3]


def test_a_map_that_beats_the_search_is_one_and_censored() -> None:
    table = torch.ones(1, 4, dtype=torch.float64)
    maps = torch.tensor([[2.0, 4.0, 3.0, 1.0]], dtype=torch.float64)
    opened = case(Trap(), table, maps, domain=TabularDomain(), output="scalar")
    greedy = Naopc(exact_up_to=0).score(opened)
    assert greedy.values.tolist() == [1.0]
    assert greedy.censored == {0: "the map's own order beats the search"}
    exact = Naopc().score(opened)
    assert exact.values.tolist() == [1.0]
    assert exact.censored == {}


def test_a_model_that_does_not_look_is_undefined() -> None:
    scores = Naopc(output="logit").score(table_case(module=Additive(torch.zeros(5, dtype=torch.float64))))
    assert set(scores.undefined.values()) == {"all orders of removal agree"}


def test_rounding_of_the_clean_output_is_no_order() -> None:
    class Rounded(nn.Module):
        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return 1 + 1e-16 * inputs.sum(1, keepdim=True).expand(-1, 3)

    scores = Naopc(output="logit").score(table_case(module=Rounded()))
    assert set(scores.undefined) == set(range(4))


def test_images_have_sixteen_regions_and_batches_and_orders_agree() -> None:
    images, maps = draw(3, 1, 8, 8), draw(3, 1, 8, 8, seed=1)
    metric, order = Naopc(infill="blur", exact_up_to=0), torch.tensor([2, 0, 1])
    together = case(nonlinear(64), images, maps, domain=ImageDomain())
    assert together.artifact(Sweep("blur", 2, "every(1)", "deletion"))["fraction"].shape == (3, 2, 17)
    reference = metric.score(together).values
    alone = metric.score(case(nonlinear(64), images, maps, domain=ImageDomain(), rows=1)).values
    torch.testing.assert_close(alone, reference, rtol=0, atol=1e-12)
    turned = metric.score(case(nonlinear(64), images[order], maps[order], domain=ImageDomain(), rows=13)).values
    torch.testing.assert_close(turned, reference[order], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"steps": 28}, r"steps=28; only 'every\(1\)'"),
        ({"output": "accuracy"}, "output='accuracy'; allowed: probability, logit, log_odds"),
        ({"width": 0}, "width=0; at least 1"),
        ({"exact_up_to": 20}, "exact_up_to=20; at most 16"),
        ({"infill": "grey"}, "infill='grey'; allowed"),
    ],
)
def test_bad_parameters(parameters, message) -> None:
    with pytest.raises(BadParameter, match=f"naopc: {message}"):
        Naopc(**parameters)
