"""In-painting: removed pixels as a small trained network guesses them from the kept ones."""
