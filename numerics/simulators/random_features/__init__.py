"""Simulators of random-feature and kernel regression."""
