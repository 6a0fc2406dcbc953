"""Whether a method, metric, model or dataset keeps the promises of its kind: clauses, and things to try them on."""

from whybench.checking import of_methods, of_metrics, of_models
from whybench.checking.clause import CLAUSES, Broken, Clause, Inapplicable, clauses
from whybench.checking.report import Finding, Report
from whybench.checking.running import check
from whybench.checking.subject import sorts

__all__ = [
    "CLAUSES",
    "Broken",
    "Clause",
    "Finding",
    "Inapplicable",
    "Report",
    "check",
    "clauses",
    "of_methods",
    "of_metrics",
    "of_models",
    "sorts",
]
