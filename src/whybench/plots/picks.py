"""Which contest, field or specification curve of a board a figure is of."""

from collections.abc import Callable

from whybench.errors import UnknownName, UsageError
from whybench.leaderboard.board import Leaderboard
from whybench.leaderboard.contest import Contest
from whybench.leaderboard.field import Field
from whybench.leaderboard.sensitivity import Curve
from whybench.leaderboard.view import View, views


def pick_view(board: Leaderboard, model: str | None, dataset: str | None) -> View:
    """The first block of the board with this model and dataset; None stands for any."""
    return _matching(board, model, dataset)[0]


def pick_contest(
    board: Leaderboard,
    metric: str | None,
    model: str | None,
    dataset: str | None,
    fits: Callable[[View, Contest], bool],
    what: str,
) -> tuple[View, Contest]:
    """The first contest in the order of the board that is asked for and fits, with its block.

    metric: a label as the board shows it, or a bare name. Raises UnknownName for a name that is not on the board, and
    UsageError, which says `what` none has, where no contest fits.
    """
    found = [(view, c) for view in _matching(board, model, dataset) for c in view.contests]
    asked = [(view, c) for view, c in found if metric is None or metric in (c.metric.name, view.metric_names[c.metric])]
    if not asked:
        raise UnknownName("metric", str(metric), [view.metric_names[c.metric] for view, c in found])
    fitting = [(view, c) for view, c in asked if fits(view, c)]
    if not fitting:
        others = sorted({view.metric_names[c.metric] for view, c in found if fits(view, c)})
        raise UsageError(f"{metric or 'no metric'}: nothing {what}; on this board: {', '.join(others) or 'no metric'}")
    return fitting[0]


def pick_field(board: Leaderboard, metric: str | None) -> Field:
    """The first headline metric, or the metric asked for, over two model x dataset blocks or more."""
    if metric is not None and metric not in {f.metric for f in board.fields}:
        raise UnknownName("ranked metric", metric, [f.metric for f in board.fields])
    found = [f for f in board.fields if metric in (None, f.metric)]
    fitting = [f for f in found if len(f.blocks) > 1 and len(f.pool) > 1]
    if not fitting:
        blocks = max((len(f.blocks) for f in found), default=0)
        raise UsageError(
            f"{metric or 'every metric'}: {blocks} model x dataset blocks in which two methods are whole; mean ranks "
            "need two or more: run more models, or draw plot.scores()"
        )
    return next((f for f in fitting if f.headline), fitting[0])


def pick_curve(board: Leaderboard, metric: str | None, model: str | None, dataset: str | None) -> Curve:
    """The first metric that a block holds under several specifications, and two methods at least."""
    blocks = {view.block for view in _matching(board, model, dataset)}
    found = [curve for curve in board.specification_curves if curve.of.block in blocks]
    for curve in found:
        if metric in (None, curve.of.metric) and curve.rows:
            return curve
    known = sorted({curve.of.metric for curve in found})
    raise UsageError(
        f"{metric or 'no metric'}: not on the board under two specifications or more; those that are: "
        f"{', '.join(known) or 'none'} (the suite metric_sensitivity runs several)"
    )


def _matching(board: Leaderboard, model: str | None, dataset: str | None) -> list[View]:
    found = list(views(board))
    if not found:
        raise UsageError("an empty board has nothing to draw")
    for kind, name, known in (
        ("model", model, [v.block.model for v in found]),
        ("dataset", dataset, [v.block.dataset for v in found]),
    ):
        if name is not None and name not in known:
            raise UnknownName(kind, name, known)
    here = [v for v in found if model in (None, v.block.model) and dataset in (None, v.block.dataset)]
    if not here:
        raise UsageError(
            f"no block with the model {model} on {dataset}; there are: {', '.join(v.title for v in found)}"
        )
    return here
