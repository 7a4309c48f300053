"""Simulators of minimum-norm and regularised linear models."""
