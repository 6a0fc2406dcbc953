"""Numbers that are the same again are found, and others are not."""

import numpy as np
import pytest

from whybench.statistics import restated

METHODS, SAMPLES = 6, 9


@pytest.fixture(name="drawn")
def _drawn() -> np.ndarray:
    return np.random.default_rng(4).normal(size=(4, METHODS, SAMPLES))


def test_unrelated_columns_are_kept(drawn: np.ndarray) -> None:
    assert restated(drawn) == {}


def test_a_sample_may_move_all_methods(drawn: np.ndarray) -> None:
    """As AOPC is the clean output less the deletion area, another amount on every sample."""
    deletion, clean = drawn[0], np.arange(SAMPLES) * 10.0
    assert restated(np.stack([deletion, 3 * (clean - deletion), drawn[1]])) == {1: (0,)}


def test_five_names_of_two_numbers(drawn: np.ndarray) -> None:
    deletion, insertion = drawn[:2]
    names = ["srg", "abpc", "aopc", "deletion", "insertion"]
    columns = np.stack([insertion - deletion, 2 * (insertion - deletion), 1 - deletion, deletion, insertion])
    found = restated(columns)
    kept = [name for k, name in enumerate(names) if k not in found]
    assert kept == ["aopc", "insertion"]
    assert {names[k]: tuple(names[j] for j in givers) for k, givers in found.items()} == {
        "abpc": ("srg",),
        "deletion": ("aopc",),
        "srg": ("aopc", "insertion"),
    }


def test_of_a_sum_those_are_kept_that_have_least_to_do_with_each_other(drawn: np.ndarray) -> None:
    a, b = drawn[:2]
    assert set(restated(np.stack([a + b, a, b]))) == {0}
    assert set(restated(np.stack([a, b, a + b]))) == {2}
    small = 0.1 * b  # now a + b and a are nearly one another, and which of them goes is the closer call
    assert len(restated(np.stack([a + small, a, small]))) == 1


def test_nearly_the_same_is_another_number(drawn: np.ndarray) -> None:
    noise = np.random.default_rng(0).normal(size=(METHODS, SAMPLES))
    assert restated(np.stack([drawn[0], drawn[0] + 1e-6 * noise, drawn[1]])) == {}
    assert restated(np.stack([drawn[0], drawn[0] + 1e-13 * noise, drawn[1]])) == {1: (0,)}
    monotone = np.exp(drawn[0])
    assert restated(np.stack([drawn[0], monotone, drawn[1]])) == {}


def test_few_values_prove_nothing() -> None:
    two_methods = np.random.default_rng(0).normal(size=(3, 2, 3))
    assert restated(two_methods) == {}


def test_columns_without_differences_have_no_relation(drawn: np.ndarray) -> None:
    flat = np.tile(np.arange(SAMPLES, dtype=float), (METHODS, 1))
    assert restated(np.stack([flat, drawn[0], flat + 1])) == {}
