"""Models of estimation: one file for each family of settings."""
