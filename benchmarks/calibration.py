"""Do intervals cover and tests err as often as they say? python benchmarks/calibration.py draws data of known truth.

Writes the tables of docs/statistics.md between its two marks: coverage of 95 % intervals, false discoveries where
nothing differs, and claims about methods drawn from the samples of one model. About two minutes; all draws are seeded.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from whybench.statistics import (
    bca_interval,
    difference_error,
    estimate,
    pairwise,
    standardised,
    t_interval,
    tie_groups,
    variance_components,
)
from whybench.statistics.wilcoxon import signed_ranks

PAGE = Path(__file__).resolve().parent.parent / "docs" / "statistics.md"
BEGIN, END = "<!-- begin of benchmarks/calibration.py -->\n", "<!-- end of benchmarks/calibration.py -->\n"
ALPHA = 0.05

Array: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Draw: TypeAlias = Callable[[np.random.Generator, tuple[int, int]], Array]
Interval: TypeAlias = Callable[[Array], tuple[float, float]]


def _paired(generator: np.random.Generator, size: tuple[int, int]) -> Array:
    """Two methods' skewed scores on the same samples: what a sample adds to both cancels."""
    sample = generator.exponential(size=size)
    return (sample + generator.exponential(1.0, size)) - (sample + generator.exponential(0.5, size))


def _paired_uneven(generator: np.random.Generator, size: tuple[int, int]) -> Array:
    """The same where a sample multiplies both: on most the methods hardly differ, on some by much."""
    sample = generator.exponential(size=size)
    return sample * generator.gamma(4.0, 0.25, size) - sample * generator.gamma(4.0, 0.25, size)


DISTRIBUTIONS: dict[str, tuple[Draw, float]] = {
    "normal": (lambda g, size: g.normal(size=size), 0.0),
    "uniform": (lambda g, size: g.uniform(size=size), 0.5),
    "Laplace, heavy tails": (lambda g, size: g.laplace(size=size), 0.0),
    "Student, 3 degrees of freedom": (lambda g, size: g.standard_t(3, size=size), 0.0),
    "paired difference of skewed scores": (_paired, 0.5),
    "gamma(4), skewness 1": (lambda g, size: g.gamma(4.0, size=size), 4.0),
    "log-normal(1/2), skewness 1.75": (lambda g, size: g.lognormal(0.0, 0.5, size), float(np.exp(0.125))),
    "beta(1/2, 2), skewness 1.25, in [0, 1]": (lambda g, size: g.beta(0.5, 2.0, size), 0.2),
    "exponential, skewness 2": (lambda g, size: g.exponential(size=size), 1.0),
    "paired difference, uneven samples": (_paired_uneven, 0.0),
    "log-normal(1), skewness 6.2": (lambda g, size: g.lognormal(size=size), float(np.exp(0.5))),
}
"""How values are drawn, and their true mean."""


def ours(values: Array) -> tuple[float, float]:
    """What the board shows."""
    found = estimate(values)
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


def bca(values: Array) -> tuple[float, float]:
    """BCa alone; where it does not exist, a point."""
    return bca_interval(values) or (float(values.mean()), float(values.mean()))


def coverage(name: str, n: int, times: int, interval: Interval = ours) -> float:
    """How often the interval of n values holds their true mean."""
    draw, truth = DISTRIBUTIONS[name]
    values = draw(np.random.default_rng(n), (times, n))
    return float(np.mean([low <= truth <= high for low, high in map(interval, values)]))


def false_discoveries(methods: int, units: int, times: int, skewed: bool = False) -> float:
    """How often any pair is separated where no method is better than another: the family-wise error."""
    generator = np.random.default_rng(methods * 1000 + units)
    found = 0
    for _ in range(times):
        size = (methods, units)
        own = generator.exponential(size=size) if skewed else generator.normal(size=size)
        scores = generator.normal(size=units) + own
        groups = tie_groups(pairwise(scores, scores.mean(axis=1)).separated)
        found += set(groups) != {"a"}
    return found / times


def generalisation(models: int, samples: int, times: int, interaction: float = 1.0) -> dict[str, float]:
    """How often two methods that are level over models are told apart at 5 %, by what is taken for the unit.

    The scores on sample s of model m are e_ms + b_m / 2 and e'_ms - b_m / 2, b with standard deviation `interaction`
    and e - e' with 1: what a method gains on one model it loses on another.
    """
    generator = np.random.default_rng(models)
    tilt = interaction / 2 * generator.normal(size=(times, 1, models, 1)) * np.array([1, -1]).reshape(1, 2, 1, 1)
    scores = tilt + generator.normal(size=(times, 2, models, samples)) / np.sqrt(2)
    differences = scores[:, 0] - scores[:, 1]
    rows = {
        "samples of one model": differences[:, 0],
        "samples of all models": differences.reshape(times, -1),
        "models": np.array([[standardised(*scores[t, :, m]) for m in range(models)] for t in range(times)]),
    }
    return {unit: float(np.mean([t.p <= ALPHA for t in signed_ranks(values)])) for unit, values in rows.items()}


def error_of_a_difference(models: int, samples: int, interaction: float = 1.0) -> tuple[float, float]:
    """The standard error of a difference between two methods over these models: estimated from components, and true."""
    generator = np.random.default_rng(0)
    sizes = (8, 40, 40)
    scores = interaction / np.sqrt(2) * generator.normal(size=(*sizes[:2], 1)) + generator.normal(size=sizes) / np.sqrt(
        2
    )
    found = variance_components(scores, ["method", "model", "sample"], {"sample": ["model"]})
    estimated = difference_error(found, "method", {"model": models, "sample": samples})
    return estimated, float(np.sqrt(interaction**2 / models + 1 / (models * samples)))


def _lines(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [list(header), *map(list, rows)]
    cells.insert(1, ["---"] * len(cells[0]))
    return "\n".join(f"| {' | '.join(row)} |" for row in cells) + "\n"


def _covered(name: str) -> list[str]:
    shown = [name]
    for n, times in ((8, 10000), (20, 10000), (250, 2000)):
        shown += [f"**{coverage(name, n, times):.1%}**"]
        shown += [f"{coverage(name, n, drawn, other):.1%}" for other, drawn in ((t_interval, times), (bca, 2000))]
    return shown


def tables() -> str:
    """All tables as Markdown."""
    header = ["values", *(f"n = {n}: {how}" for n in (8, 20, 250) for how in ("**ours**", "t", "BCa"))]
    covers = _lines(header, map(_covered, DISTRIBUTIONS))
    nulls = ((5, 20, False), (10, 20, False), (10, 20, True), (15, 13, False), (10, 100, True))
    discoveries = _lines(
        ["methods", "units", "scores", "any pair separated"],
        (
            [str(m), str(n), "skewed" if skewed else "normal", f"{false_discoveries(m, n, 1000, skewed):.1%}"]
            for m, n, skewed in nulls
        ),
    )
    cases = ((13, 20, 1.0), (13, 200, 1.0), (13, 200, 0.2), (13, 200, 0.0))
    claims = _lines(
        ["models", "samples each", "sd of method x model", "samples of one model", "samples of all models", "models"],
        (
            [str(m), str(n), f"{sd:g}", *(f"{rate:.1%}" for rate in generalisation(m, n, 1000, sd).values())]
            for m, n, sd in cases
        ),
    )
    grid = ((1, 20), (1, 200), (1, 20000), (4, 20), (13, 20), (50, 20))
    errors = _lines(
        ["models", "samples each", "standard error, from components", "true"],
        ([str(m), str(n), *(f"{error:.3f}" for error in error_of_a_difference(m, n))] for m, n in grid),
    )
    parts = {
        "How often the 95 % interval of n drawn values holds their true mean (10 000 times; 2 000 for n = 250, and for "
        "BCa):": covers,
        "How often any pair at all is called separated where no method is better (1 000 times; it should be 5 % or "
        "less):": discoveries,
        "How often two methods that are level over models are called different at 5 % (1 000 times; the samples' own "
        "sd is 1):": claims,
        "What a difference between two methods is uncertain by, method x model and method x sample having sd 1 "
        "each:": errors,
    }
    return "\n".join(f"{said}\n\n{table}" for said, table in parts.items())


if __name__ == "__main__":
    made = tables()
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    print(f"wrote {PAGE}")  # noqa: T201
