"""The table of one metric family: methods by block in rows, metrics in columns."""

from collections.abc import Sequence

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.entry import Entry
from whybench.leaderboard.figures import DASH, measured, signed
from whybench.leaderboard.names import Names, names
from whybench.leaderboard.notes import LEAK, notes
from whybench.leaderboard.table import Table
from whybench.leaderboard.variants import Variant


def family_table(family: str, everything: Sequence[Contest]) -> Table:
    """The table of `family`, each block sorted by the family's lead: its headline metric, else the first by name.

    A cell is the mean with half of its 95 % interval and the letters of its tie group; n/N behind it where the metric
    is defined for n samples only. A dash with n/N stands for a mean that is refused since this method lacks samples.
    Metrics that trivial maps win by definition are not ranked: a family of only such metrics is in alphabetical order.
    """
    methods, metrics = names(everything)
    contests = [c for c in everything if c.family == family]
    columns = _columns(contests, metrics)
    lead = next((name for name in columns if any(c.ranked for c in contests if label(c, metrics) == name)), None)
    gained = any(c.gains for c in contests if label(c, metrics) == lead)
    headers = ["dataset", "model", *([f"rank ({lead})"] if lead else []), "method"]
    headers += [f"gain over best control ({lead})"] if gained else []
    headers += [f"{name} {arrow(name, contests, metrics)}" for name in columns]
    rows = []
    for block in sorted({c.block for c in contests}):
        here = {label(c, metrics): c for c in contests if c.block == block}
        leading = here.get(lead) if lead else None
        for method in _order(leading, here, methods):
            name = methods[block, method] + (" (control)" if _is_control(method, here) else "")
            row = [block.dataset, block.model, *([_rank(leading, method)] if lead else []), name]
            row += [_gain(leading, method)] if gained else []
            row += [cell(here.get(name), method) for name in columns]
            rows.append(tuple(row))
    return Table(family, tuple(headers), tuple(rows), notes(contests, methods, metrics))


def label(contest: Contest, metrics: Names) -> str:
    """What the contest's metric is called in its block."""
    return metrics[contest.block, contest.metric]


def _columns(contests: Sequence[Contest], metrics: Names) -> list[str]:
    headlines = {label(c, metrics) for c in contests if c.headline}
    return sorted({label(c, metrics) for c in contests}, key=lambda name: (name not in headlines, name))


def arrow(column: str, contests: Sequence[Contest], metrics: Names) -> str:
    """Which way is better in a column."""
    directions = {c.higher_is_better for c in contests if label(c, metrics) == column}
    return "".join("↑" if higher else "↓" for higher in sorted(directions, reverse=True))


def _order(leading: Contest | None, here: dict[str, Contest], methods: Names) -> list[Variant]:
    """The lead's pool, best first, then everything else by name."""
    first = [e.method for e in leading.pool] if leading and leading.ranked else []
    everyone = {e.method for c in here.values() for e in c.entries}
    block = next(iter(here.values())).block
    return [*first, *sorted(everyone.difference(first), key=lambda v: methods[block, v])]


def _entry(contest: Contest | None, method: Variant) -> Entry | None:
    return next((e for e in contest.entries if e.method == method), None) if contest else None


def _is_control(method: Variant, here: dict[str, Contest]) -> bool:
    return any(e.control for c in here.values() for e in c.entries if e.method == method)


def _rank(contest: Contest | None, method: Variant) -> str:
    place = contest.places.get(method) if contest else None
    if contest is None or place is None:
        return DASH
    pool = len(contest.pool)
    if pool > 1 and not contest.pairs.any_separated:
        return f"tied, {pool}"
    span = f" ({place.interval[0]}–{place.interval[1]})" if place.interval else ""
    return f"{place.rank}{span} of {pool}"


def _gain(contest: Contest | None, method: Variant) -> str:
    gain = contest.gains.get(method) if contest else None
    return signed(gain.difference) if gain else DASH


def cell(contest: Contest | None, method: Variant) -> str:
    """A method's mean in a contest, its tie group, or why there is none."""
    entry = _entry(contest, method)
    if contest is None or entry is None:
        return ""
    if entry.status != "ok":
        return entry.status
    mark = LEAK if entry.leak else ""
    if method not in contest.estimates:
        return f"{DASH} {len(entry.values)}/{len(contest.asked)}{mark}"
    place = contest.places.get(method)
    letters = f" {place.tie_group}" if place and len(contest.pool) > 1 else ""
    covered = "" if len(entry.values) == len(contest.asked) else f" {len(entry.values)}/{len(contest.asked)}"
    return f"{measured(contest.estimates[method])}{covered}{letters}{mark}"
