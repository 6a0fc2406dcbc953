"""The pytest plugin: goldens with reasons, cells as tests, and a baseline that they must not fall behind."""
