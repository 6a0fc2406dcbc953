"""METRIC:STATISTIC:THRESHOLD, in both directions, absolute and relative."""

import pytest

from whybench.errors import UsageError
from whybench.testing.thresholds import Threshold

THEN = {"a": 1.0, "b": 2.0, "c": 6.0, "d": None}
"""Mean 3, median 2."""


def moved(by: float, sample: str = "c") -> dict[str, float | None]:
    return {name: None if score is None else score + by * (name == sample) for name, score in THEN.items()}


@pytest.mark.parametrize(
    ("threshold", "now", "higher_is_better", "holds"),
    [
        ("srg:mean:10%", moved(-0.75), True, True),  # the mean falls by 0.25 of 3
        ("srg:mean:10%", moved(-1.0), True, False),  # by 1/3
        ("srg:mean:10%", moved(-3.0), False, True),  # better
        ("srg:mean:10%", moved(1.0), False, False),
        ("srg:mean:0.25", moved(-0.75), True, True),
        ("srg:mean:0.25", moved(-0.78), True, False),
        ("srg:median:0", moved(-3.0), True, True),
        ("srg:median:0%", moved(-0.5, "b"), True, False),
        ("srg:min:0", moved(-0.5, "a"), True, False),
        ("srg:max:0", moved(-0.5, "a"), True, True),
        ("srg:mean:100%", {**THEN, "c": None}, True, False),
        ("srg:mean:0", {**THEN, "d": 9.0}, True, True),
        ("srg:mean:100%", {**THEN, "e": 9.0}, True, False),
    ],
)
def test_a_threshold_is_broken_beyond_it(threshold, now, higher_is_better, holds) -> None:
    assert (Threshold.parse(threshold).broken(now, THEN, higher_is_better) is None) is holds


def test_what_is_worse_is_said_in_numbers() -> None:
    assert Threshold.parse("srg:mean:10%").broken(moved(-1.5), THEN, True) == (
        "mean 3 -> 2.5, worse by 0.5, 16.7 %; srg:mean:10% allows less"
    )
    assert Threshold.parse("srg:min:1").broken({**THEN, "b": None}, THEN, True) == (
        "no value any more for 1 of 4 samples: b"
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("srg", "'srg'; expected METRIC:STATISTIC:THRESHOLD"),
        ("srg:2%", "'srg:2%'; expected METRIC:STATISTIC:THRESHOLD"),
        (":mean:2%", "':mean:2%'; expected METRIC"),
        ("srg:average:2%", "unknown statistic 'average'; .* statistics: mean, median, min, max"),
        ("srg:mean:two", "'two' is no number >= 0"),
        ("srg:mean:-2%", "'-2%' is no number >= 0"),
        ("srg:mean:nan", "'nan' is no number >= 0"),
        ("srg:mean:inf%", "'inf%' is no number >= 0"),
    ],
)
def test_anything_else_is_refused_with_the_grammar(text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        Threshold.parse(text)
