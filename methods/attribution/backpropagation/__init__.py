"""Modified backpropagation."""
