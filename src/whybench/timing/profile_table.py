"""The timing profile for reading: one table a block, the fastest method first."""

from itertools import pairwise

from whybench.leaderboard.figures import DASH, number
from whybench.leaderboard.table import Table
from whybench.timing.profile import TimingRow, method_labels, noise_floor, ratio, timing_rows
from whybench.timing.records import BlockTiming, Timed

HEADERS = (
    *("dataset", "model", "method", "forward", "backward", "wall ms", "quartiles", "CPU ms"),
    *("x bare forward", "95 %", "CPU x bare forward", "="),
)
SAID = (
    "A sample explained: samples through the model forward and backward (counted); milliseconds, the median over "
    "interleaved rounds; wall and CPU time as multiples of the model's bare forward pass of the same samples in the "
    "same round. = : cannot be told apart from the row above, the ratio of the two is within the noise floor."
)


def profile_table(block: BlockTiming) -> Table:
    """What was measured on one model and dataset, with the noise floor and what was left out."""
    names, rows = method_labels(block.contenders), timing_rows(block)
    shown = [i for i, t in enumerate(block.contenders) if t.wall and t.what != "bare forward again"]
    shown.sort(key=lambda i: rows[i].ratio or 0.0)
    equal = [False] + [_equal(block, block.contenders[a], block.contenders[b]) for a, b in pairwise(shown)]
    return Table(
        "timing profile",
        HEADERS,
        tuple(_line(rows[i], names[i], same) for i, same in zip(shown, equal, strict=True)),
        (SAID, *_notes(block, names)),
    )


def _line(row: TimingRow, name: str, same: bool) -> tuple[str, ...]:
    return (
        row.dataset,
        row.model,
        name,
        number(row.forward),
        number(row.backward),
        _milliseconds(row.wall_seconds),
        f"{_milliseconds(row.wall_q1)} to {_milliseconds(row.wall_q3)}",
        _milliseconds(row.cpu_seconds),
        _digits(row.ratio),
        f"{_digits(row.ratio_low)} to {_digits(row.ratio_high)}",
        _digits(row.cpu_ratio),
        "=" if same else "",
    )


def _equal(block: BlockTiming, faster: Timed, slower: Timed) -> bool:
    """Whether the median ratio of two contenders is within the noise floor."""
    apart, floor = ratio(block, slower, faster), noise_floor(block)
    return apart is not None and floor is not None and 1 / floor <= apart.median <= floor


def _notes(block: BlockTiming, names: list[str]) -> list[str]:
    bare = block.contender("bare forward")
    rounds = 0 if bare is None else len(bare.wall)
    load = f", load average {number(block.load[0])}" if block.load else ""
    said = [
        f"{block.samples} samples, {rounds} rounds on {block.machine['processor'] or block.plan['device']}, "
        f"{block.plan['threads']} thread(s){load}. Noise floor, the bare forward pass against itself: "
        f"x {_digits(noise_floor(block))} wall, x {_digits(noise_floor(block, 'cpu'))} CPU."
    ]
    if 0 < rounds < 6:
        said.append("With less than 6 rounds the intervals are the range of the rounds, and cover less than 95 %.")
    missing: dict[str, list[str]] = {}
    for name, timed in zip(names, block.contenders, strict=True):
        if not timed.wall:
            missing.setdefault(f"{timed.status}: {timed.reason}", []).append(name)
    return said + [f"{', '.join(left)} left out, {why}" for why, left in missing.items()]


def _milliseconds(seconds: float | None) -> str:
    return DASH if seconds is None else _digits(1e3 * seconds)


def _digits(value: float | None) -> str:
    """Three significant digits, as timings hardly have more; four where a ratio is next to one."""
    if value is None:
        return DASH
    return f"{value:.3f}" if 0.9 < value < 1.1 else f"{value:.3g}"
