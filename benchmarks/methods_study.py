"""How many models does a claim about two methods need? python benchmarks/methods_study.py runs the study, publishes it.

Runs the suites methods_study and methods_study_seeds (with three seeds) from nothing, or, with a store's URL as an
argument, goes on from what is stored there. Writes results/methods_study/: README.md with the answer, board.md and
board.csv of the pool, duels.csv, components.csv, subpools.csv, two figures, and the records as Parquet.
"""

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "study"))

import numpy as np
import pandas as pd
import study_components as components
import study_figures as figures
import study_page as page
from publish import cover, publish
from study_needs import needs
from study_pool import member
from study_relatives import agreement, halves, twins
from study_verdicts import DRAWS, Signs, contradictions, differences, subpools

from whybench.leaderboard import Leaderboard
from whybench.leaderboard.contest import Contest
from whybench.leaderboard.field import fields
from whybench.leaderboard.names import Names, names
from whybench.runner import Options, run
from whybench.statistics import places
from whybench.statistics.values import Array
from whybench.store import Store
from whybench.suite import suite

STUDY, SEEDS = "methods_study", "methods_study_seeds"
RUNS = range(3)
METRIC = "srg(infill='mean')"
INFILLS = ("mean", "blur", "noisy_linear")
SIZES = (1, 2, 3, 5, 7, 9, 11, 13, 15)
LIMITS = (6, 13, 18, 30, 60, 120)

ABOUT = """# How many models does a claim about two methods need?

Made by `python benchmarks/methods_study.py`, which needs the extra `pool`: the suite `methods_study`, {methods} methods
({controls} of them controls, which run on every model) on {blocks} models, and `methods_study_seeds`, {trained} of them
trained from four seeds each. The headline is `{metric}`: insertion area less deletion area on the
probability, with the mean infill; on photographs with four stratified steps.

## The answer

{answer}

## The pool

How many samples of the whole held-out data each model has right, and how many of them are explained.

{pool}

Every block is another architecture or another data set, and none is a second seed of another one. They are not
{blocks} strangers: models on the same data share it, and what "shares" names. [Do such models
agree more?](#do-models-that-share-something-agree-more) All of them are networks of rectifiers, since half of the
methods refuse others; three learn from tables. On those that are fully connected `lrp(composite='epsilon_plus')` has
no layer for its second rule and is `input_x_gradient`: there the two tie. Nothing here is about transformers or text.

## The board over all models

The regression's srg is in units of its label; ranks have no unit, and the tests compare standardised differences
([statistics](../../docs/statistics.md#methods-over-blocks)).

{board}

![places](places.svg)

[board.md](board.md) has every model's own board with all metrics, [duels.csv](duels.csv) every pair of methods over
all models.

## Where the differences come from

Variance components (method of moments, all factors random) of `srg` with the mean infill, in squared probability,
without controls and without the regression, whose unit is another one. "method" is what all models agree on. "model"
and "sample" are common to all methods and cancel from a comparison. What a claim about methods has to average out is
"method x model"; more samples do not make it smaller.

The {classifiers} classifiers, as many samples as photographs:

{of_models}

The {small} small classifiers, with all samples:

{of_small}

With the infill as a factor ({infills}), on the image classifiers that have all three:

{of_infills}

With the seed that a model was trained from, and that of the methods' own draws (`methods_study_seeds`, three runs):

{of_seeds}

## How many models

By the components of the small classifiers: models that a true mean difference needs to be found with a chance of 80 %
at 5 %, for one pair that was chosen before / for any of {pairs} pairs (Bonferroni).

{planning}

From the pairs as they are (differences of places, by the power of the signed-rank test): with how many such models
would they be separated?

{needed}

And by drawing fewer models from the pool, {draws} times each: of the {sure} pairs (of {of_all}) that all {blocks}
models separate (signed-rank on places, 5 %, uncorrected). The drawn models are part of the pool that they are compared
with, so that what goes wrong is shown too small, and the more so the more of them are drawn.

{verdicts}

![reliability](reliability.svg)

The test cannot say anything with five models or fewer: its smallest p is 2^(1 - k).

## Do models that share something agree more?

Kendall's tau-b between the orders in which two models put the {own} methods without controls.

{relations}

Networks that differ in nothing but the seed are repetitions of one block, not new ones: they agree
{seeded}.
"""


def main(url: str | None = None) -> Path:
    """Run what is missing, publish, and write the page; returns the folder."""
    with tempfile.TemporaryDirectory() as folder:
        kept = url or f"sqlite:///{Path(folder) / 'store.db'}"
        store = Store.open(kept)
        again = [record for seed in RUNS for record in run(replace(suite(SEEDS), seed=seed), store, Options())]
        store.close()  # its board holds the last seed only, the records those of all
        to = publish(STUDY, kept)
        store = Store.open(kept)
        boards = Leaderboard(store.records(STUDY), store.explanation_records(STUDY)), Leaderboard(again)
        store.close()
    boards[1].scores.to_parquet(to / "seeds.parquet", index=False)
    write(*boards, to)
    cover(to)
    return to


def write(board: Leaderboard, seeds: Leaderboard, to: Path) -> None:
    """All that is computed from the records."""
    field = next(f for f in fields(board.contests) if f.metric == METRIC)
    own = [k for k, method in enumerate(field.pool) if method not in field.controls]
    ranks = places(field.scores)
    ahead = differences(places(field.scores[own]))
    found = subpools(ahead, SIZES)
    alone = needs(ahead, len(own), LIMITS)
    classifiers = [b.model for b in field.blocks if b.dataset != "diabetes"]
    of_one_unit = board.subset(models=classifiers)
    small = [model for model in classifiers if not model.startswith("efficientnet")]
    of = {
        "models": components.of_models(of_one_unit),
        "small": components.of_models(board.subset(models=small)),
        "infills": components.of_infills(of_one_unit, INFILLS),
        "seeds": components.of_seeds(seeds),
    }
    spread = page.spread(of["small"][0])
    typical = page.typical_difference(of["small"][0])
    methods, metrics = names(board.contests)
    held = [c for c in board.contests if metrics[c.block, c.metric] == METRIC]
    pool = [field.pool[k] for k in own]
    one = contradictions(on_each_model(held, methods, pool))
    relations = [
        halves(by_sample(held, methods, pool)),
        twins(next(f for f in fields(seeds.contests) if f.headline)),
        *agreement(field.blocks, field.scores[own]),
    ]
    members = [member(b) for b in suite(STUDY).blocks]
    pairs = len(own) * (len(own) - 1) // 2
    apart = next(r for r in relations if r.relation == "neither")
    text = ABOUT.format(
        methods=len(field.pool),
        controls=len(field.pool) - len(own),
        own=len(own),
        blocks=len(field.blocks),
        trained=of["seeds"][1]["model"],
        metric=METRIC,
        answer=page.answer(found, one, spread, typical, alone, pairs),
        pool=page.pool(members),
        board=page.board(next(t for t in board.across_tables(field.family) if METRIC in t.title)),
        classifiers=len(classifiers),
        small=len(small),
        infills=", ".join(INFILLS),
        pairs=pairs,
        of_models=page.sources(*of["models"]),
        of_small=page.sources(*of["small"]),
        of_infills=page.sources(*of["infills"]),
        of_seeds=page.sources(*of["seeds"]),
        planning=page.planning(spread, pairs),
        needed=page.needed(alone),
        draws=DRAWS,
        sure=found[0].pairs,
        of_all=pairs,
        verdicts=page.verdicts(found),
        relations=page.relations(relations),
        seeded=f"at tau {relations[1].tau:.2f} in the mean, models that share nothing at {apart.tau:.2f}",
    )
    (to / "README.md").write_text(text, encoding="utf-8")
    board.duels().to_csv(to / "duels.csv", index=False)
    pd.DataFrame(found).to_csv(to / "subpools.csv", index=False)
    rows = [
        (study, name, *values) for study, (parts, _) in of.items() for name, values in components.shares(parts).items()
    ]
    pd.DataFrame(rows, columns=["study", "source", "variance", "share"]).to_csv(to / "components.csv", index=False)
    title = f"Fewer models: {found[0].pairs} pairs that all {len(field.blocks)} separate"
    for name, figure in (
        ("places", figures.map_of_places(field, ranks)),
        ("reliability", figures.reliability(found, title)),
    ):
        figure.savefig(to / f"{name}.svg", metadata={"Date": None})


def on_each_model(held: Sequence[Contest], methods: Names, pool: Sequence[str]) -> Signs:
    """(pairs, models): what each model's own corrected test says of each pair, samples as the unit."""
    columns = []
    for contest in held:
        at = _places_of(contest, methods)
        apart = contest.pairs.separated
        columns.append(
            [(at[b] > at[a]) * 1 - (at[b] < at[a]) if apart[at[a], at[b]] else 0 for a, b in combinations(pool, 2)]
        )
    return np.array(columns, dtype=np.int64).T


def by_sample(held: Sequence[Contest], methods: Names, pool: Sequence[str]) -> list[Array]:
    """Of each model (methods, samples)."""
    tables = []
    for contest in held:
        at = _places_of(contest, methods)
        tables.append(np.stack([contest.oriented(contest.pool[at[method]]) for method in pool]))
    return tables


def _places_of(contest: Contest, methods: Names) -> dict[str, int]:
    """Where each method stands in the contest's pool, best first, under the name that the board over models has."""
    return {methods[contest.block, e.method]: k for k, e in enumerate(contest.pool)}


if __name__ == "__main__":
    sys.stdout.write(f"{main(*sys.argv[1:])}\n")
