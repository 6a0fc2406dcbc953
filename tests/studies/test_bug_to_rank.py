"""How far a board moves, by hand; and that the bugs of the study are bugs."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "bugs"))

from in_methods import second_half_unseen
from moves import move


def test_one_pair_that_changes_sides_of_three() -> None:
    found = move({"a": 3.0, "b": 2.0, "c": 1.0}, {"a": 3.0, "b": 1.0, "c": 2.0})
    assert found.tau == pytest.approx(1 / 3, abs=1e-15)
    assert (found.places, found.reversed_pairs, found.pairs, found.leaders) == (1, 1, 3, ("a", "a"))


def test_upside_down() -> None:
    found = move({"a": 3.0, "b": 2.0, "c": 1.0}, {"a": -3.0, "b": -2.0, "c": -1.0})
    assert (found.tau, found.places, found.reversed_pairs, found.leaders) == (-1.0, 2, 3, ("a", "c"))


def test_all_alike_has_no_tau_and_no_leader() -> None:
    found = move({"a": 2.0, "b": 1.0}, {"a": 0.0, "b": 0.0})
    assert (found.tau, found.reversed_pairs, found.leaders) == (None, 0, ("a", "2 methods tie"))


def test_what_has_no_value_after_is_left_out() -> None:
    assert move({"a": 3.0, "b": 2.0, "c": 1.0}, {"a": 3.0, "c": 1.0}).pairs == 1


def test_half_of_a_map_is_unseen() -> None:
    assert second_half_unseen(torch.ones(1, 1, 4, 2)).flatten().tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
