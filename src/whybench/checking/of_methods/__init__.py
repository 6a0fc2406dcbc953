"""The clauses of methods."""
