"""What is asked where algebra does not answer: satisfiability, sums of squares, enclosures of boxes."""
