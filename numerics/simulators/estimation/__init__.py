"""Simulators of estimation: transport, variational inference, adaptive queries, autoencoders."""
