"""Figures: each function takes plain data and, where it draws on one axes, `ax`; it returns the axes it drew on."""

from whybench.plots.cost import Point, quality_against_cost
from whybench.plots.critical_difference import critical_difference
from whybench.plots.curves import MeanCurve, draw_curves, mean_curve, y_limits
from whybench.plots.gallery import Column, gallery, normalised, shown
from whybench.plots.passes import Load, passes_needed_and_done
from whybench.plots.relevance import column_relevance
from whybench.plots.specifications import Specified, ahead_matrix, specification_curve
from whybench.plots.style import save

__all__ = [
    "Column",
    "Load",
    "MeanCurve",
    "Point",
    "Specified",
    "ahead_matrix",
    "column_relevance",
    "critical_difference",
    "draw_curves",
    "gallery",
    "mean_curve",
    "normalised",
    "passes_needed_and_done",
    "quality_against_cost",
    "save",
    "shown",
    "specification_curve",
    "y_limits",
]
