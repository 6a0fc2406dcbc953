"""whybench: benchmark explanations of machine-learning models."""
