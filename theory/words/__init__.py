"""A claim and its steps in words, Unicode and LaTeX."""
