"""A draw is named by canonical JSON, and the numbers behind a name stay what they are."""

from hashlib import sha256

import numpy as np
import pytest
import torch
from scipy import stats

from whybench import splitmix
from whybench.digests import canonical_json
from whybench.errors import BadParameter
from whybench.streams import Streams

NAMES = [("noise", "cat.jpg", 0), ('a "role"\\', "Käse/日本\n\t\x00\x7f", 7), ("", "😀", 123456789)]


@pytest.mark.parametrize(("role", "sample", "draw"), NAMES)
def test_a_name_is_canonical_json(role: str, sample: str, draw: int) -> None:
    name = canonical_json([5, role, sample, draw])
    state = int.from_bytes(sha256(name.encode()).digest()[:8], "big") >> 1
    assert Streams(5).generator(role, sample, draw).initial_seed() == state


def test_draws_are_those_of_earlier_versions() -> None:
    streams, name = Streams(3), ('noise "x"', "Käse/1.jpg", 2)
    assert streams.uniform(*name, (2,)).tolist() == [0.11045200563866253, 0.257973426953342]
    assert streams.normal(*name, (3,)).tolist() == [2.098351240158081, 1.6460578441619873, -0.05719098448753357]
    assert streams.permutation(*name, 6).tolist() == [3, 0, 1, 5, 4, 2]


def test_the_first_words_of_splitmix64() -> None:
    """Of the seed 1234567, as the generator's own description has them."""
    found = splitmix.words(np.array([1234567], np.uint64), slice(0, 5))[0].tolist()
    assert found == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@pytest.mark.parametrize("size", [0, 1, 2, 15, 700, splitmix.TOGETHER + 1, 3 * splitmix.TOGETHER])
def test_draws_made_together_are_those_made_one_by_one(size: int) -> None:
    streams, draws = Streams(3), [("a", 0), ("Käse/1.jpg", 7), ("a", 1), ("a", 0)]
    for drawn, one in (
        (streams.normals("r", draws, (size,)), [streams.normal("r", *draw, (size,)) for draw in draws]),
        (streams.uniforms("r", draws, (size,)), [streams.uniform("r", *draw, (size,)) for draw in draws]),
        (streams.permutations("r", draws, size), [streams.permutation("r", *draw, size) for draw in draws]),
    ):
        assert torch.equal(drawn, torch.stack(one))


def test_many_short_draws_are_those_made_one_by_one() -> None:
    streams, draws = Streams(3), [("a", draw) for draw in range(splitmix.TOGETHER + 1)]
    for drawn, one in (
        (streams.normals("r", draws, (3,)), [streams.normal("r", *draw, (3,)) for draw in draws]),
        (streams.uniforms("r", draws, (1, 2)), [streams.uniform("r", *draw, (1, 2)) for draw in draws]),
    ):
        assert torch.equal(drawn, torch.stack(one))


def test_nothing_drawn_has_no_rows() -> None:
    assert Streams(0).normals("r", [], (2, 3)).shape == (0, 2, 3)
    assert Streams(0).uniforms("r", [], (2, 3)).shape == (0, 2, 3)


def test_normal_numbers_are_the_same_in_single_precision() -> None:
    names = [("a", 0), ("b", 3)]
    single = Streams(0).normals("r", names, (3, 5), torch.float32)
    assert single.dtype == torch.float32
    assert single.tolist() == Streams(0).normals("r", names, (3, 5)).tolist()


@pytest.mark.parametrize("draw", [-1, 2**64])
def test_a_draw_is_numbered_from_0(draw: int) -> None:
    with pytest.raises(BadParameter, match=rf"draw={draw}; a whole number \(int\) from 0 to 2\^64 - 1"):
        Streams(0).uniforms("r", [("a", 0), ("a", draw)], (2,))
    assert Streams(0).uniform("r", "a", 2**64 - 1, (1,)).shape == (1,)


def test_numbers_are_distributed_as_they_should_be() -> None:
    """Within a draw, across draws and across samples: Kolmogorov and Smirnov, and correlations of neighbours."""
    streams, names = Streams(0), [(str(sample), draw) for sample in range(40) for draw in range(50)]
    for drawn, law in ((streams.normals("r", names, (50,)), "norm"), (streams.uniforms("r", names, (50,)), "uniform")):
        values = drawn.view(40, 50, 50).numpy()
        assert stats.kstest(values.ravel(), law).pvalue > 1e-3
        for axis in range(3):
            turned = np.moveaxis(values, axis, 0)
            assert abs(np.corrcoef(turned[1:].ravel(), turned[:-1].ravel())[0, 1]) < 4 / np.sqrt(values.size)


def test_orders_are_equally_frequent() -> None:
    orders = Streams(0).permutations("r", [("a", draw) for draw in range(6000)], 4).numpy()
    assert stats.chisquare(np.unique(orders, axis=0, return_counts=True)[1]).pvalue > 1e-3
