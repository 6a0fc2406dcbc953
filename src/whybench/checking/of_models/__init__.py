"""The clauses of models and datasets."""
