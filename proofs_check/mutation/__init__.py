"""Mutation scores: changed formulas, which must be refuted, judged on the trials of one simulation."""
