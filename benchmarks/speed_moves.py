"""Which rows moved between two runs of the speed benchmarks: times beyond their noise, and passes that are others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from whybench.comparing.cells import changed_facts
from whybench.comparing.machines import FACTS
from whybench.comparing.paces import Pace, pace
from whybench.comparing.ratios import median_ratio
from whybench.comparing.wording import timed
from whybench.leaderboard.variants import Variant
from whybench.statistics import median_interval
from whybench.statistics.values import Array

OWN, BARE, AGAIN = "own", "bare forward", "bare forward again"
"""What `laps` of a run hold of each row: CPU seconds of every round, of the row itself and of the two equal passes."""
PASSES = ("forward", "backward")
"""Notes that are counts: exact, and the same on every machine."""

Run = Mapping[str, Any]
"""A run as pytest-benchmark writes it."""


@dataclass(frozen=True)
class Moves:
    """What became of the rows that both runs have.

    paces: of the rows that were timed by both, none where times are not compared; passes: a line for each row whose
    counts are others; more: whether any of them is larger; gone, new: how many rows only one of the runs has.
    """

    paces: Sequence[Pace]
    passes: Sequence[str]
    more: bool
    gone: int
    new: int

    @property
    def worse(self) -> bool:
        """Whether a row is slower, or sends more samples through the model."""
        return self.more or any(one.verdict == "slower" for one in self.paces)


def other_machine(base: Run, run: Run) -> list[str]:
    """The facts in which the machines of two runs differ; empty where they are one."""
    names = (*FACTS, "threads")
    facts = [{name: dict(one.get("machine_info") or {}).get(name) for name in names} for one in (base, run)]
    return changed_facts(*facts)


def moves(base: Run, run: Run, times: bool = True) -> Moves:
    """Row by row. A row is slower or faster by the rule of `whybench compare --timing` for two stores: its laps as
    multiples of the bare forward pass of the same round, the ratio of their medians with its 95 % interval, all of
    which has to lie beyond the noise floor, the larger one of the two runs.
    """
    old, new = (_rows(one) for one in (base, run))
    common = [name for name in new if name in old]
    before, after = (_laps(one) for one in (base, run))
    found = [_pace(new[n], before[n], after[n]) for n in common if times and n in before and n in after]
    said, more = [], False
    for name in common:
        counts = [(note, *(row[name]["extra_info"].get(note) for row in (old, new))) for note in PASSES]
        changed = [(note, a, b) for note, a, b in counts if a != b]
        more = more or any(a is not None and b is not None and b > a for _, a, b in changed)
        if changed:
            said.append(
                f"{shown(new[name])}: {'; '.join(f'{note} {_count(a)} -> {_count(b)}' for note, a, b in changed)}"
            )
    return Moves(found, said, more, len(old.keys() - new.keys()), len(new.keys() - old.keys()))


def lines(found: Moves) -> list[str]:
    """What is said of it, the worst first; rows within their noise are counted."""
    order = ("slower", "faster")
    paces = sorted((one for one in found.paces if one.verdict in order), key=lambda one: order.index(one.verdict))
    said = [f"{one.method.name}: {timed(one)}" for one in paces]
    said += [f"passes of {line}" for line in found.passes]
    quiet = len(found.paces) - len(paces)
    counts = ((quiet, "within the noise"), (found.gone, "only in the base"), (found.new, "not in the base"))
    counted = [f"{n} row{'' if n == 1 else 's'} {what}" for n, what in counts if n]
    counted += [] if found.passes else ["samples through the model as before"]
    return [*said, *([", ".join(counted)] if counted else [])]


def shown(row: Mapping[str, Any]) -> str:
    """A row by its group and its test."""
    return f"{row['group']}, {str(row['name']).removeprefix('test_')}" if row["group"] else str(row["name"])


def _rows(run: Run) -> dict[str, Mapping[str, Any]]:
    return {str(one["fullname"]): one for one in run["benchmarks"]}


def _laps(run: Run) -> Mapping[str, Mapping[str, Sequence[float]]]:
    found: Mapping[str, Mapping[str, Sequence[float]]] = dict(run.get("whybench") or {}).get("laps") or {}
    return found


def _pace(row: Mapping[str, Any], before: Mapping[str, Sequence[float]], after: Mapping[str, Sequence[float]]) -> Pace:
    floor = max(1.0, *(_floor(laps) for laps in (before, after)))
    ratio = median_ratio(_over(after, OWN), _over(before, OWN))
    return pace(("", ""), Variant(shown(row), "{}"), ratio, floor)


def _over(laps: Mapping[str, Sequence[float]], name: str) -> Array:
    return np.array(laps[name]) / np.array(laps[BARE])


def _floor(laps: Mapping[str, Sequence[float]]) -> float:
    apart = median_interval(_over(laps, AGAIN))
    return max(apart.high, 1 / apart.low)


def _count(value: object) -> str:
    return "-" if value is None else f"{value:.10g}"
