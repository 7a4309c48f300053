"""Models of regularisation: one file for each family of settings."""
