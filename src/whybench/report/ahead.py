"""Which methods are ahead of every control, block by block: the first question of whoever opens a board."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from whybench.leaderboard import Table
from whybench.leaderboard.contest import Contest
from whybench.leaderboard.figures import DASH, signed
from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View
from whybench.plots.findings import ahead, finding
from whybench.report.tables import CONTROL

STAR = " *"


def ahead_table(blocks: Sequence[View]) -> Table:
    """Each method's gain over the best control by each block's lead; without rows where there is no control to beat.

    Rows are in the order of the number of blocks in which a method is ahead, and then of its mean place.
    """
    led = [(view, view.lead) for view in blocks if view.lead is not None and view.lead.gains]
    gains: dict[str, dict[View, str]] = {}
    wins: dict[str, int] = {}
    places: dict[str, list[float]] = {}
    for view, contest in led:
        better = set(ahead(contest))
        for method, gain in contest.gains.items():
            name = view.method_names[method]
            gains.setdefault(name, {})[view] = signed(gain.difference) + STAR * (method in better)
            wins[name] = wins.get(name, 0) + (method in better)
            places.setdefault(name, []).append(contest.places[method].rank / len(contest.pool))
    order = sorted(gains, key=lambda name: (-wins[name], fmean(places[name]), name))
    rows = tuple(
        (name, f"{wins[name]} of {len(gains[name])}", *(gains[name].get(view, DASH) for view, _ in led))
        for name in order
    )
    headers = ("method", "ahead in", *(header(view) for view, _ in led))
    return Table("ahead of every control", headers, rows, _notes(led) if led else ())


def answer(view: View) -> str:
    """The finding of a block, to be read after its title."""
    if view.lead is None:
        return ": no metric ranks anything here."
    return f", by {view.metric_names[view.lead.metric]}: {finding(view.lead, view.method_names)}."


def header(view: View) -> str:
    """What the column of a block is called."""
    return f"{view.title}: {view.metric_names[view.lead.metric]}" if view.lead else view.title


def _notes(led: Sequence[tuple[View, Contest]]) -> tuple[str, ...]:
    best = "; ".join(
        f"{view.title}: {_called(view.method_names, contest.best_control.method)}"
        for view, contest in led
        if contest.best_control is not None
    )
    return (
        "Gain: mean difference over the best control on the same samples, positive where the method is better, ± half "
        "of its 95 % interval. * ahead: the interval, not corrected for the number of methods, lies above zero.",
        f"Best control: {best}.",
        "Units differ between columns wherever models or metrics do: gains are compared down a column, not across.",
    )


def _called(names: Mapping[Variant, str], method: Variant) -> str:
    return names[method].removesuffix(CONTROL)
