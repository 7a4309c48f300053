"""How expressions become numbers: balls, float64 with its rounding, integrals and minima in both."""
