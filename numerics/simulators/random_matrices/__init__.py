"""Simulators of the settings in theory.settings.random_matrices."""
