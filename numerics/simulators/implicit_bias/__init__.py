"""Simulators of the settings in theory.settings.implicit_bias."""
