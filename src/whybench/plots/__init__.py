"""Figures: each function takes plain data and `ax`, and returns the axes that it drew into.

Without `ax` a figure of its own is made, which pyplot does not know. Where a figure has several parts they lie inside
the one axes, as its `child_axes`. `BoardPlots` is what `board.plot` is.
"""

from whybench.plots.accessor import BoardPlots
from whybench.plots.cost import Point, quality_against_cost
from whybench.plots.critical_difference import critical_difference
from whybench.plots.curves import MeanCurve, draw_curves, mean_curve, y_limits
from whybench.plots.gallery import Column, gallery, normalised, shown
from whybench.plots.matrices import agreement_matrix, places_matrix
from whybench.plots.passes import Load, passes_needed_and_done
from whybench.plots.relevance import column_relevance
from whybench.plots.scores import Scored, mean_scores
from whybench.plots.specifications import Specified, ahead_matrix, specification_curve
from whybench.plots.style import save

__all__ = [
    "BoardPlots",
    "Column",
    "Load",
    "MeanCurve",
    "Point",
    "Scored",
    "Specified",
    "agreement_matrix",
    "ahead_matrix",
    "column_relevance",
    "critical_difference",
    "draw_curves",
    "gallery",
    "mean_curve",
    "mean_scores",
    "normalised",
    "passes_needed_and_done",
    "places_matrix",
    "quality_against_cost",
    "save",
    "shown",
    "specification_curve",
    "y_limits",
]
