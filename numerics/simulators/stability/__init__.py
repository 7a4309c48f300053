"""Simulators of the settings in theory.settings.stability."""
