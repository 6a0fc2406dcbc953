"""Exact worlds: few enough regions that the model is asked about every set of them, so that what is best is known."""

from whybench.worlds.coalitions import MOST, CoalitionTable, refuse_many
from whybench.worlds.criteria import CRITERIA, Criterion, worth
from whybench.worlds.optima import Optima
from whybench.worlds.orders import area_along, extreme_orders
from whybench.worlds.shapley import interactions, shapley_values
from whybench.worlds.sizes import smallest_destroying, smallest_sufficient
from whybench.worlds.standing import Standing

__all__ = [
    "CRITERIA",
    "MOST",
    "CoalitionTable",
    "Criterion",
    "Optima",
    "Standing",
    "area_along",
    "extreme_orders",
    "interactions",
    "refuse_many",
    "shapley_values",
    "smallest_destroying",
    "smallest_sufficient",
    "worth",
]
