"""The report: one static page with its figures and tables beside it."""

from whybench.report.writing import write_report

__all__ = ["write_report"]
