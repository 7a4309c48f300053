"""Curvature of a loss: eigenvalues, traces and spectral densities of its Hessian, each with its own error."""
