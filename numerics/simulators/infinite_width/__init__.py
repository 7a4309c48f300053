"""Simulators of networks at large width and of their kernels."""
