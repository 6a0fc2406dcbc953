"""The profile's numbers, worked out by hand from invented rounds."""

import math

import pytest

from whybench.records import Cost
from whybench.timing import profile_table
from whybench.timing.profile import noise_floor, timing_rows
from whybench.timing.records import BlockTiming, Timed

BARE = (1.0, 2.0, 1.0, 1.0, 1.0, 4.0, 1.0)


def contender(what: str, factors: tuple[float, ...], method: str = "", **parameters: object) -> Timed:
    """Laps of `factors` times the bare forward pass; CPU half of it."""
    wall = tuple(f * b for f, b in zip(factors, BARE, strict=True))
    cpu = tuple(w / 2 for w in wall)
    cost = Cost(forward=20, backward=10, peak_bytes=5)
    kind = "attribution" if method else ""
    return Timed(what, method, dict(parameters), kind, cost=cost, repeats=2, wall=wall, cpu=cpu)  # type: ignore[arg-type]


def made(*methods: Timed, again: tuple[float, ...] = (1.0, 1.1, 0.8, 1.0, 1.0, 1.0, 1.0)) -> BlockTiming:
    bare = Timed("bare forward", cost=Cost(forward=10), wall=BARE, cpu=tuple(b / 2 for b in BARE))
    return BlockTiming(
        suite="suite",
        dataset="data",
        model="net",
        samples=10,
        seed=3,
        protocol=1,
        machine={"processor": "abacus"},
        plan={"device": "cpu", "threads": 1},
        load=(0.5, 0.4, 0.3),
        contenders=(bare, contender("bare forward again", again), *methods),
    )


def test_seconds_and_ratios_of_the_same_round() -> None:
    factors = (3.0, 5.0, 4.0, 3.5, 4.5, 4.2, 4.1)
    *_, row = timing_rows(made(contender("method", factors, "m", steps=4)))
    # laps: 3, 10, 4, 3.5, 4.5, 16.8, 4.1 for 10 samples
    assert (row.wall_q1, row.wall_seconds, row.wall_q3) == pytest.approx((0.375, 0.41, 0.725), abs=1e-15)
    assert (row.ratio, row.ratio_low, row.ratio_high) == pytest.approx((4.1, 3.0, 5.0), abs=1e-12)
    assert (row.cpu_seconds, row.cpu_ratio) == pytest.approx((0.205, 4.1), abs=1e-12)
    assert (row.forward, row.backward, row.peak_bytes, row.rounds, row.repeats) == (2.0, 1.0, 5, 7, 2)
    assert (row.parameters, row.method, row.kind, row.seed) == ('{"method":{"steps":4}}', "m", "attribution", 3)


@pytest.mark.parametrize(
    ("again", "floor"),
    [
        ((1.0, 1.1, 0.8, 1.0, 1.0, 1.0, 1.0), 1.25),
        ((1.0, 1.5, 0.9, 1.0, 1.0, 1.0, 1.0), 1.5),
        ((1.1, 1.2, 1.1, 1.1, 1.1, 1.1, 1.1), 1.2),
        ((1.0,) * 7, 1.0),
    ],
)
def test_the_floor_is_the_further_end_of_the_interval_of_equal_passes(again: tuple[float, ...], floor: float) -> None:
    block = made(again=again)
    assert noise_floor(block) == pytest.approx(floor, abs=1e-12)
    assert noise_floor(block, "cpu") == pytest.approx(floor, abs=1e-12)


def test_the_table_says_equal_within_the_floor_only() -> None:
    table = profile_table(
        made(
            contender("method", (5.2,) * 7, "slow"),
            contender("method", (3.0,) * 7, "quick", steps=1),
            contender("method", (3.7,) * 7, "quick", steps=2),
            Timed("method", "odd", status="unsupported", reason="not this net"),
            Timed("method", "even", status="unsupported", reason="not this net"),
        )
    )
    shown = [(line[2], line[8], line[-1]) for line in table.rows]
    # the floor is 1.25: 3.7 / 3 = 1.233 is noise, 5.2 / 3.7 = 1.405 is none
    assert shown == [
        ("bare forward", "1.000", ""),
        ("quick(steps=1)", "3", ""),
        ("quick(steps=2)", "3.7", "="),
        ("slow", "5.2", ""),
    ]
    assert table.title == "timing profile"
    assert table.notes[1] == (
        "10 samples, 7 rounds on abacus, 1 thread(s), load average 0.5. Noise floor, the bare forward pass against "
        "itself: x 1.25 wall, x 1.25 CPU."
    )
    assert table.notes[2] == "odd, even left out, unsupported: not this net"


def test_what_was_not_timed_has_no_numbers() -> None:
    *_, row = timing_rows(made(Timed("method", "odd", status="failed", reason="boom")))
    assert (row.wall_seconds, row.ratio, row.cpu_ratio, row.forward, row.rounds) == (None, None, None, None, 0)
    assert not math.isnan(row.floor or math.nan)


def test_a_model_that_was_not_timed_leaves_no_ratio() -> None:
    block = made(contender("method", (2.0,) * 7, "m"))
    broken = BlockTiming(**{**vars(block), "contenders": block.contenders[2:]})
    (row,) = timing_rows(broken)
    assert (row.ratio, row.floor) == (None, None)
    assert noise_floor(broken) is None
