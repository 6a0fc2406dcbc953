"""Whether a method, metric, model or dataset keeps the promises of its kind: clauses, and things to try them on."""

import whybench.checking.of_methods.asking
import whybench.checking.of_methods.company
import whybench.checking.of_methods.draws
import whybench.checking.of_methods.edges
import whybench.checking.of_methods.known
import whybench.checking.of_methods.mutation
import whybench.checking.of_methods.resources
import whybench.checking.of_methods.rewriting
import whybench.checking.of_methods.settings  # noqa: F401  filed when they are imported
from whybench.checking.clause import CLAUSES, Broken, Clause, Inapplicable, clauses
from whybench.checking.report import Finding, Report
from whybench.checking.running import check

__all__ = ["CLAUSES", "Broken", "Clause", "Finding", "Inapplicable", "Report", "check", "clauses"]
