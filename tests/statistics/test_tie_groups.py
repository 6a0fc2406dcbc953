import numpy as np
import pytest

from whybench.statistics import tie_groups


def matrix(m: int, *separated: tuple[int, int]) -> np.ndarray:
    found = np.zeros((m, m), dtype=bool)
    for i, j in separated:
        found[i, j] = found[j, i] = True
    return found


def test_all_separated() -> None:
    assert tie_groups(~np.eye(3, dtype=bool)) == ("a", "b", "c")


def test_all_tied() -> None:
    assert tie_groups(matrix(4)) == ("a", "a", "a", "a")


def test_chain() -> None:
    assert tie_groups(matrix(3, (0, 2))) == ("a", "ab", "b")


def test_two_clusters_and_a_bridge() -> None:
    far = [(i, j) for i in (0, 1) for j in (3, 4)]
    assert tie_groups(matrix(5, *far)) == ("a", "a", "ab", "b", "b")


def test_not_only_neighbours_can_be_tied() -> None:
    # the first is separated from the second and tied with the third, which is possible with paired tests
    assert tie_groups(matrix(3, (0, 1))) == ("a", "b", "ab")


def test_one_and_none() -> None:
    assert tie_groups(matrix(1)) == ("a",)
    assert tie_groups(matrix(0)) == ()


def test_more_than_26_groups() -> None:
    letters = tie_groups(~np.eye(28, dtype=bool))
    assert letters[25:] == ("z", "a2", "b2")


def letters_of(text: str) -> set[str]:
    found: list[str] = []
    for c in text:
        if c.isdigit():
            found[-1] += c
        else:
            found.append(c)
    return set(found)


@pytest.mark.parametrize("seed", range(20))
def test_share_a_letter_if_and_only_if_tied(seed: int) -> None:
    generator = np.random.default_rng(seed)
    m = int(generator.integers(2, 13))
    upper = np.triu(generator.random((m, m)) < generator.random(), 1)
    separated = upper | upper.T
    groups = [letters_of(text) for text in tie_groups(separated)]
    assert all(groups)
    for i in range(m):
        for j in range(m):
            assert (not groups[i] & groups[j]) == bool(separated[i, j])
    assert "a" in groups[0]
    # each letter is as large as it can be
    for letter in set().union(*groups):
        members = [k for k in range(m) if letter in groups[k]]
        assert all(separated[k, members].any() for k in range(m) if k not in members)
