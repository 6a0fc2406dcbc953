"""Datasets that come with whybench."""
