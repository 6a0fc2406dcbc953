"""The clauses of metrics."""
