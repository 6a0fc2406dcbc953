"""Clauses that hold for all but a few, each with the reason why it does not hold for them."""

from collections.abc import Mapping

from whybench.checking.clause import Sort

DECLARED: Mapping[tuple[Sort, str], Mapping[str, str]] = {}
"""By sort and registered name: the clause and the reason, printed beside the offending values."""
