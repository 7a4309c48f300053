"""Searching the domain of a claim: for a point where it fails, and for the one where it is worst."""
