"""Audits of trained models, once and along a run."""
