"""The LASSO on many designs at once: fits, what their duality gap leaves open, and controls of mean 0."""
