"""How cost grows: python benchmarks/growth.py [FOLDER] writes growth.csv, growth.md, growth.svg (results/performance).

CPU time, passes and peak memory against samples, features, steps, methods and metrics, each alone; about 3 minutes on
2 idle cores.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from growth_figure import draw
from growth_points import points
from power_law import Exponent, exponent

from whybench.environment import environment
from whybench.plots.style import save
from whybench.registries import fill

FOLDER = Path(__file__).resolve().parent.parent / "results" / "performance"
ROUNDS = 3
COSTS = {"cpu_seconds": "CPU time", "passes": "passes", "peak_mib": "peak memory"}
LINEAR = 0.2
"""How far an exponent may be from 1 to be called linear, and from 0 to be called none."""

ABOUT = """# How cost grows

Made by `python benchmarks/growth.py` ({machine});
the points are in [growth.csv](growth.csv), the figure in [growth.svg](growth.svg).

{finding}

A cost that grows as size^b has the exponent b: 1 is linear, 0 no growth. Least squares of the logarithms over the
points of an axis, with 95 % intervals (t, points - 2 degrees of freedom). One axis grows, everything else stays as it
is: a small convolutional network, random images of 28 x 28 pixels in three channels, 64 samples (256 for steps, 32
for features), method gradient, pixel flipping in 28 steps. *methods* are judged by pixel flipping, whose passes depend
on the map; *methods sharing passes* by faithfulness_correlation and infidelity, whose passes are the same for all of
them; *metrics* read up to eight metrics off two sweeps. CPU time (median of {rounds} interleaved rounds, one thread)
and passes are those of `whybench.evaluate` from inputs to board; peak memory is what is needed beyond inputs and maps
while maps are judged. A run has a fixed cost, which keeps exponents of time below 1 where the smallest size is
cheap.

| against | from | to | CPU time | passes | peak memory |
| --- | ---: | ---: | --- | --- | --- |
"""


def measured() -> pd.DataFrame:
    """All points, in interleaved rounds after a warm-up."""
    every = points()
    rows = []
    for point in every:
        forward, backward = point.passes()
        facts = {"axis": point.axis, "size": point.place, "forward": forward, "backward": backward}
        rows.append({**facts, "peak_mib": point.peak()})
    seconds = np.array([[point.seconds() for point in every] for _ in range(ROUNDS)])
    table = pd.DataFrame(rows)
    table.insert(2, "cpu_seconds", np.median(seconds, axis=0))
    return table


def exponents(table: pd.DataFrame) -> dict[str, dict[str, Exponent]]:
    """The exponent of every cost against every axis."""
    with_passes = table.assign(passes=table["forward"] + table["backward"])
    return {
        str(axis): {cost: exponent(rows["size"].tolist(), rows[cost].clip(lower=0.01).tolist()) for cost in COSTS}
        for axis, rows in with_passes.groupby("axis", sort=False)
    }


def finding(found: Mapping[str, Mapping[str, Exponent]]) -> str:
    """What the exponents say, in one sentence.

    >>> one, half, none = (Exponent(b, b, b) for b in (1.0, 0.5, 0.0))
    >>> finding({"samples": {"cpu_seconds": one, "peak_mib": none}, "metrics": {"cpu_seconds": half, "peak_mib": one}})
    'Time grows linearly with samples, more slowly than linearly with metrics; memory hardly grows with samples'
    """
    time = {axis: costs["cpu_seconds"].value for axis, costs in found.items()}
    said = {
        "linearly with": [a for a, b in time.items() if abs(b - 1) <= LINEAR],
        "more slowly than linearly with": [a for a, b in time.items() if b < 1 - LINEAR],
        "faster than linearly with": [a for a, b in time.items() if b > 1 + LINEAR],
    }
    still = [axis for axis, costs in found.items() if abs(costs["peak_mib"].value) <= LINEAR]
    parts = ", ".join(f"{how} {_listed(axes)}" for how, axes in said.items() if axes)
    memory = f"; memory hardly grows with {_listed(still)}" if still else ""
    return f"Time grows {parts}{memory}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def page(table: pd.DataFrame) -> str:
    """The page's text."""
    found, lines = exponents(table), []
    for axis, costs in found.items():
        sizes = table.loc[table["axis"] == axis, "size"]
        lines.append(f"| {axis} | {sizes.min()} | {sizes.max()} | {' | '.join(str(costs[c]) for c in COSTS)} |")
    facts = environment()
    machine = f"{facts['processor']}, torch {torch.__version__}, 1 thread" if "processor" in facts else "1 thread"
    return ABOUT.format(machine=machine, finding=f"{finding(found)}.", rounds=ROUNDS) + "\n".join(lines) + "\n"


def main(folder: str | None = None) -> None:
    """Measure and write."""
    torch.set_num_threads(1)
    fill()
    into = FOLDER if folder is None else Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    table = measured()
    table.to_csv(into / "growth.csv", index=False, float_format="%.6g")
    (into / "growth.md").write_text(page(table), encoding="utf-8")
    found = exponents(table)
    save(draw(table, found, finding(found)), into / "growth.svg")


if __name__ == "__main__":
    main(*sys.argv[1:])
