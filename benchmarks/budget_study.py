"""Steps or samples: python benchmarks/budget_study.py [FOLDER] writes budget.csv, budget.md, budget.svg.

The interval of the difference between methods against the passes that it costs, for splits of a budget between the
steps of a deletion curve and samples; results/performance unless a folder is given, about 6 minutes on 2 idle cores.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import torch
from budget import WIDER, Outcome, outcomes, saving
from budget_curves import Curves, full_curves
from budget_figure import draw

from whybench.environment import environment
from whybench.plots.style import save
from whybench.registries import fill

FOLDER = Path(__file__).resolve().parent.parent / "results" / "performance"
METHODS = ("gradient", "input_x_gradient", "grad_cam", "random")
DRAWS = 8
STEPS = (2, 4, 6, 8, 12, 16, 32)


@dataclass(frozen=True)
class Setting:
    """Where the study is made: one region is a point of the full grid; samples: sizes beyond those there are repeat."""

    model: str
    dataset: str
    region: int
    samples: tuple[int, ...]
    most: int | None = None


SETTINGS = {
    "digits": Setting("digits_cnn", "digits", 1, (20, 45, 90, 180, 359)),
    "photographs": Setting("efficientnet_lite0", "imagenet_photos", 23, (5, 10, 20, 40, 80)),
}

ABOUT = """# Steps or samples

Made by `python benchmarks/budget_study.py` ({machine});
all splits are in [budget.csv](budget.csv), the figure in [budget.svg](budget.svg).

{finding}

The 95 % interval of the mean difference between two methods on the same samples, as the board gives it, of pixel
flipping (deletion, infill mean, probability): {methods}; {pairs} pairs, geometric means over them.
The full curves are measured once, one region a step ({settings}); every other grid is a part of their points, so that
nothing is approximated. *even* are `steps=k`, *stratified* are `steps='stratified(k)'`, the offsets drawn anew in each
of {draws} draws of samples. Passes are those of one method, both orders included where regions tie. There are 20
photographs, so that more of them are drawn with repetition, each time at new offsets: their intervals say what more
photographs like these would give. The error is the root mean square difference to the full grid's mean difference on
the same samples, in half widths of its interval: the bias of few even steps does not show in a width.

{tables}
"""

TABLE = """## {name}, {samples} samples

| steps | k | passes a method | fewer passes | width | to the full grid's | error |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
"""


def studied(curves: Curves, sizes: Sequence[int]) -> list[Outcome]:
    """All splits, the full grid among them."""
    rules = [(rule, k) for rule in ("even", "stratified") for k in STEPS]
    rules.append(("even", curves.regions))
    return [found for n in sizes for found in outcomes(curves, n, rules, DRAWS)]


def full_grid(found: Sequence[Outcome], samples: int) -> Outcome:
    """The outcome of the full grid on so many samples: that of the most even steps."""
    return max((o for o in found if o.split.samples == samples and o.split.rule == "even"), key=lambda o: o.split.steps)


def savings(found: Mapping[str, Sequence[Outcome]], samples: Mapping[str, int], rule: str) -> str:
    """How many passes a rule saves on each data set.

    Of the splits that do it the cheapest, on all samples that there are.
    """
    said = []
    for name, results in found.items():
        best = saving(list(results), full_grid(results, samples[name]), rule)
        said.append(f"no fewer passes on {name}" if best is None else f"{best[0]:.1f} times fewer passes on {name}")
    return " and ".join(said)


def finding(found: Mapping[str, Sequence[Outcome]], samples: Mapping[str, int]) -> str:
    """What was found, in one sentence."""
    same = f"the interval of the full grid (at most {100 * (WIDER - 1):.0f} % wider)"
    return f"Stratified steps give {same} with {savings(found, samples, 'stratified')}"


def table(name: str, found: Sequence[Outcome], samples: int) -> str:
    """The splits of one setting at all of its samples."""
    full = full_grid(found, samples)
    lines = [
        f"| {o.split.rule} | {o.split.steps} | {o.passes:,.0f} | {full.passes / o.passes:.1f} | {o.width:.4f} | "
        f"{o.relative:.3f} | {o.error:.2f} |"
        for o in found
        if o.split.samples == samples
    ]
    return TABLE.format(name=name, samples=samples) + "\n".join(lines)


def frame(found: Mapping[str, Sequence[Outcome]]) -> pd.DataFrame:
    """One row a split."""
    rows = [{"data": name, **asdict(o.split), **asdict(o)} for name, results in found.items() for o in results]
    return pd.DataFrame(rows).drop(columns="split")


def main(folder: str | None = None) -> None:
    """Measure and write."""
    fill()
    into = FOLDER if folder is None else Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    found, samples, settings, pairs = {}, {}, [], len(METHODS) * (len(METHODS) - 1) // 2
    for name, s in SETTINGS.items():
        curves = full_curves(s.model, s.dataset, METHODS, s.region, s.most)
        found[name], samples[name] = studied(curves, s.samples), len(curves.ids)
        settings.append(f"{s.model}: {curves.regions} steps, {len(curves.ids)} samples")
    frame(found).to_csv(into / "budget.csv", index=False, float_format="%.6g")
    said = finding(found, samples)
    facts = {
        "machine": f"{environment()['processor']}, torch {torch.__version__}",
        "finding": f"{said}; even steps with {savings(found, samples, 'even')}.",
    }
    facts |= {"methods": ", ".join(METHODS), "settings": "; ".join(settings)}
    tables = "\n\n".join(table(name, results, samples[name]) for name, results in found.items())
    text = ABOUT.format(**facts, pairs=pairs, draws=DRAWS, tables=tables)
    (into / "budget.md").write_text(text, encoding="utf-8")
    save(draw(found, samples, said), into / "budget.svg")


if __name__ == "__main__":
    main(*sys.argv[1:])
