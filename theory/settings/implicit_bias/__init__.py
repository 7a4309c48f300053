"""Models whose training chooses among the minima of the loss."""
