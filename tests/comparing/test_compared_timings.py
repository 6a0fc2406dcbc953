"""Times of two sides: ratios, the noise floor, machines, and how often equal work is called slower."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from whybench.comparing import Side
from whybench.comparing.interleaving import interleaved_paces
from whybench.comparing.paces import Pace, stored_paces
from whybench.comparing.ratios import median_ratio
from whybench.errors import BadParameter, NothingSelected, UsageError
from whybench.timing.records import BlockTiming, Timed

MACHINE = {"system": "Linux", "machine": "x86_64", "processor": "abacus", "cores": 2, "cuda": None, "libraries": {}}
BARE = (1.0, 2.0, 1.0, 1.0, 1.0, 4.0, 1.0)
AGAIN = (1.0, 1.1, 0.95, 1.0, 1.0, 1.0, 1.0)
"""The bare pass against itself: a noise floor of 1.1."""


def times(factors: Sequence[float], bare: Sequence[float] = BARE) -> tuple[float, ...]:
    return tuple(f * b for f, b in zip(factors, bare, strict=True))


def block(*methods: tuple[str, Sequence[float]], speed: float = 1.0, again: Sequence[float] = AGAIN) -> BlockTiming:
    """Methods that take so many times the bare pass, on a machine that is `speed` times as slow as a whole."""
    bare = tuple(speed * b for b in BARE)
    contenders = [Timed("bare forward", wall=bare, cpu=bare)]
    contenders += [Timed("bare forward again", wall=times(again, bare), cpu=times(again, bare))]
    for name, factors in methods:
        laps = times(factors, bare)
        contenders.append(Timed("method", name, {}, "attribution", wall=laps, cpu=tuple(2 * lap for lap in laps)))
    plan = {"device": "cpu", "threads": 1}
    return BlockTiming("hand", "digits", "cnn", 10, 0, 1, dict(MACHINE), plan, (), tuple(contenders))


def side(*blocks: BlockTiming) -> Side:
    return Side("hand", (), blocks)


def verdicts(paces: Sequence[Pace]) -> dict[str, str]:
    return {p.method.name: p.verdict for p in paces}


def test_slower_and_faster_beyond_the_floor_only() -> None:
    before = side(block(("same", (3.0,) * 7), ("slow", (3.0,) * 7), ("fast", (3.0,) * 7), ("little", (3.0,) * 7)))
    after = side(block(("same", (3.0,) * 7), ("slow", (3.6,) * 7), ("fast", (2.4,) * 7), ("little", (3.2,) * 7)))
    paces = stored_paces(before, after)
    assert verdicts(paces) == {"same": "=", "slow": "slower", "fast": "faster", "little": "="}
    by_name = {p.method.name: p for p in paces}
    assert by_name["slow"][3:7] == pytest.approx((1.2, 1.2, 1.2, 1.1))
    assert by_name["fast"].ratio == pytest.approx(0.8)


def test_an_interval_that_reaches_the_floor_says_nothing() -> None:
    laps = (3.0, 3.1, 3.6, 3.6, 3.6, 3.6, 3.7)
    (pace,) = stored_paces(side(block(("m", (3.0,) * 7))), side(block(("m", laps))))
    assert (pace.ratio, pace.low, pace.verdict) == (pytest.approx(1.2), pytest.approx(1.0), "=")


def test_a_machine_that_is_slower_as_a_whole_moves_nothing() -> None:
    (pace,) = stored_paces(side(block(("m", (3.0,) * 7))), side(block(("m", (3.0,) * 7), speed=5.0)))
    assert (pace.ratio, pace.verdict) == (pytest.approx(1.0), "=")


def test_different_machines_are_refused_unless_asked() -> None:
    here = block(("m", (3.0,) * 7))
    there = replace(here, machine={**MACHINE, "processor": "slide rule", "cores": 64})
    said = (
        r"cnn on digits was timed on different machines \(cores: 2 -> 64; processor: abacus -> slide rule\); run both"
    )
    with pytest.raises(UsageError, match=said):
        stored_paces(side(here), side(there))
    assert verdicts(stored_paces(side(here), side(there), anywhere=True)) == {"m": "="}
    threads = replace(here, plan={"device": "cpu", "threads": 8})
    with pytest.raises(UsageError, match="threads: 1 -> 8"):
        stored_paces(side(here), side(threads))


def test_other_versions_of_libraries_are_the_same_machine() -> None:
    here = block(("m", (3.0,) * 7))
    newer = replace(here, machine={**MACHINE, "libraries": {"whybench": "0.2.0"}, "python": "3.13"})
    assert verdicts(stored_paces(side(here), side(newer))) == {"m": "="}


def test_of_several_machines_the_common_one_is_compared() -> None:
    here, there = block(("m", (3.0,) * 7)), replace(block(("m", (9.0,) * 7)), machine={**MACHINE, "cores": 64})
    (pace,) = stored_paces(side(here), side(there, here))
    assert pace.ratio == pytest.approx(1.0)


def test_what_was_not_timed() -> None:
    timed = side(block(("m", (3.0,) * 7)))
    with pytest.raises(UsageError, match="B, out, holds no timing rounds: exports do not; name the store instead"):
        stored_paces(timed, Side("out", (), None))
    with pytest.raises(UsageError, match="A, hand, was never timed; do that with: whybench run SUITE --timing"):
        stored_paces(side(), timed)
    with pytest.raises(NothingSelected, match="timed no method in common"):
        stored_paces(timed, side(block(("other", (3.0,) * 7))))
    with pytest.raises(NothingSelected, match="timed no method in common"):
        stored_paces(timed, side(replace(block(("m", (3.0,) * 7)), samples=11)))


def test_a_method_that_failed_on_one_side_has_no_pace() -> None:
    whole = block(("m", (3.0,) * 7), ("n", (3.0,) * 7))
    *kept, last = whole.contenders
    broken = replace(whole, contenders=(*kept, replace(last, status="failed", reason="boom", wall=(), cpu=())))
    assert verdicts(stored_paces(side(whole), side(broken))) == {"m": "="}


def test_equal_work_lies_within_its_interval_in_95_of_100_trials() -> None:
    """Laps with 5 % of noise and now and then a busy machine; of 3 laps on each side 90 % is all that ranges can do."""
    generator = np.random.default_rng(11)

    def laps(n: int) -> np.ndarray:
        return np.exp(generator.normal(0, 0.05, n)) * np.where(generator.random(n) < 0.05, 3.0, 1.0)

    held = {n: 0 for n in (3, 7, 20)}
    for n in held:
        for _ in range(100):
            found = median_ratio(laps(n), laps(n))
            held[n] += found.low <= 1 <= found.high
    assert held == {3: 85, 7: 98, 20: 98}


def test_a_ratio_of_laps_that_take_no_time() -> None:
    with pytest.raises(ValueError, match=r"laps of 0\.0 seconds"):
        median_ratio([1.0, 0.0], [1.0])


def timer(laps: Iterator[float], heard: list[str], name: str) -> Callable[[], list[BlockTiming]]:
    def time() -> list[BlockTiming]:
        heard.append(name)
        seconds = next(laps)
        timed = Timed("method", "m", {}, "attribution", wall=(seconds, 9 * seconds, seconds), cpu=(2 * seconds,) * 3)
        return [replace(block(), contenders=(timed,))]

    return time


def test_rounds_are_interleaved_and_a_is_timed_twice() -> None:
    heard: list[str] = []
    a = timer(iter([1.0, 1.02] * 6), heard, "A")
    b = timer(iter([1.5, 1.6, 1.5, 1.6, 1.5, 1.6]), heard, "B")
    (pace,) = interleaved_paces(a, b)
    rounds = ["".join(heard[i : i + 3]) for i in range(0, 18, 3)]
    assert {"".join(sorted(one)) for one in rounds} == {"AAB"}
    assert len(set(rounds)) > 1  # in an order drawn anew each round
    assert pace.verdict == "slower"
    assert 1.5 / 1.02 <= pace.low <= pace.ratio <= pace.high <= 1.6
    assert pace.floor == pytest.approx(1.02)


def test_what_differs_from_itself_as_much_is_noise() -> None:
    heard: list[str] = []
    a = timer(iter([1.0, 1.7] * 6), heard, "A")
    (pace,) = interleaved_paces(a, timer(iter([1.5] * 6), heard, "B"))
    assert (pace.verdict, pace.floor) == ("=", pytest.approx(1.7))


def test_the_cpu_clock() -> None:
    heard: list[str] = []
    times = [timer(iter([1.0] * 12), heard, "A"), timer(iter([1.0] * 6), heard, "B")]
    (pace,) = interleaved_paces(*times, clock="cpu")
    assert pace.ratio == 1.0
    with pytest.raises(BadParameter, match="--rounds=0"):
        interleaved_paces(*times, rounds=0)
    with pytest.raises(NothingSelected, match="no method in common"):
        interleaved_paces(lambda: [], lambda: [])
