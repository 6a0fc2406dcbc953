"""Laps and rounds: what the clock covers, the order, the budget, and who drops out."""

import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from whybench import clock
from whybench.errors import BadParameter
from whybench.streams import Streams
from whybench.timing import rounds as racing
from whybench.timing.rounds import Contender, Rounds, race


class Clocks:
    """Clocks that stand still unless something is worked on."""

    def __init__(self) -> None:
        self.wall = self.cpu = 0

    def perf_counter_ns(self) -> int:
        return self.wall

    def process_time_ns(self) -> int:
        return self.cpu

    def perf_counter(self) -> float:
        return self.wall / 1e9

    def work(self, wall: int, cpu: int = 0) -> None:
        self.wall += wall
        self.cpu += cpu


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    made = Clocks()
    monkeypatch.setattr(clock, "time", made)
    monkeypatch.setattr(racing, "time", made)
    return made


def fine(result: object) -> None: ...


def run(contenders: list[Contender], rounds: Rounds, seed: int = 0) -> int:
    return race(contenders, rounds, "cpu", Streams(seed), fine)


def test_a_lap_is_the_mean_of_its_calls_by_both_clocks(clocks: Clocks) -> None:
    costs = iter([(7_000_000_000, 1_000_000_000), (1_000_000_000, 3_000_000_000)])
    assert clock.lap(lambda: clocks.work(*next(costs)), repeats=2)[0] == (4.0, 2.0)


def test_a_lap_gives_what_the_first_call_returned() -> None:
    numbers = iter(range(9))
    assert clock.lap(lambda: next(numbers), repeats=3)[1] == 0
    assert next(numbers) == 3


def test_garbage_is_collected_before_a_lap_and_not_meanwhile() -> None:
    class Cycle:
        pass

    left = Cycle()
    left.itself = left  # type: ignore[attr-defined]
    alive = weakref.ref(left)
    del left
    seen = clock.lap(lambda: (alive(), gc.isenabled()))[1]
    assert seen == (None, False)
    assert gc.isenabled()


def test_the_collector_is_back_after_an_error_and_stays_off_where_it_was_off() -> None:
    with pytest.raises(ZeroDivisionError):
        clock.lap(lambda: 1 // 0)
    assert gc.isenabled()
    gc.disable()
    try:
        clock.lap(lambda: None)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_every_round_has_every_contender_once_in_a_seeded_order(clocks: Clocks) -> None:
    def order(seed: int) -> list[str]:
        ran: list[str] = []

        def named(name: str) -> Callable[[], None]:
            return lambda: (ran.append(name), clocks.work(10**9))[1]

        contenders = [Contender(named(name), fine, warm_up=9.0) for name in "abcdef"]
        assert run(contenders, Rounds(most=4), seed) == 4
        assert all(len(c.laps) == 4 for c in contenders)
        return ran

    first = order(0)
    rounds = [tuple(first[i : i + 6]) for i in range(0, 24, 6)]
    assert all(sorted(one) == list("abcdef") for one in rounds)
    assert len(set(rounds)) > 1
    assert order(0) == first
    assert order(1) != first


@pytest.mark.parametrize(("budget", "done"), [(0.0, 3), (3.9, 3), (4.0, 4), (5.5, 5), (100.0, 7)])
def test_no_round_is_begun_that_would_go_over_the_budget(clocks: Clocks, budget: float, done: int) -> None:
    contender = Contender(lambda: clocks.work(10**9), fine, warm_up=9.0)
    assert run([contender], Rounds(budget=budget)) == done
    assert len(contender.laps) == done


def test_what_is_quick_is_called_several_times_a_lap(clocks: Clocks) -> None:
    quick = Contender(lambda: clocks.work(15_000_000), fine)
    slow = Contender(lambda: clocks.work(300_000_000), fine)
    run([quick, slow], Rounds(shortest=0.1))
    assert (quick.repeats, slow.repeats) == (7, 1)
    assert {one.wall for one in quick.laps} == {0.015}
    assert len(quick.laps) == 7


def test_who_fails_is_left_out_and_costs_nobody_else_a_round() -> None:
    calls = 0

    def late() -> None:
        nonlocal calls
        calls += 1
        if calls > 5:
            raise ValueError("late")

    def strict(result: object) -> None:
        raise BadParameter("wrong answer")

    good, broken, wrong = Contender(lambda: None, fine), Contender(late, fine), Contender(lambda: None, strict)
    run([good, broken, wrong], Rounds(most=5, shortest=0.0))
    assert good.error is None
    assert len(good.laps) == 5
    assert str(broken.error) == "late"
    assert str(wrong.error) == "wrong answer"
    assert calls == 6


def test_what_is_around_a_lap_is_not_timed(clocks: Clocks) -> None:
    @contextmanager
    def slow() -> Iterator[None]:
        clocks.work(10**9)
        yield
        clocks.work(10**9)

    contender = Contender(lambda: clocks.work(5), fine, around=slow, warm_up=9.0)
    run([contender], Rounds())
    assert {one.wall for one in contender.laps} == {5e-9}


@pytest.mark.parametrize(("most", "least"), [(2, 3), (0, 0), (3, 0)])
def test_rounds_that_cannot_be(most: int, least: int) -> None:
    with pytest.raises(BadParameter, match=f"least={least}, most={most}"):
        Rounds(most=most, least=least)
