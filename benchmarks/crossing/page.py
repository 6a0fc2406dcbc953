"""results/cross_implementation: the board as Markdown and CSV, and the scores behind it as Parquet."""

import re
from collections.abc import Iterator, Sequence
from math import isnan
from pathlib import Path

import pandas as pd
from crossing.pairs import ALONE, Pair
from crossing.verdicts import Verdict
from crossing.worlds import WORLDS

from whybench.protocols import Metric
from whybench.suite import metric

ABOUT = """# The same cell by different implementations

Made by `tox -e cross`, which is `python benchmarks/cross_implementation.py` where Quantus is installed.

Every metric of Quantus {quantus} and of `captum.metrics` {captum} is held beside ours: the same model, samples,
explanations and targets, in float64 (photographs in float32), and, where it is said, the same draws. A row says under
which conditions both define the same number; it is then **equal** where no sample of no method is further apart than
the tolerance, and **differs** otherwise, with the reason and, [below](#what-shows-a-difference), the tests that show
it. How the conditions are set, and which of Quantus' own facts are corrected:
[docs/cross_implementation.md](../../docs/cross_implementation.md).

**{equal} of {pairs} comparisons are equal, {differing} differ for a named reason, {unexplained} are unexplained.**
{findings}
"""

COLUMNS = """
- samples: those compared, of all (samples times methods); left out are samples without a value on one side, and maps
  with ties where the order of ties is free
- apart: the largest difference of two scores, relative to ours where that is above 1; methods: how many of the judged
  methods agree within the tolerance
- tau: Kendall's tau-b between the orders in which both sides put the methods, by their mean score with each side's own
  direction, on all samples; empty where a side lacks a value
- passes: forward + backward, a sample, ours and theirs, counted at the model's boundary, without the explanation
  itself; CPU s: for one method's samples, as the run noted it

Files: [comparisons.csv](comparisons.csv), one row a comparison and method; `scores.parquet`, one row a comparison,
side, method and sample, with the reason where there is no score; [environment.json](environment.json).
"""

HEAD = (
    "| ours | theirs | conditions | verdict | apart | methods | samples | tau | passes, ours | theirs | CPU s, ours "
    "| theirs |"
)


def page(verdicts: Sequence[Verdict], versions: dict[str, str]) -> str:
    """README.md."""
    equal = sum(v.equal and v.expected for v in verdicts)
    wrong = sum(not v.expected for v in verdicts)
    text = [
        ABOUT.format(
            quantus=versions["quantus"],
            captum=versions["captum"],
            equal=equal,
            pairs=len(verdicts),
            differing=len(verdicts) - equal - wrong,
            unexplained=wrong,
            findings=findings(verdicts),
        )
    ]
    for name, world in WORLDS.items():
        methods = ", ".join(f"`{spec}`" for spec in world.methods)
        text += [f"\n## {world.samples} samples of `{world.dataset}`, `{world.model}`\n", f"Methods: {methods}.\n"]
        text += [HEAD, "|" + " --- |" * HEAD.count(" |"), *(line(v) for v in verdicts if v.pair.world == name)]
    text += [COLUMNS, "## What has no counterpart\n", *(f"- `{name}`: {why}" for name, why in ALONE.items())]
    return "\n".join([*text, "\n## What shows a difference\n", *shown(verdicts)]) + "\n"


def findings(verdicts: Sequence[Verdict]) -> str:
    """What the board comes to, in numbers."""
    orders = [v.order for v in verdicts if v.equal and not isnan(v.order)]
    others = [v.order for v in verdicts if not v.equal and not isnan(v.order)]
    lower = [v for v in verdicts if v.pair.why and not isnan(v.order) and v.order < 0.5]
    names = ", ".join(f"`{v.pair.theirs.name}` ({v.order:.2f})" for v in sorted(lower, key=lambda v: v.order))
    fewer = [v for v in verdicts if v.equal and v.cost("ours")[:2] < v.cost("theirs")[:2]]
    return (
        f"Where both are equal, they order methods alike: Kendall's tau is {min(orders):.2f} or more in {len(orders)} "
        f"comparisons. Where they differ, tau is {min(others):.2f} to {max(others):.2f}; below .5: {names or 'none'}. "
        f"For equal numbers ours needs fewer passes in {len(fewer)} of {sum(v.equal for v in verdicts)} comparisons, "
        f"and more in {sum(v.equal and v.cost('ours')[:2] > v.cost('theirs')[:2] for v in verdicts)}."
    )


def line(v: Verdict) -> str:
    """One row of a table."""
    tau = "" if isnan(v.order) else f"{v.order:.2f}"
    apart = "" if isnan(v.apart) else f"{v.apart:.1e}"
    cells = [f"`{v.pair.ours}`", f"`{spec(v.pair.theirs)}`", v.pair.condition, v.words, apart]
    cells += [f"{v.agreeing}/{len(v.judged)}", f"{v.compared}/{v.samples}", tau]
    (f1, b1, s1), (f2, b2, s2) = v.cost("ours"), v.cost("theirs")
    cells += [f"{f1:.0f} + {b1:.0f}", f"{f2:.0f} + {b2:.0f}", f"{s1:.2f}", f"{s2:.2f}"]
    return f"| {' | '.join(cells)} |"


def spec(judge: Metric) -> str:  # type: ignore[type-arg]
    """A metric as it is named, with the parameters that are not the default ones."""
    usual = metric(judge.name)
    said = [f"{k}={v!r}" for k, v in vars(judge).items() if getattr(usual, k) != v]
    return judge.name + (f"({', '.join(said)})" if said else "")


def shown(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """The tests of every difference, below `tests/`."""
    for pair in dict.fromkeys(v.pair for v in verdicts if v.pair.why):
        yield f"- `{pair.theirs.name}` beside `{pair.ours}`: {', '.join(f'`{test}`' for test in pair.tests)}"


def comparisons(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """One row a comparison and method."""
    return pd.DataFrame(
        {
            **described(v.pair),
            "verdict": v.words,
            "method": m.method,
            "compared": int(m.compared.sum()),
            "samples": len(m.ids),
            "apart": m.apart,
            "tolerance": v.pair.tolerance,
            "tau": v.order,
            **{
                f"{side}_{what}": value
                for side, s in (("ours", m.ours), ("theirs", m.theirs))
                for what, value in (
                    ("forward", s.forward),
                    ("backward", s.backward),
                    ("cpu_seconds", s.seconds),
                    ("reason", s.reason),
                )
            },
        }
        for v in verdicts
        for m in v.matches
    )


def scores(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """One row a comparison, side, method and sample."""
    return pd.DataFrame(
        {
            **described(v.pair),
            "side": side,
            "method": m.method,
            "sample_id": m.ids[i],
            "score": float(values[i]),
            "reason": said.undefined.get(i, ""),
            "compared": bool(m.compared[i]),
        }
        for v in verdicts
        for m in v.matches
        for side, said, values in (("ours", m.ours, m.values), ("theirs", m.theirs, m.theirs.values))
        for i in range(len(m.ids))
    )


def described(pair: Pair) -> dict[str, str]:
    """What a pair is, in columns."""
    return {
        "dataset": WORLDS[pair.world].dataset,
        "ours": pair.ours,
        "theirs": spec(pair.theirs),
        "conditions": re.sub(r"`", "", pair.condition),
    }


def write(folder: Path, verdicts: Sequence[Verdict], versions: dict[str, str]) -> None:
    """All of it but the environment."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "README.md").write_text(page(verdicts, versions), encoding="utf-8")
    comparisons(verdicts).to_csv(folder / "comparisons.csv", index=False, float_format="%.6g", lineterminator="\n")
    scores(verdicts).to_parquet(folder / "scores.parquet", index=False)
