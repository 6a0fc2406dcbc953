"""Comparing two stores, releases or installed versions: which cells moved, and whether that is a regression."""

from whybench.comparing.comparison import DEFAULT, FAILURES, Comparison, compared, failures
from whybench.comparing.document import to_json
from whybench.comparing.judging import Rules
from whybench.comparing.markdown import to_markdown
from whybench.comparing.opening import Timing, open_both
from whybench.comparing.side import Side, store_side
from whybench.comparing.tolerance import Tolerances

__all__ = [
    "DEFAULT",
    "FAILURES",
    "Comparison",
    "Rules",
    "Side",
    "Timing",
    "Tolerances",
    "compared",
    "failures",
    "open_both",
    "store_side",
    "to_json",
    "to_markdown",
]
