"""Models that come with whybench."""
