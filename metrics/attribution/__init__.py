"""Metrics of attributions."""
