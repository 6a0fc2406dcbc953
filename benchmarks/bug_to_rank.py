"""How far does one bug move a board? python benchmarks/bug_to_rank.py puts known bugs back, one at a time.

Writes results/bug_to_rank/: README.md, metrics.csv and methods.csv.
"""

import sys
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "bugs"))

import numpy as np
import pandas as pd
import torch
from bug import Judge, MethodBug, MetricBug
from in_methods import METHOD_BUGS
from in_metrics import METRIC_BUGS, SOUND, sound
from moves import Move, move

import whybench
from whybench.cases import open_case
from whybench.errors import Unsupported
from whybench.explanations import Attribution
from whybench.loading import load
from whybench.protocols import Case
from whybench.protocols.method import AttributionMethod
from whybench.statistics import ranks
from whybench.suite import block

FOLDER = Path(__file__).resolve().parent.parent / "results" / "bug_to_rank"
SAMPLES, REDRAWN = 64, 200
METHODS = (
    "gradient",
    "input_x_gradient",
    "integrated_gradients(steps=20)",
    "smooth_grad",
    "guided_backprop",
    "deconvnet",
    "deep_lift",
    "lrp",
    "grad_cam",
    "occlusion",
    "kernel_shap(samples=256)",
    "rise(masks=500)",
    "random",
    "sobel_edges",
)
METRICS = tuple(dict.fromkeys(bug.metric for bug in METRIC_BUGS))

ABOUT = f"""# From bug to rank

Made by `python benchmarks/bug_to_rank.py`: `digits_cnn`, {SAMPLES} digits that it has not learned from, {len(METHODS)}
methods (two of them controls: `random` and `sobel_edges`).

Each row puts one known bug of the field back into a sound metric or method, runs the board again and looks at the order
of the methods. The threads are those of the projects; what the bug does to their own boards is not measured here, only
what it would do to this one. Why regression tests matter: most of these bugs raise no error, give numbers of a
plausible size, and change who wins.

- tau: Kendall's tau-b between the order before and the order after; 1 nothing moved, -1 upside down, `-` all tie after;
- places: the farthest that a method went; pairs: of how many pairs the better one became the worse one;
- by chance: tau of the sound board with itself when its {SAMPLES} digits are drawn anew with replacement, the middle
  95 % of {REDRAWN} draws: what lies inside could be luck;
- farthest: the metric by which the faulty method went farthest from its place; moved by: how many of the metrics that
  rank the method gave it another place; unranked by: how many no longer do, since it has no value for some sample;
- seen by: the law, reference or test that shows the bug. Where tau is 1 no board will.
"""


def board() -> dict[str, Case[Attribution]]:
    """The case of each method."""
    return {spec.partition("(")[0]: case(whybench.method(spec)) for spec in METHODS}


def case(method: AttributionMethod) -> Case[Attribution]:
    found = load(block("digits_cnn", "digits", ["gradient"], ["srg"], samples=SAMPLES), "cpu")
    with torch.no_grad():
        targets = found.model.module(found.inputs).argmax(1)
    return open_case(method, found.model, found.inputs, targets, ids=found.ids, labels=found.labels, rows=256)


def judged(judge: Judge, cases: dict[str, Case[Attribution]], higher_is_better: bool) -> pd.DataFrame:
    """Scores, samples x methods, larger being better; without the methods that the metric does not suit."""
    sign, columns = 1 if higher_is_better else -1, {}
    for name, one in cases.items():
        try:
            columns[name] = sign * judge(one).cpu().numpy()
        except Unsupported:
            continue
    return pd.DataFrame(columns)


@cache
def sound_scores(metric: str) -> pd.DataFrame:
    """A metric's scores as they should be."""
    if metric in SOUND:
        return judged(SOUND[metric][0], CASES(), SOUND[metric][1])
    return judged(sound(metric), CASES(), whybench.metric(metric).higher_is_better)


CASES = cache(board)


def order(scores: pd.DataFrame) -> dict[str, float]:
    """The mean of each method that has a value for all samples that any has one for; rounding is a tie."""
    whole = scores.dropna(how="all").dropna(axis="columns")
    return {name: round(float(value), 12) for name, value in whole.mean().items()}


def by_chance(metric: str) -> tuple[float, float]:
    """The middle 95 % of tau between the board and the same with its samples drawn anew."""
    scores = sound_scores(metric)
    draw = np.random.default_rng(0)
    drawn = [scores.iloc[draw.integers(len(scores), size=len(scores))] for _ in range(REDRAWN)]
    taus = [move(order(scores), order(again)).tau for again in drawn]
    low, high = np.quantile([tau for tau in taus if tau is not None], (0.025, 0.975))
    return float(low), float(high)


def of_metric(bug: MetricBug) -> dict[str, object]:
    """One row: a bug in a metric."""
    before = order(sound_scores(bug.metric))
    after = order(judged(bug.judge, CASES(), bug.higher_is_better))
    low, high = by_chance(bug.metric)
    return {
        "bug": bug.where,
        "what": bug.what,
        "metric": f"`{bug.metric}`",
        **shown(move(before, after)),
        "by chance": f"{low:.2f} to {high:.2f}",
        "seen by": bug.seen,
    }


def of_method(bug: MethodBug) -> dict[str, object]:
    """One row: a bug in a method, by the metrics of the table above."""
    name, faulty = bug.method.partition("(")[0], case(bug.faulty)
    before = {metric: place(name, order(sound_scores(metric))) for metric in METRICS}
    ranked = {metric: old for metric, old in before.items() if old is not None}
    after = {metric: place(name, order(with_faulty(metric, name, faulty))) for metric in ranked}
    went = {metric: (old, new) for metric, old in ranked.items() if (new := after[metric]) is not None}
    farthest = max(went, key=lambda metric: abs(went[metric][1] - went[metric][0]))
    return {
        "bug": bug.where,
        "what": bug.what,
        "method": f"`{bug.method}`",
        "srg": arrow(*went["srg"]),
        "farthest": "-" if len(set(went[farthest])) == 1 else f"{arrow(*went[farthest])} by `{farthest}`",
        "moved by": f"{sum(a != b for a, b in went.values())} of {len(ranked)}",
        "unranked by": len(ranked) - len(went),
        "seen by": bug.seen,
    }


def with_faulty(metric: str, name: str, faulty: Case[Attribution]) -> pd.DataFrame:
    """A metric's scores with the faulty method in the place of the sound one."""
    judge, higher = SOUND.get(metric) or (sound(metric), whybench.metric(metric).higher_is_better)
    return sound_scores(metric).assign(**judged(judge, {name: faulty}, higher))


def place(name: str, means: dict[str, float]) -> int | None:
    """Where a method stands, None where it has no place."""
    return dict(zip(means, ranks(list(means.values())).tolist(), strict=True)).get(name)


def shown(found: Move) -> dict[str, object]:
    return {
        "tau": "-" if found.tau is None else f"{found.tau:.2f}",
        "places": found.places,
        "pairs": f"{found.reversed_pairs} of {found.pairs}",
        "leader": f"`{found.leaders[0]}`" if len(set(found.leaders)) == 1 else " → ".join(found.leaders),
    }


def lines(title: str, table: pd.DataFrame) -> str:
    """A table in Markdown."""
    rows = ["| " + " | ".join(map(str, row)) + " |" for row in [table.columns, ["---"] * table.shape[1], *table.values]]
    return "\n".join([f"## {title}", "", *rows, ""])


def arrow(before: int, after: int) -> str:
    return f"{before} → {after}"


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    metrics = pd.DataFrame([of_metric(bug) for bug in METRIC_BUGS])
    methods = pd.DataFrame([of_method(bug) for bug in METHOD_BUGS])
    metrics.to_csv(FOLDER / "metrics.csv", index=False)
    methods.to_csv(FOLDER / "methods.csv", index=False)
    page = "\n".join([ABOUT, lines("Bugs in metrics", metrics), lines("Bugs in methods", methods)])
    (FOLDER / "README.md").write_text(page, encoding="utf-8")
    sys.stdout.write(page)


if __name__ == "__main__":
    main()
