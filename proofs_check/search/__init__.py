"""Searching: mutants of formulas, and places where a claim fails."""
