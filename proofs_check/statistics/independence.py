"""Why the trials of a sample cannot be independent draws: values that repeat, neighbours that correlate."""

import math

import numpy as np

TIES_LIMIT = 0.01
FEW_OTHERS = 10


def dependence_fault(values: np.ndarray, *, repeats: bool = False) -> str:
    """Why the values cannot be independent draws of a continuous observable, in a sentence, or ''.

    Not finite; more than 1 % exact repetitions (of more than two distinct values, unless `repeats` are natural);
    lag-1 correlation of the ranks beyond 5/√n. Ranks, because under independence their correlation has Gaussian tails
    for every law.
    """
    sample = np.asarray(values, dtype=float)
    n = len(sample)
    lost = n - int(np.isfinite(sample).sum())
    if lost:
        return f"{lost} of {n} values are not finite"
    ties = "" if repeats else repetition(sample)
    if ties:
        return ties
    _, ranks, counts = np.unique(sample, return_inverse=True, return_counts=True)
    if n < 2 or n - counts.max() < FEW_OTHERS * math.sqrt(n):  # neighbours among a few events follow no Gaussian law
        return ""
    ranks = ranks - ranks.mean()
    correlation = float(ranks[1:] @ ranks[:-1]) / float(ranks @ ranks)
    if abs(correlation) > 5 / math.sqrt(n):
        return f"neighbouring values correlate by {correlation:.3f}, beyond 5/√n = {5 / math.sqrt(n):.3f}"
    return ""


def repetition(sample: np.ndarray) -> str:
    """That more than 1 % of more than two distinct values repeat another one exactly, in a sentence, or ''."""
    n, distinct = len(sample), len(np.unique(sample))
    ties = 1 - distinct / n if n else 0.0
    return f"{ties:.1%} of the {n} values repeat another one exactly, in a continuous observable" if (
        distinct > 2 and ties > TIES_LIMIT
    ) else ""  # fmt: skip
