"""Exact worlds against brute force: tables through the bare model, orders one by one, sets one by one."""

from dataclasses import dataclass
from itertools import combinations, pairwise, permutations
from math import comb, factorial
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn

from whybench.cases import open_case
from whybench.domains import ImageDomain, TabularDomain
from whybench.errors import BadParameter, Unsupported
from whybench.loading import load
from whybench.methods.attribution import BestOrder, ExactShapley, Gradient, KernelShap
from whybench.metrics.attribution import (
    Insertion,
    Naopc,
    PixelFlipping,
    Regret,
    SmallestDestroyingRegion,
    SmallestSufficientRegion,
    SymmetricRelevanceGain,
)
from whybench.protocols import AttributionMethod, Case, Model, Query
from whybench.suite import block
from whybench.worlds import (
    CRITERIA,
    CoalitionTable,
    Optima,
    area_along,
    extreme_orders,
    interactions,
    shapley_values,
    smallest_destroying,
    smallest_sufficient,
    worth,
)

F64 = torch.float64
JUDGED = ("deletion", "insertion", "srg", "ssr", "sdr")


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64)


def network(features: int) -> nn.Module:
    """A small net with kinks and products."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(features, 12), nn.Tanh(), nn.Linear(12, 3)).double()
    for number, parameter in enumerate(net.parameters()):
        parameter.data = draw(*parameter.shape, seed=50 + number)
    return net.eval().requires_grad_(False)


@dataclass(frozen=True, eq=False)
class Told(AttributionMethod):
    """Answers with maps made beforehand; a sample's id is its position."""

    name: ClassVar[str] = "told"
    reference: ClassVar[str] = ""

    maps: Tensor

    def relevance(self, query: Query) -> Tensor:
        return self.maps[[int(i) for i in query.ids]]


def opened(inputs: Tensor, maps: Tensor | AttributionMethod, rows: int = 64, **options: object) -> Case:
    domain = TabularDomain(mean=0.2) if inputs.ndim == 2 else ImageDomain(mean=0.2)
    model = Model("tiny", network(inputs[0].numel()), domain, **options)  # type: ignore[arg-type]
    targets = model.module(inputs).argmax(1)
    method = maps if isinstance(maps, AttributionMethod) else Told(maps)
    return open_case(method, model, inputs, targets, ids=tuple(str(i) for i in range(len(inputs))), rows=rows)


def height(table: list[float], first: set[int], every: set[int], criterion: str) -> float:
    """The curve when the regions `first` have come first, from the output with each set kept."""

    def kept(regions: set[int]) -> float:
        return table[sum(1 << r for r in regions)]

    return {
        "deletion": kept(every - first),
        "insertion": kept(first),
        "srg": kept(first) - kept(every - first),
    }[criterion]


def slow_area(table: list[float], share: list[float], order: tuple[int, ...], criterion: str) -> float:
    heights = [height(table, set(order[:k]), set(order), criterion) for k in range(len(order) + 1)]
    return sum(share[r] * (a + b) / 2 for r, (a, b) in zip(order, pairwise(heights), strict=True))


@pytest.mark.parametrize("infill", ["mean", "zero"])
def test_the_table_of_a_digit_is_what_the_bare_model_says_of_all_65536_inputs(infill: str) -> None:
    bench = load(block("digits_cnn", "digits", ["gradient"], ["gini"], samples=3), "cpu")
    image, module = bench.inputs[2:3], bench.model.module
    target = module(image).argmax(1)
    case = open_case(Gradient(), bench.model, image, target, ids=("a",), rows=2048)
    table = case.artifact(CoalitionTable(infill, 2))
    fill = float(bench.model.domain.mean) if infill == "mean" else 0.0
    asked = image.repeat(2**16, 1, 1, 1)
    for region in range(16):
        top, left = 2 * (region // 4), 2 * (region % 4)
        without = (torch.arange(2**16) // 2**region) % 2 == 0
        asked[without, :, top : top + 2, left : left + 2] = fill
    with torch.inference_mode():
        logits = torch.cat([module(part) for part in asked.split(2048)]).double()
    # One digit in float32, where sums of other batches differ in the last place.
    torch.testing.assert_close(table["logit"][0], logits[:, target[0]], rtol=0, atol=1e-4)
    torch.testing.assert_close(table["probability"][0], logits.softmax(1)[:, target[0]], rtol=0, atol=1e-5)
    assert (table["predicted"][0] != logits.argmax(1)).sum() <= 2
    found = case.artifact(Optima(infill, 2, "probability"))
    probability = table["probability"][0].tolist()
    least = [0.0] * 2**16  # the best that can be removed so far, set by set in plain loops
    for removed in range(1, 2**16):
        now, ways = probability[2**16 - 1 - removed], []
        for region in range(16):
            if removed >> region & 1:
                before = removed - (1 << region)
                ways.append(least[before] + (probability[2**16 - 1 - before] + now) / 32)
        least[removed] = min(ways)
    assert float(found["deletion_best"]) == pytest.approx(least[-1], abs=1e-12)
    order = tuple(found["deletion_order"][0].tolist())
    assert slow_area(probability, [1 / 16] * 16, order, "deletion") == pytest.approx(least[-1], abs=1e-12)


@pytest.mark.parametrize(("count", "seed"), [(1, 0), (3, 1), (5, 2), (6, 3)])
def test_the_best_order_is_the_best_of_all_orders(count: int, seed: int) -> None:
    tables = draw(2, 2**count, seed=seed)
    share = draw(count, seed=9).abs()
    share /= share.sum()
    for criterion in CRITERIA:
        heights = worth(tables, criterion)
        for largest in (False, True):
            area, order = extreme_orders(heights, share, largest)
            assert torch.equal(area_along(heights, share, order), area)
            for sample in range(2):
                table = tables[sample].tolist()
                areas = [slow_area(table, share.tolist(), o, criterion) for o in permutations(range(count))]
                assert float(area[sample]) == pytest.approx((max if largest else min)(areas), abs=1e-12)


def test_no_order_of_seven_regions_is_below_the_optimum_by_a_rounding_error() -> None:
    table, share = draw(1, 2**7, seed=4), torch.full((7,), 1 / 7, dtype=F64)
    orders = torch.tensor(list(permutations(range(7))))
    for criterion in CRITERIA:
        heights = worth(table, criterion)
        areas = area_along(heights.expand(len(orders), -1), share, orders)
        assert extreme_orders(heights, share)[0].item() == areas.min().item()
        assert extreme_orders(heights, share, largest=True)[0].item() == areas.max().item()


def test_the_best_insertion_is_the_worst_deletion_reversed_and_srg_is_odd() -> None:
    table, share = draw(3, 2**6, seed=5), torch.full((6,), 1 / 6, dtype=F64)
    deletion, insertion, gain = (worth(table, criterion) for criterion in CRITERIA)
    best, order = extreme_orders(insertion, share, largest=True)
    torch.testing.assert_close(best, extreme_orders(deletion, share, largest=True)[0], rtol=0, atol=1e-12)
    torch.testing.assert_close(best, area_along(deletion, share, order.flip(1)), rtol=0, atol=1e-12)
    torch.testing.assert_close(
        extreme_orders(gain, share)[0], -extreme_orders(gain, share, largest=True)[0], rtol=0, atol=1e-12
    )


def test_shapley_values_are_the_mean_gain_over_all_orders() -> None:
    table = draw(1, 2**5, seed=6)
    gains = torch.zeros(5, dtype=F64)
    for order in permutations(range(5)):
        kept = 0
        for region in order:
            gains[region] += table[0, kept | 1 << region] - table[0, kept]
            kept |= 1 << region
    torch.testing.assert_close(shapley_values(table)[0], gains / factorial(5), rtol=0, atol=1e-12)
    assert float(shapley_values(table).sum()) == pytest.approx(float(table[0, -1] - table[0, 0]), abs=1e-12)


def test_interactions_are_the_sum_over_sets_and_none_in_an_additive_world() -> None:
    table, found = draw(1, 2**5, seed=7), torch.zeros(5, 5, dtype=F64)
    v = table[0].tolist()
    for i, j in permutations(range(5), 2):
        others = [r for r in range(5) if r not in (i, j)]
        for size in range(4):
            weight = factorial(size) * factorial(3 - size) / factorial(4)
            for chosen in combinations(others, size):
                s, a, b = sum(1 << r for r in chosen), 1 << i, 1 << j
                found[i, j] += weight * (v[s | a | b] - v[s | a] - v[s | b] + v[s])
    torch.testing.assert_close(interactions(table)[0], found, rtol=0, atol=1e-12)
    member = ((torch.arange(32)[:, None] >> torch.arange(5)) & 1).double()
    additive = (member @ draw(5, seed=8))[None]
    torch.testing.assert_close(interactions(additive), torch.zeros(1, 5, 5, dtype=F64), rtol=0, atol=1e-12)
    torch.testing.assert_close(shapley_values(additive)[0], draw(5, seed=8), rtol=0, atol=1e-12)


def test_the_smallest_sizes_are_those_of_all_sets_looked_at_one_by_one() -> None:
    generator = torch.Generator().manual_seed(3)
    probability = torch.rand(20, 2**5, generator=generator, dtype=F64)
    predicted = torch.randint(0, 3, (20, 2**5), generator=generator)
    predicted[0], predicted[1, :-1] = 1, 2  # nothing destroys the first; only the whole is enough for the second
    predicted[1, -1] = 0
    sizes = torch.tensor([1, 4, 2, 2, 3])
    for sample in range(20):
        enough, destroying = [12], [12]
        for count in range(6):
            for chosen in combinations(range(5), count):
                place, size = sum(1 << r for r in chosen), int(sizes[list(chosen)].sum())
                same = predicted[sample, place] == predicted[sample, -1]
                if same and probability[sample, place] >= 0.9 * probability[sample, -1]:
                    enough.append(size)
                if predicted[sample, 31 - place] != predicted[sample, -1]:
                    destroying.append(size)
        one = slice(sample, sample + 1)
        assert smallest_sufficient(probability[one], predicted[one], sizes).item() == min(enough) / 12
        assert smallest_destroying(predicted[one], sizes).item() == min(destroying) / 12


@pytest.mark.parametrize("infill", ["mean", "zero", "blur", "noisy_linear"])
def test_what_is_read_off_the_table_is_what_sweeps_find(infill: str) -> None:
    """Five by five pixels in nine regions of three sizes, two of the maps with ties."""
    inputs, maps = draw(4, 1, 5, 5), draw(4, 1, 5, 5, seed=1)
    maps[1], maps[2] = 1.0, maps[2].round()
    case = opened(inputs, maps)
    swept = {
        "deletion": PixelFlipping(region=2, infill=infill),
        "insertion": Insertion(region=2, infill=infill),
        "srg": SymmetricRelevanceGain(region=2, infill=infill),
        "ssr": SmallestSufficientRegion(region=2, infill=infill),
        "sdr": SmallestDestroyingRegion(region=2, infill=infill),
    }
    for of, metric in swept.items():
        regret, wanted = Regret(of, infill, 2).score(case), metric.score(case)  # type: ignore[arg-type]
        torch.testing.assert_close(regret.details["own"], wanted.values, rtol=0, atol=1e-12)
        assert set(regret.censored) == set(wanted.censored)
        assert torch.equal(regret.details["ties"], wanted.details["ties"])
        assert (regret.values >= 0).all()
    naopc = Naopc(region=2, infill=infill).score(case)
    deletion = Regret("deletion", infill, 2).score(case)
    known = deletion.details["worst"] - deletion.details["best"] > 1e-6  # a blur this wide leaves nothing to be removed
    assert known.all() or infill == "blur"
    torch.testing.assert_close(1 - naopc.values[known], deletion.details["normalised"][known], rtol=0, atol=1e-9)


def test_regret_is_zero_for_the_best_of_all_orders_and_above_for_all_others() -> None:
    inputs = draw(1, 5, seed=2)
    orders = list(permutations(range(5)))
    ranks = torch.zeros(120, 5, dtype=F64)
    for row, order in enumerate(orders):
        ranks[row, list(order)] = torch.arange(5, 0, -1, dtype=F64)
    everyone = opened(inputs.repeat(120, 1), ranks)
    for of in JUDGED:
        scores = Regret(of).score(everyone)  # type: ignore[arg-type]
        assert scores.values.min() == 0
        assert (scores.values >= 0).all()
        assert scores.values.max() > 0
        if of not in ("ssr", "sdr"):
            normalised = scores.details["normalised"]
            assert normalised.min() == 0
            assert normalised.max() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_the_oracle_has_no_regret(criterion: str) -> None:
    case = opened(draw(3, 1, 5, 5), BestOrder(region=2, by=criterion))  # type: ignore[arg-type]
    assert Regret(criterion, region=2).score(case).values.tolist() == [0.0] * 3  # type: ignore[arg-type]


def test_exact_shapley_is_the_full_regression_of_kernel_shap() -> None:
    inputs = draw(2, 1, 4, 4)
    net, domain = network(16), ImageDomain(mean=0.2)
    exact = ExactShapley(region=2, output="logit").attribute(net, inputs, 1, domain=domain)
    fitted = KernelShap(samples=16, region=2, baseline="mean").attribute(net, inputs, 1, domain=domain)
    torch.testing.assert_close(exact, fitted, rtol=0, atol=1e-9)


def test_the_order_of_the_shapley_values_need_not_be_the_best() -> None:
    """Two regions that do nothing alone and much together, beside one that does a little."""
    member = ((torch.arange(8)[:, None] >> torch.arange(3)) & 1).double()
    table = (0.5 * member[:, 0] + 0.8 * member[:, 1] * member[:, 2])[None]
    share = torch.full((3,), 1 / 3, dtype=F64)
    heights = worth(table, "deletion")
    assert shapley_values(table)[0].tolist() == pytest.approx([0.5, 0.4, 0.4])
    best, order = extreme_orders(heights, share)
    assert order[0].tolist() == [2, 0, 1]
    along = area_along(heights, share, torch.tensor([[0, 1, 2]]))
    assert best.item() == pytest.approx((1.3 / 2 + 0.5) / 3)
    assert along.item() == pytest.approx((1.3 / 2 + 0.8) / 3)


def test_the_table_is_asked_once_for_all_maps_and_equal_inputs_once() -> None:
    inputs, seen = draw(2, 5), []
    inputs[1, 3] = 0.2  # as its fill
    case = opened(inputs, draw(2, 5, seed=1), rows=8)
    case.model.module.register_forward_hook(lambda _module, asked, _output: seen.append(len(asked[0])))
    for of in JUDGED:
        Regret(of).score(case)  # type: ignore[arg-type]
    assert sum(seen) == 32 + 16
    assert max(seen) == 8
    request = CoalitionTable("mean")
    assert request.passes(case, case.artifact(request)).forward == 64  # type: ignore[union-attr]


def test_neither_batches_nor_company_change_the_table() -> None:
    inputs, maps = draw(5, 1, 4, 4), draw(5, 1, 4, 4, seed=1)
    tables = [opened(inputs, maps, rows=rows).artifact(CoalitionTable("mean", 2)) for rows in (2, 7, 500)]
    alone = opened(inputs[3:4], maps).artifact(CoalitionTable("mean", 2))
    for name, wanted in tables[0].items():
        for other in tables[1:]:
            torch.testing.assert_close(other[name], wanted, rtol=0, atol=1e-12)
        torch.testing.assert_close(alone[name], wanted[3:4], rtol=0, atol=1e-12)


def test_what_cannot_be_is_refused() -> None:
    case = opened(draw(1, 1, 8, 8), draw(1, 1, 8, 8))
    with pytest.raises(Unsupported, match=r"2\^64 here; at most 16 regions"):
        Regret().score(case)
    with pytest.raises(Unsupported, match=r"best_order asks .* 2\^64"):
        BestOrder().attribute(network(64), draw(1, 1, 8, 8))
    for wrong, message in (
        ({"of": "aopc"}, "of='aopc'; allowed: deletion"),
        ({"infill": "mauve"}, "infill='mauve'"),
        ({"output": "accuracy"}, "output='accuracy'"),
        ({"region": 0}, "region=0; at least 1"),
    ):
        with pytest.raises(BadParameter, match=message):
            Regret(**wrong)  # type: ignore[arg-type]
    with pytest.raises(BadParameter, match="best_order: by='ssr'"):
        BestOrder(by="ssr")  # type: ignore[arg-type]


def test_a_model_of_one_number_has_areas_and_no_classes() -> None:
    model = Model("scalar", nn.Sequential(nn.Linear(3, 1, dtype=F64), nn.Flatten(0)), TabularDomain(), output="scalar")
    zero = torch.zeros(1, dtype=torch.int64)
    case = open_case(Told(draw(1, 3)), model, draw(1, 3, seed=1), zero, ids=("0",))
    assert Regret("deletion").score(case).values.item() >= 0
    with pytest.raises(Unsupported, match="regret of ssr by probability needs classes"):
        Regret("ssr").score(case)


def test_the_weights_of_sets_are_those_of_orders() -> None:
    """Put back a known mistake: sets weighted alike (Banzhaf's index) do not add up to the whole gain."""
    table = 10 * draw(1, 2**4, seed=12)
    alike = torch.zeros(4, dtype=F64)
    for region in range(4):
        without = [s for s in range(16) if not s >> region & 1]
        alike[region] = sum(table[0, s | 1 << region] - table[0, s] for s in without) / 8
    whole = float(table[0, -1] - table[0, 0])
    assert abs(float(alike.sum()) - whole) > 0.4
    assert float(shapley_values(table).sum()) == pytest.approx(whole, abs=1e-12)
    assert sum(comb(3, s) / (4 * comb(3, s)) for s in range(4)) == 1
