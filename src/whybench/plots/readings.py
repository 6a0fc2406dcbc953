"""What the plain plots draw, read off one block of a board."""

from collections.abc import Mapping

from whybench.leaderboard.contest import Contest
from whybench.leaderboard.variants import Variant
from whybench.leaderboard.view import View
from whybench.plots.cost import Point
from whybench.plots.curves import MeanCurve, mean_curve
from whybench.plots.scores import Scored


def scored(view: View, contest: Contest) -> list[Scored]:
    """The pool's means with their intervals, best first."""
    of = contest.estimates
    return [
        Scored(view.method_names[e.method], e.control, of[e.method].mean, of[e.method].low, of[e.method].high)
        for e in contest.pool
    ]


def points(view: View, contest: Contest, seconds: Mapping[Variant, float]) -> list[Point]:
    """The pool's means beside the seconds of one explanation; without the methods whose seconds are not known."""
    of = contest.estimates
    return [
        Point(
            view.method_names[e.method],
            e.control,
            seconds[e.method],
            of[e.method].mean,
            of[e.method].low,
            of[e.method].high,
        )
        for e in contest.pool
        if e.method in seconds
    ]


def lines(view: View, contest: Contest) -> list[MeanCurve]:
    """The mean curves behind a contest's scores, best mean first; none where the metric has no curves."""
    made = (
        mean_curve(view.method_names[e.method], e.control, view.records(contest, e.method))
        for e in view.entries(contest)
        if e.status == "ok"
    )
    return [line for line in made if line is not None]
