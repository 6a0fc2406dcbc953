"""The clauses of metrics, filed when they are imported."""

from whybench.checking.of_metrics import accounting, company, directions, form, grid, laws, orientation

__all__ = ["accounting", "company", "directions", "form", "grid", "laws", "orientation"]
