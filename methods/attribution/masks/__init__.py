"""What the methods that optimise a mask share: soft masks on a coarse grid, scores with a graph, and the descent."""
