"""Metrics, one folder a kind, one metric a file."""

assert __name__ == "whybench.metrics", f"import whybench.metrics, not {__name__}"

from whybench.metrics import attribution

__all__ = ["attribution"]
