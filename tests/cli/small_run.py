"""A run on the smallest built-in model, but for its methods and metrics."""

SMALL = ("run", "-M", "digits_cnn", "-D", "digits", "--samples", "4")
