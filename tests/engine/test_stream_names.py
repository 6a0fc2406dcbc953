"""A draw is named by canonical JSON, and the numbers behind a name stay what they are."""

from hashlib import sha256

import pytest
import torch

from whybench import twister
from whybench.digests import canonical_json
from whybench.streams import FOR_EACH, MANY, Streams

NAMES = [("noise", "cat.jpg", 0), ('a "role"\\', "Käse/日本\n\t\x00\x7f", 7), ("", "😀", 123456789)]


@pytest.mark.parametrize(("role", "sample", "draw"), NAMES)
def test_a_name_is_canonical_json(role: str, sample: str, draw: int) -> None:
    name = canonical_json([5, role, sample, draw])
    state = int.from_bytes(sha256(name.encode()).digest()[:8], "big") >> 1
    assert Streams(5).generator(role, sample, draw).initial_seed() == state


def test_draws_are_those_of_earlier_versions() -> None:
    expected = torch.tensor([-0.025683175095648367, 0.1302410660814051], dtype=torch.float64)
    drawn = Streams(3).normal('noise "x"', "Käse/1.jpg", 2, (2,))
    torch.testing.assert_close(drawn, expected, rtol=0, atol=1e-15)
    assert Streams(0).permutation("sweep/ties", "a", 0, 6).tolist() == [4, 5, 2, 1, 3, 0]


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 700])
def test_draws_made_together_are_those_made_one_by_one(size: int) -> None:
    """torch has an algorithm of its own for fewer than 16 normal values."""
    streams, draws = Streams(3), [("a", 0), ("Käse/1.jpg", 7), ("a", 1), ("a", 0)]
    for drawn, one in (
        (streams.normals("r", draws, (size,)), [streams.normal("r", *draw, (size,)) for draw in draws]),
        (streams.uniforms("r", draws, (size,)), [streams.uniform("r", *draw, (size,)) for draw in draws]),
        (streams.permutations("r", draws, size), [streams.permutation("r", *draw, size) for draw in draws]),
    ):
        assert torch.equal(drawn, torch.stack(one))


@pytest.mark.parametrize(
    ("count", "shape"),
    [
        (MANY, (0,)),
        (MANY, (1,)),
        (MANY, (4, 4)),
        (MANY, (17,)),
        (64 * FOR_EACH, (8, 8)),
        (twister.TOGETHER + 1, (3,)),
        (twister.LONGEST * FOR_EACH + 64, (twister.LONGEST + 1,)),
    ],
)
def test_many_short_draws_are_those_made_one_by_one(count: int, shape: tuple[int, ...]) -> None:
    streams, draws = Streams(3), [("a", draw) for draw in range(count)]
    drawn = streams.uniforms("r", draws, shape)
    assert torch.equal(drawn, torch.stack([streams.uniform("r", *draw, shape) for draw in draws]))


def test_generators_side_by_side_draw_as_torch_does() -> None:
    seeds = [0, 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1]
    one = [torch.rand(twister.LONGEST, generator=torch.Generator().manual_seed(s), dtype=torch.float64) for s in seeds]
    assert torch.equal(torch.from_numpy(twister.uniforms(seeds, twister.LONGEST)), torch.stack(one))
