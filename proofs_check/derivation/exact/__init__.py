"""Exact algebra: normal forms that show formulas to be zero, signs read off coefficients, expansions."""
