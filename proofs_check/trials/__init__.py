"""The trials of a claim at a point."""
