"""The clauses of methods, filed when they are imported."""

from whybench.checking.of_methods import (
    again,
    asking,
    closed_form,
    company,
    draws,
    edges,
    form,
    grid,
    known,
    magnitudes,
    mutation,
    resources,
    rewriting,
    settings,
)

__all__ = [
    "again",
    "asking",
    "closed_form",
    "company",
    "draws",
    "edges",
    "form",
    "grid",
    "known",
    "magnitudes",
    "mutation",
    "resources",
    "rewriting",
    "settings",
]
