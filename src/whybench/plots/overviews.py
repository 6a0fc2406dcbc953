"""The figures of a whole board: places in all families, agreement of families and of metrics."""

from collections import Counter
from collections.abc import Mapping
from textwrap import fill

from matplotlib.axes import Axes

from whybench.errors import UnknownName
from whybench.leaderboard.agreement import agreements, family_agreements
from whybench.leaderboard.board import Leaderboard
from whybench.leaderboard.contest import Block
from whybench.leaderboard.names import names
from whybench.leaderboard.profile import columns
from whybench.leaderboard.variants import Variant
from whybench.plots.labels import label, listed
from whybench.plots.matrices import agreement_matrix, places_matrix
from whybench.statistics import mean

Pairs = Mapping[tuple[str, str], float]


def draw_profile(board: Leaderboard, ax: Axes | None = None) -> Axes:
    """The place of every method by the headline metric of every family, controls at the bottom."""
    shown = {f"{f.family}: {f.metric}": f for f in columns(board.fields)}
    places = {(m, name): int(f.ranks[k]) for name, f in shown.items() for k, m in enumerate(f.pool)}
    controls = frozenset[str]().union(*(f.controls for f in shown.values()))
    everyone = {m for f in shown.values() for m in f.whole}
    last = len(everyone) + 1
    methods = sorted(everyone, key=lambda m: (m in controls, *(places.get((m, c), last) for c in shown), m))
    first = Counter(m for (m, _), place in places.items() if place == 1)
    leaders = [f"{label(m)} in {n}" for m, n in sorted(first.items(), key=lambda item: (-item[1], item[0]))]
    title = f"First by {len(shown)} metrics: {listed(leaders)}" if leaders else "No metric is ranked"
    called = {m: f"{label(m)} (control)" if m in controls else m for m in methods}
    return places_matrix(
        list(called.values()),
        list(shown),
        {(called[m], name): place for (m, name), place in places.items()},
        {name: len(f.pool) for name, f in shown.items()},
        fill(title, 80),
        ax,
    )


def draw_family_agreement(board: Leaderboard, ax: Axes | None = None) -> Axes:
    """The mean tau-b within and across families."""
    rows = list(family_agreements(agreements(board.contests)))
    taus = {(r.family_a, r.family_b): r.tau_b for r in rows}
    shown = [f for f in board.families if any(f in pair for pair in taus)]
    return agreement_matrix(shown, taus, fill(agreement_found("families", taus), 80), ax)


def draw_metric_agreement(board: Leaderboard, family: str, ax: Axes | None = None) -> Axes:
    """The tau-b of every two metrics of a family, its mean over blocks; raises UnknownName for another family."""
    if family not in board.families:
        raise UnknownName("metric family", family, list(board.families))
    _, metrics = names(board.contests)
    found: dict[tuple[str, str], list[float]] = {}
    for a in agreements([c for c in board.contests if c.family == family]):
        if a.tau_b is not None:
            block = Block(a.kind, a.dataset, a.model)
            one, other = Variant(a.metric_a, a.parameters_a), Variant(a.metric_b, a.parameters_b)
            found.setdefault((metrics[block, one], metrics[block, other]), []).append(a.tau_b)
    taus = {pair: mean(each) for pair, each in found.items()}
    shown = list(dict.fromkeys(name for pair in taus for name in pair))
    return agreement_matrix(shown, taus, fill(agreement_found(f"{family} metrics", taus), 80), ax)


def agreement_found(what: str, taus: Pairs) -> str:
    """Which two agree most, and which least.

    >>> agreement_found("families", {("a", "a"): 0.9, ("a", "b"): 0.5, ("b", "c"): -0.25})
    'Of different families, a and b agree most (0.50), b and c least (-0.25)'
    """
    apart = {pair: tau for pair, tau in taus.items() if pair[0] != pair[1]}
    if not apart:
        return f"No two {what} to compare"
    most, least = max(apart, key=lambda p: apart[p]), min(apart, key=lambda p: apart[p])
    if len(apart) == 1:
        return f"Between {label(most[0])} and {label(most[1])} Kendall's tau-b is {apart[most]:.2f}"
    return (
        f"Of different {what}, {label(most[0])} and {label(most[1])} agree most ({apart[most]:.2f}), "
        f"{label(least[0])} and {label(least[1])} least ({apart[least]:.2f})"
    )
