"""What the specifications of a metric say: over all pairs of methods, and of the most contested one."""

from collections.abc import Sequence
from textwrap import fill

from matplotlib.axes import Axes

from whybench.leaderboard.sensitivity import Curve, Sensitivity
from whybench.leaderboard.variants import Variant
from whybench.plots.labels import label
from whybench.plots.specifications import Specified, ahead_matrix, specification_curve


def contested(curve: Curve) -> Sensitivity:
    """The pair of which each is ahead most surely under some specification, methods before controls."""
    controls = {curve.names[m] for m in curve.controls}
    return max(
        curve.rows,
        key=lambda r: (
            r.method_a not in controls and r.method_b not in controls,
            min(r.above, r.below),
            min(r.share_ahead, r.share_behind),
        ),
    )


def order_found(curve: Curve) -> str:
    """How many pairs keep their order, and how many are turned round."""
    rows = curve.rows
    same = sum(max(r.share_ahead, r.share_behind) == 1 for r in rows)
    said = f"{same} of {len(rows)} pairs keep their order under all {len(curve.of.specifications)} specifications"
    several = len(turned(rows))
    return f"{said}; {several} are turned round with both intervals off zero" if several else said


def draw_order(curve: Curve, ax: Axes | None = None) -> Axes:
    """`ahead_matrix` of a metric's specifications; the title says what is found."""
    shown = {curve.names[m]: _shown(curve, m) for m in curve.order}
    shares = {(shown[r.method_a], shown[r.method_b]): r.share_ahead for r in curve.rows}
    shares |= {(shown[r.method_b], shown[r.method_a]): r.share_behind for r in curve.rows}
    both = [(shown[r.method_a], shown[r.method_b]) for r in turned(curve.rows)]
    title = fill(f"{curve.of.metric}: {order_found(curve)}", 70)
    return ahead_matrix(list(shown.values()), shares, both, title, ax)


def pair_found(pair: Sensitivity) -> str:
    """In what share of the specifications the first of a pair is ahead of the second."""
    return (
        f"{label(pair.method_a, 40)} is ahead of {label(pair.method_b, 40)} in {pair.share_ahead:.0%} of "
        f"{pair.specifications} specifications, with an interval above zero in {pair.above:.0%} and below in "
        f"{pair.below:.0%}"
    )


def draw_pair(curve: Curve, pair: Sensitivity, ax: Axes | None = None) -> Axes:
    """`specification_curve` of one pair of methods; the title says what is found."""
    by_name = {name: m for m, name in curve.names.items()}
    points = [
        Specified(one.choices, effect.mean, effect.low, effect.high)
        for one, effect in curve.effects(by_name[pair.method_a], by_name[pair.method_b])
    ]
    title = fill(f"{curve.of.metric}: {pair_found(pair)}", 100)
    return specification_curve(points, "paired effect, in its SDs", title, ax)


def turned(rows: Sequence[Sensitivity], share: float = 0.0) -> list[Sensitivity]:
    """The pairs of which each is ahead, with an interval off zero, under more than this share of the specifications."""
    return [r for r in rows if min(r.above, r.below) > share]


def _shown(curve: Curve, method: Variant) -> str:
    return curve.names[method] + " (control)" * (method in curve.controls)
