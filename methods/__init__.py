"""Explanation methods, one folder a kind, one method a file."""

assert __name__ == "whybench.methods", f"import whybench.methods, not {__name__}"

from whybench.methods import attribution

__all__ = ["attribution"]
