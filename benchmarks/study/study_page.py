"""The page of benchmarks/methods_study.py: every number on it comes from the records."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import study_components as components
from study_needs import Need, Spread, models_needed
from study_pool import SHARED, Member
from study_relatives import Relation
from study_verdicts import Contradiction, Verdict

from whybench.leaderboard import Table
from whybench.statistics import Component

DIFFERENCES, SAMPLES = (0.02, 0.05, 0.1, 0.2), (8, 24, 1000)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def percent(share: float | None) -> str:
    """A share in whole percents, in tenths below one."""
    if share is None:
        return "-"
    return f"{100 * share:.1f} %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def pool(members: Sequence[Member]) -> str:
    """A row a block."""
    rows = [
        (f"`{m.model}`", f"`{m.dataset}`", m.right, f"{m.parameters:,}", m.samples, SHARED.get(m.dataset, ""))
        for m in members
    ]
    return table(("model", "data", "right", "parameters", "samples explained", "shares"), rows)


def board(found: Table) -> str:
    """A table of the leaderboard."""
    return table(found.headers, found.rows) + "\n\n" + "\n".join(f"- {note}" for note in found.notes)


def sources(found: Sequence[Component], levels: Mapping[str, int]) -> str:
    """Variance components, largest first."""
    rows = [(name, f"{variance:.5f}", percent(share)) for name, (variance, share) in components.shares(found).items()]
    sizes = ", ".join(f"{count} {components.NAMES.get(name, name)}" for name, count in levels.items())
    return f"Levels: {sizes}.\n\n" + table(("source", "variance", "share"), rows)


def spread(found: Sequence[Component]) -> Spread:
    """What `models_needed` asks for."""
    return Spread(
        components.variance(found, "method", "model"), components.variance(found, "method", "model", "sample")
    )


def planning(of: Spread, pairs: int) -> str:
    """Models that a difference needs, by samples a model, alone and among all pairs."""
    rows = [
        (
            f"{difference:.2f}",
            *(f"{models_needed(difference, of, n)} / {models_needed(difference, of, n, pairs)}" for n in SAMPLES),
        )
        for difference in DIFFERENCES
    ]
    return table(("true mean difference", *(f"{n:,} samples a model" for n in SAMPLES)), rows)


def needed(found: Sequence[Need]) -> str:
    """Shares of pairs by the number of models that separates them."""
    rows = [
        ("none is enough" if n.most is None else f"at most {n.most}", percent(n.share), percent(n.corrected))
        for n in found
    ]
    return table(("models", "pairs, each tested alone", "pairs, Holm over all"), rows)


def verdicts(found: Sequence[Verdict]) -> str:
    """Sub-pools beside the whole."""
    rows = [(v.models, percent(v.claimed), percent(v.contradicted), percent(v.wrong_way)) for v in found]
    return table(
        ("models", "the test says who is ahead", "of these, contradicts the pool", "majority is the other way"), rows
    )


def relations(found: Sequence[Relation]) -> str:
    """Agreement of orders."""
    rows = [(r.relation, r.pairs, f"{r.tau:.2f}", f"{r.lowest:.2f} to {r.highest:.2f}") for r in found]
    return table(("two models", "pairs", "mean tau-b", "range"), rows)


def answer(
    found: Sequence[Verdict], one: Contradiction, of: Spread, typical: float, alone: Sequence[Need], pairs: int
) -> str:
    """How many models does a claim about two methods need? In words."""
    single = next(v for v in found if v.models == 1)
    enough = next((v.models for v in found if v.wrong_way <= 0.05), None)
    few = next(n for n in alone if n.most == 13)
    never = alone[-1]
    forever = models_needed(typical, of, 1e9)
    pooled = "no sub-pool of the sizes tried" if enough is None else f"sub-pools of {enough} models"
    return "\n".join(
        [
            f"- **The direction of a clear difference** comes from few models. Of the {single.pairs} pairs (of "
            f"{pairs}) that the whole pool separates, one model drawn at random has the wrong one ahead in "
            f"{percent(single.wrong_way)} of the cases; the first size at which the majority of models is wrong in no "
            f"more than 5 %: {pooled}.",
            f"- **A test on one model is about that model.** {one.claims:,} differences are significant on one model "
            f"(samples as the unit, Holm over its pairs). Take two of them about the same pair from two models: in "
            f"{percent(one.clash)} of the cases they name different winners, however many samples stand behind each.",
            f"- **To show that a typical pair differs** (two methods of this pool, {typical:.2f} apart in srg) takes "
            f"{models_needed(typical, of, 24)} models at 24 samples each, {models_needed(typical, of, 24, pairs)} "
            f"among all {pairs} pairs; with any number of samples still {forever}: samples do not stand in for models.",
            f"- **Many pairs are closer than that.** 13 models separate {percent(few.share)} of the pairs when each is "
            f"tested alone, {percent(few.corrected)} after Holm; {percent(never.share)} are separated by no number of "
            "models like these, since who is ahead depends on the model.",
        ]
    )


def typical_difference(found: Sequence[Component]) -> float:
    """The root mean square difference of two methods' means over all models."""
    return float(np.sqrt(2 * components.variance(found, "method")))
