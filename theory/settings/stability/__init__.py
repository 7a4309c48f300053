"""Models of dynamical stability: one file for each family of methods."""
