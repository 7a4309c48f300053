"""Whether the steps of a derivation hold: algebra, satisfiability, enclosures, sums of squares, instances."""
