"""Quality against cost: who is neither slower nor worse than another."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.entry import Entry
from whybench.leaderboard.expenses import Expense
from whybench.leaderboard.family import arrow, label
from whybench.leaderboard.figures import measured, number
from whybench.leaderboard.names import names
from whybench.leaderboard.table import Table
from whybench.statistics import pareto_front

Cost = Literal["seconds", "passes"]


class Front(NamedTuple):
    """A ranked method's quality and cost under one metric.

    cost: wall seconds, or samples through the model forward and backward, an explained sample; front: no other is at
    most as costly and at least as good, one of the two strictly; beaten_by: of those that are at most as costly, the
    best one, where it is better; surely: and separated from this one by the signed-rank test.
    """

    kind: str
    dataset: str
    model: str
    family: str
    metric: str
    method: str
    control: bool
    cost: float
    mean: float
    front: bool
    beaten_by: str
    surely: bool
    pool: int


def fronts(contests: Sequence[Contest], expenses: Iterable[Expense], cost: Cost) -> Iterable[Front]:
    """The rows of every ranked contest, cheapest first; methods whose cost is not known have none."""
    costs = {
        (e.kind, e.dataset, e.model, e.method, e.method_parameters): (
            e.wall_seconds if cost == "seconds" else e.forward + e.backward
        )
        for e in expenses
        if not e.metric
    }
    methods, metrics = names(contests)
    for c in (c for c in contests if c.ranked):
        known = [e for e in c.pool if (*c.block, e.method.name, e.method.parameters) in costs]
        if not known:
            continue
        paid = [costs[*c.block, e.method.name, e.method.parameters] for e in known]
        quality = [c.sign * c.estimates[e.method].mean for e in known]
        on_front = pareto_front(paid, quality)
        for k in sorted(range(len(known)), key=lambda k: (paid[k], -quality[k], known[k].method)):
            ahead = _ahead(k, paid, quality)
            place = [c.pool.index(known[j]) for j in (k, ahead)] if ahead is not None else None
            yield Front(
                *(*c.block, c.family, metrics[c.block, c.metric], methods[c.block, known[k].method]),
                *(known[k].control, paid[k], c.estimates[known[k].method].mean, bool(on_front[k])),
                beaten_by="" if ahead is None else methods[c.block, known[ahead].method],
                surely=place is not None and bool(c.pairs.separated[place[0], place[1]]),
                pool=len(known),
            )


def _ahead(k: int, costs: Sequence[float], qualities: Sequence[float]) -> int | None:
    """Of those at most as costly the best, where it is better, or as good and cheaper."""
    others = [
        j for j in range(len(costs)) if costs[j] <= costs[k] and (qualities[j], -costs[j]) > (qualities[k], -costs[k])
    ]
    return max(others, key=lambda j: (qualities[j], -costs[j], -j)) if others else None


def front_table(family: str, contests: Sequence[Contest], rows: Sequence[Front], cost: Cost) -> Table:
    """The headline metric of a family (or each of its metrics) against cost, a line a method, cheapest first."""
    _, metrics = names(contests)
    here = [c for c in contests if c.family == family and c.ranked]
    shown = [c for c in here if c.headline] or here
    unit = "ms" if cost == "seconds" else "passes"
    lines, pools = [], []
    for c in shown:
        name = label(c, metrics)
        same = [r for r in rows if (r.kind, r.dataset, r.model) == tuple(c.block) and r.metric == name]
        means = _means(c, contests)
        for r in same:
            said = "on the front" if r.front else f"{r.beaten_by}{' (separated)' if r.surely else ''}"
            price = number(1e3 * r.cost if cost == "seconds" else r.cost)
            called = f"{r.method} (control)" if r.control else r.method
            lines.append(
                (r.dataset, r.model, called, price, f"{name} {arrow(name, here, metrics)}", means[r.method], said)
            )
        if same:
            members = ", ".join(sorted(r.method for r in same))
            pools.append(f"Pool of {name} ({c.block.model} on {c.block.dataset}): {len(same)}: {members}.")
    notes = (
        "A method is on the front where no other of the pool is at most as costly and at least as good, one of the two "
        "strictly; else the best of those at most as costly is named. The front depends on the pool.",
        *pools,
    )
    headers = ("dataset", "model", "method", unit, "metric", "mean", "cheaper and better")
    return Table(f"{family}: quality against cost", headers, tuple(lines), notes)


def _means(contest: Contest, contests: Sequence[Contest]) -> dict[str, str]:
    methods, _ = names(contests)

    def called(entry: Entry) -> str:
        return methods[contest.block, entry.method]

    return {called(e): measured(contest.estimates[e.method]) for e in contest.pool}
