"""Places: who moved, and who only seems to."""

from collections.abc import Callable

from whybench.comparing import Comparison
from whybench.records import Record

Make = Callable[..., Record]
Compare = Callable[..., Comparison]


def moved(found: Comparison) -> list[tuple[str, int, int, int]]:
    return [(m.address.method.name, m.before, m.after, m.of) for m in found.moves]


def test_who_moved_under_a_metric(record: Make, compare: Compare) -> None:
    before = [record(name, scores=[value, value]) for name, value in (("a", 3.0), ("b", 2.0), ("c", 1.0))]
    after = [*before[:2], record("c", scores=[4.0, 4.0])]
    assert moved(compare(before, after)) == [("c", 3, 1, 3), ("a", 1, 2, 3), ("b", 2, 3, 3)]


def test_lower_is_better_turns_the_places_round(record: Make, compare: Compare) -> None:
    before = [record(name, scores=[v], higher_is_better=False) for name, v in (("a", 3.0), ("b", 2.0))]
    after = [before[0], record("b", scores=[4.0], higher_is_better=False)]
    assert moved(compare(before, after)) == [("a", 2, 1, 2), ("b", 1, 2, 2)]


def test_rounding_moves_nobody(record: Make, compare: Compare) -> None:
    before = [record("a", scores=[1.0, 2.0]), record("b", scores=[1.0 + 1e-9, 2.0])]
    after = [record("a", scores=[1.0 + 2e-9, 2.0]), record("b", scores=[1.0, 2.0])]
    found = compare(before, after)
    assert (found.counts, found.moves) == ({"unchanged": 2}, [])


def test_cells_that_are_not_on_both_sides_have_no_place(record: Make, compare: Compare) -> None:
    before = [record("a", scores=[2.0]), record("b", scores=[1.0])]
    after = [*before, record("new", scores=[9.0])]
    assert compare(before, after).moves == []
    after = [record("a", status="failed", reason="boom"), before[1]]
    assert compare(before, after).moves == []


def test_means_are_over_the_samples_that_all_have(record: Make, compare: Compare) -> None:
    before = [record("a", scores=[1.0, 9.0]), record("b", scores=[2.0, None])]
    after = [record("a", scores=[3.0, 9.0]), record("b", scores=[2.0, None])]
    assert moved(compare(before, after)) == [("a", 2, 1, 2), ("b", 1, 2, 2)]


def test_metrics_without_places(record: Make, compare: Compare) -> None:
    for facts in ({"trivial": True}, {"higher_is_better": None}):
        before = [record("a", scores=[2.0], **facts), record("b", scores=[1.0], **facts)]
        after = [record("a", scores=[0.0], **facts), before[1]]
        found = compare(before, after)
        assert (found.counts, found.moves) == ({"changed": 1, "unchanged": 1}, [])


def test_metrics_models_and_seeds_are_apart(record: Make, compare: Compare) -> None:
    def cells(value: float) -> list[Record]:
        places = [(metric, model, seed) for metric in ("srg", "ssr") for model in "xy" for seed in (0, 1)]
        last = ("srg", "y", 1)
        ahead = [record("a", m, scores=[1.0], model=n, seed=s) for m, n, s in places]
        behind = [record("b", m, scores=[value if (m, n, s) == last else 2.0], model=n, seed=s) for m, n, s in places]
        return [*ahead, *behind]

    found = compare(cells(2.0), cells(0.0))
    assert {(m.address.metric.name, m.address.model, m.address.seed) for m in found.moves} == {("srg", "y", 1)}
