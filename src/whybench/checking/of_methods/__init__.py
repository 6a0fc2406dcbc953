"""The clauses of methods, filed when they are imported."""

from whybench.checking.of_methods import (
    asking,
    company,
    draws,
    edges,
    form,
    grid,
    known,
    mutation,
    resources,
    rewriting,
    settings,
)

__all__ = [
    "asking",
    "company",
    "draws",
    "edges",
    "form",
    "grid",
    "known",
    "mutation",
    "resources",
    "rewriting",
    "settings",
]
