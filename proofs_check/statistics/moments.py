"""One pass over a block of trials: what the mixture needs, and the gates that say whether its interval may be believed.

Gates: influence R = max|y − ȳ|² / Σ(y − ȳ)² < 0.1 and skew A = |γ̂| max(z_t, 4)³ / (3√n) < 2. Both withhold verdicts
and never create one. R is the share of one trial in the estimated variance. A bounds the relative error
O((1 + z)³ρ₃/√n) of the normal tail of a self-normalised sum (Jing, Shao and Wang 2003). Hill's index only words the
reason.
"""

import math
from dataclasses import dataclass

import numpy as np

INFLUENCE_LIMIT = 0.1
SKEW_LIMIT = 2.0
DISTINCT_LEAST = 20


@dataclass(frozen=True)
class Moments:
    """Of one block: number of trials, mean, s.d. (n − 1), skewness, influence R, and whether ≥ 20 values differ."""

    trials: int
    mean: float
    sd: float
    skewness: float
    influence: float
    varied: bool

    def skew_gate(self, z: float) -> float:
        """A = |γ̂| max(z, 4)³ / (3√n)."""
        reach = max(z, 4.0)
        return abs(self.skewness) * reach * reach * reach / (3 * math.sqrt(self.trials))

    def closed(self, z: float, first_look: int) -> str:
        """The gate this block does not pass, or ''. Only the sentence on the first look speaks of trials."""
        if self.trials < first_look:
            return f"regime: {self.trials} trials in a block, the first look is at {first_look}"
        if self.sd == 0:
            return "regime: the values of a block are all equal"
        if not self.varied:
            return f"regime: fewer than {DISTINCT_LEAST} distinct values in a block"
        if self.influence >= INFLUENCE_LIMIT:
            return f"regime: one value carries {self.influence:.2g} of the variance (limit {INFLUENCE_LIMIT})"
        if self.skew_gate(z) >= SKEW_LIMIT:
            return f"regime: the skewness error of the tail is {self.skew_gate(z):.2g} (limit {SKEW_LIMIT:g})"
        return ""


def moments(values: np.ndarray) -> Moments:
    """Moments of one block about its first value, in units of the largest deviation: no cancellation, no overflow.

    Shapes: (n,), n ≥ 1, finite.
    """
    n = len(values)
    deviations = values - values[0]
    unit = float(max(deviations.max(), -deviations.min()))
    if unit == 0:
        return Moments(n, float(values[0]), 0.0, 0.0, 0.0, varied=False)
    deviations /= unit
    centre = float(deviations.mean())
    deviations -= centre
    squares = deviations * deviations  # sums, not @: a threaded dot product of short vectors is 50 times slower
    total = float(squares.sum())
    return Moments(
        trials=n,
        mean=float(values[0]) + unit * centre,
        sd=unit * math.sqrt(total / (n - 1)),
        skewness=float((squares * deviations).sum()) / n / (total / n) ** 1.5,
        influence=float(squares.max()) / total,
        varied=_varied(values),
    )


def _varied(values: np.ndarray) -> bool:
    # a few values settle it for any continuous observable, without sorting all
    return len(set(values[: 2 * DISTINCT_LEAST].tolist())) >= DISTINCT_LEAST or np.unique(values).size >= DISTINCT_LEAST


def infinite_variance_likely(values: np.ndarray) -> bool:
    """Whether the upper 95 % limit α̂(1 + 1.96/√k) of Hill's tail index of |y − ȳ|, k = √n, lies below 2.

    Never with ties among the k + 1 largest: the index is meaningless for discrete values.
    """
    k = math.isqrt(len(values))
    if k < 2:
        return False
    distances = np.abs(values - values.mean())
    top = np.sort(np.partition(distances, -k - 1)[-k - 1 :])
    if top[0] == 0 or np.any(top[1:] == top[:-1]):
        return False
    index = k / float(np.log(top[1:] / top[0]).sum())
    return index * (1 + 1.96 / math.sqrt(k)) < 2
