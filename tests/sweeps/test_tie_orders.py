"""Ranks: exact, with ties in a seeded order and its reverse."""

from collections.abc import Sequence

import pytest
import torch

from whybench.streams import Streams
from whybench.sweeps.ranks import tie_orders, tie_orders_and_ties, tied

IDS = tuple("abcdef")


def some_values() -> torch.Tensor:
    return torch.randint(0, 4, (6, 9), generator=torch.Generator().manual_seed(0)).double()


def test_places_follow_the_values_and_the_seeded_order_of_ties() -> None:
    values = some_values()
    places = tie_orders(values, IDS, Streams(1))
    for row, sample in enumerate(IDS):
        shuffle = Streams(1).permutation("sweep/ties", sample, 0, 9).tolist()
        for copy, order in enumerate((shuffle, shuffle[::-1])):
            expected = sorted(range(9), key=lambda r, o=order, v=values[row]: (-v[r].item(), o.index(r)))
            assert [expected.index(r) for r in range(9)] == places[row, copy].tolist()


def test_a_reversed_map_is_walked_backwards_with_the_tie_orders_exchanged() -> None:
    values = some_values()
    forwards, backwards = tie_orders(values, IDS, Streams(1)), tie_orders(-values, IDS, Streams(1))
    assert torch.equal(8 - backwards.flip(1), forwards)


def test_without_ties_the_two_orders_are_one() -> None:
    values = torch.rand(6, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    places = tie_orders(values, IDS, Streams(1))
    assert torch.equal(places[:, 0], places[:, 1])
    assert tied(values).tolist() == [0] * 6


def test_ties_are_counted_by_region() -> None:
    values = torch.tensor([[1.0, 1.0, 2.0, 3.0, 3.0, 3.0], [0.0, -0.0, 1.0, 2.0, 3.0, 4.0], [5.0] * 6])
    assert tied(values).tolist() == [5, 2, 6]


def test_ties_do_not_go_by_position_and_do_not_depend_on_the_batch() -> None:
    values = torch.zeros(6, 9, dtype=torch.float64)
    places = tie_orders(values, IDS, Streams(1))
    assert all(p.tolist() != list(range(9)) for p in places[:, 0])
    assert torch.equal(tie_orders(values[3:4], IDS[3:4], Streams(1)), places[3:4])
    assert not torch.equal(tie_orders(values, IDS, Streams(2)), places)


def test_a_sample_without_ties_draws_nothing_and_is_what_it_is_beside_others(monkeypatch: pytest.MonkeyPatch) -> None:
    values = torch.rand(6, 9, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values[2, 4] = values[2, 7]
    drawn: list[tuple[str, int]] = []
    permutations = Streams.permutations

    def noted(self: Streams, role: str, draws: Sequence[tuple[str, int]], size: int) -> torch.Tensor:
        drawn.extend(draws)
        return permutations(self, role, draws, size)

    monkeypatch.setattr(Streams, "permutations", noted)
    places, ties = tie_orders_and_ties(values, IDS, Streams(1))
    assert drawn == [("c", 0)]
    assert ties.tolist() == tied(values).tolist() == [0, 0, 2, 0, 0, 0]
    for row in (0, 1, 3, 4, 5):
        assert (places[row] == (-values[row]).argsort().argsort()).all()
