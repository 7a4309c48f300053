"""Linear and kernel regression."""
