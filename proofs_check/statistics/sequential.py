"""Confidence sequences: intervals for a mean or a frequency that hold at all numbers of trials at once.

Normal mixture: Robbins (1970), Howard et al. (2021), Waudby-Smith et al. (2024, plug-in variance). Betting:
Waudby-Smith and Ramdas (2024). Catoni: Wang and Ramdas (2023). α is the level of the whole sequence: the
probability that it misses at any look. Values are given in trial order, always all of them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincc, betaln, logsumexp, ndtr, stdtrit, xlog1py, xlogy

from proofs_check.statistics.moments import Moments, infinite_variance_likely, moments
from theory.errors import BadInput, BadSample

BETS = 0.9 * 0.5 ** np.arange(8)
SCALES = 2.0 ** np.arange(-3, 4)
Z_LIMIT = 37.0  # the normal tail underflows beyond; P(|Z| > 37) = 1e-299 at a look spends nothing
PRIOR_WEIGHT = 50.0
PIECE = 1024  # values whose logarithms stay in the cache


@dataclass(frozen=True)
class Interval:
    """A confidence sequence at one look.

    `guarantee`: exact (proved), bounded (proved given the declared bound), calibrated (asymptotic, measured).
    `influence` and `skew` are the gates R and A at their worst block, `z` the largest block's z_t (for the proved
    ones the half-width in standard errors), `sd` of one trial. `hill_infinite` is asked only when a gate is closed.
    """

    lower: float
    upper: float
    level: float
    guarantee: str
    gates_open: bool
    reason: str
    influence: float
    skew: float
    z: float
    sd: float
    trials: int
    hill_infinite: bool


@dataclass(frozen=True)
class Ends:
    """The interval of one block, or the hull of several."""

    lower: float
    upper: float
    z: float


NOWHERE = Ends(-math.inf, math.inf, 0.0)


def blocks_for(level: float) -> int:
    """Number K of independent blocks: the side level of a block stays ≥ 1e-4, which a calibration can measure."""
    return 1 if level >= 2e-4 else 2 if level >= 2e-8 else 3


def block_level(level: float, blocks: int) -> float:
    """Side level a = (α/2)^(1/K) of a block, when both ends of the hull are used."""
    return (level / 2) ** (1 / blocks)


def normal_mixture(v: float, rho: float, level: float) -> float:
    """Two-sided boundary √((v + ρ) log((v + ρ)/(α²ρ))) of a Gaussian sum of variance v (Robbins 1970)."""
    return math.sqrt((v + rho) * (math.log1p(v / rho) - 2 * math.log(level)))


def block_ends(block: Moments, *, side: float, tolerance: float) -> Ends:
    """Interval of the mean from one block, each end at side level a: t-mapped, widened for skewness, never narrowed.

    r = σ̂²/τ², z = √((n + r)/n · log((n + r)/((2a)² r))), z_t = −t⁻¹(Φ(−z)), w = γ̂(2z_t² + 1)/(6√n),
    U = ȳ + σ̂/√n (z_t + max(w, 0)), L = ȳ − σ̂/√n (z_t + max(−w, 0)).
    """
    if block.trials < 2 or block.sd == 0:
        return NOWHERE
    root = math.sqrt(block.trials)
    ratio = block.sd / tolerance
    z = min(normal_mixture(block.trials, max(ratio * ratio, 1e-300), 2 * side) / root, Z_LIMIT)
    z_t = min(-float(stdtrit(block.trials - 1, ndtr(-z))), 1e100)  # stdtrit is −∞ in the corner n < 10, z near 37
    widening = block.skewness * (2 * z_t * z_t + 1) / (6 * root)
    error = block.sd / root
    return Ends(block.mean - error * (z_t + max(-widening, 0)), block.mean + error * (z_t + max(widening, 0)), z_t)


def hull_of_blocks(blocks: list[Moments], *, side: float, tolerance: float) -> Ends:
    """Hull of independent blocks: an end misses only when all K do, with probability ≤ a^K."""
    ends = [block_ends(block, side=side, tolerance=tolerance) for block in blocks]
    return Ends(min(e.lower for e in ends), max(e.upper for e in ends), max(e.z for e in ends))


def mixture_cs(
    values: np.ndarray, *, level: float, tolerance: float, sides: int = 2, first_look: int = 256
) -> Interval:
    """Confidence sequence of an unbounded mean with plug-in variance; trial i goes to block i mod K.

    τ = `tolerance` is the prior s.d. of the mean: it must be fixed before the trials, whatever they say. With
    `sides=1` each end holds at level α on its own (a = α^(1/K)). Without spread the interval is the whole line.
    Shapes: (n,) -> one interval.
    """
    sample = _sample(values)
    _require(0 < level < sides / 2 and sides in (1, 2), f"mixture_cs: level={level} with sides={sides} is no level")
    _require(0 < tolerance < math.inf, f"mixture_cs: tolerance={tolerance} must be positive and finite")
    blocks = blocks_for(level)
    if len(sample) < blocks:
        reason = f"regime: {len(sample)} trials, the first look is at {first_look} in each of {blocks} blocks"
        return Interval(-math.inf, math.inf, level, "calibrated", False, reason, 0.0, 0.0, 0.0, 0.0, len(sample), False)
    parts = [moments(sample[k::blocks]) for k in range(blocks)]
    ends = hull_of_blocks(parts, side=block_level(2 * level / sides, blocks), tolerance=tolerance)
    reason = next(filter(None, (part.closed(ends.z, max(first_look, 2)) for part in parts)), "")
    return Interval(
        ends.lower, ends.upper, level, guarantee="calibrated", gates_open=not reason, reason=reason,
        influence=max(part.influence for part in parts), skew=max(part.skew_gate(ends.z) for part in parts), z=ends.z,
        sd=math.sqrt(sum(part.sd * part.sd for part in parts) / blocks), trials=len(sample),
        hill_infinite=bool(reason) and infinite_variance_likely(sample),
    )  # fmt: skip


def beta_binomial_cs(successes: int, trials: int, *, level: float) -> Interval:
    """Frequencies p with log B(½+x, ½+n−x) − log B(½, ½) − x log p − (n−x) log(1−p) < log 1/α: exact at every n."""
    _counts(successes, trials)
    _require(0 < level < 1, f"beta_binomial_cs: level={level} is not between 0 and 1")
    x, failures = successes, trials - successes
    mixed = betaln(0.5 + x, 0.5 + failures) - betaln(0.5, 0.5) + math.log(level)

    def excess(p: float) -> float:
        return float(mixed - xlogy(x, p) - xlog1py(failures, -p))

    share = x / trials if trials else 0.5
    lower = _edge(excess, outside=0.0, inside=share) if x else 0.0
    upper = _edge(excess, outside=1.0, inside=share) if failures else 1.0
    return _proved(lower, upper, level, "exact", math.sqrt(share * (1 - share)), trials)


def proportion_exceeds(successes: int, trials: int, *, p0: float) -> float:
    """Log of an e-process for H₀: p ≤ p₀; reject at level α when it reaches log 1/α, at any n.

    log B(a+x, b+n−x) − log B(a, b) − x log p₀ − (n−x) log(1−p₀) + log I_c(a+x, b+n−x; p₀) − log I_c(a, b; p₀):
    mixture over Beta(a, b) = Beta(50p₀, 50(1−p₀)) restricted to (p₀, 1), I_c the upper regularised incomplete beta.
    """
    _counts(successes, trials)
    _require(0 < p0 < 1, f"proportion_exceeds: p0={p0} is not between 0 and 1")
    x, failures = successes, trials - successes
    a, b = PRIOR_WEIGHT * p0, PRIOR_WEIGHT * (1 - p0)
    likelihood = betaln(a + x, b + failures) - betaln(a, b) - xlogy(x, p0) - xlog1py(failures, -p0)
    return float(likelihood + _log_upper_beta(a + x, b + failures, p0) - _log_upper_beta(a, b, p0))


def proportion_below(successes: int, trials: int, *, p0: float) -> float:
    """Log of an e-process for H₀: p ≥ p₀, the mirror of `proportion_exceeds`."""
    return proportion_exceeds(trials - successes, trials, p0=1 - p0)


def _log_upper_beta(a: float, b: float, p: float) -> float:
    """log I_c(a, b; p), the upper regularised incomplete beta, also where it underflows."""
    tail = float(betaincc(a, b, p))
    if tail > 1e-250:
        return math.log(tail)
    # I_c = p^a (1−p)^b / (b B(a, b)) Σ_j Π_{i<j} (a+b+i)/(b+1+i) (1−p); a cut series only lowers the e-value
    steps = np.arange(20_000)
    series = 1 + np.cumprod((a + b + steps) / (b + 1 + steps) * (1 - p)).sum()
    return float(xlogy(a, p) + xlog1py(b, -p) - math.log(b) - betaln(a, b) + math.log(series))


def no_violation_bound(trials: int, level: float) -> float:
    """Upper bound 1 − α^(1/n) of the frequency of an event not seen in n trials, valid at all n at once."""
    return -math.expm1(math.log(level) / trials) if trials else 1.0


def betting_log_wealth(values: np.ndarray, m: float) -> float:
    """log of the mean over k of Π_i (1 − c_k + c_k x_i/m), c_k = 0.9·2^(−k): an e-process for E X ≤ m, X ≥ 0.

    Shapes: (n,) -> one number, decreasing in m.
    """
    _require(m > 0, f"betting_log_wealth: m={m} must be positive")
    gains = _non_negative(values) / m
    stakes = BETS[:, None]
    logs = np.zeros(len(BETS))
    for start in range(0, len(gains), PIECE):
        logs += np.log(1 - stakes + stakes * gains[start : start + PIECE]).sum(axis=1)
    return float(logsumexp(logs)) - math.log(len(BETS))


def betting_lower(values: np.ndarray, *, level: float) -> float:
    """Lower end, at level α, of the mean of non-negative values: exact at every n for every law, no moment assumed.

    The largest m with K_n(m) ≥ 1/α, 0 where no number is small enough: few ones among very many zeros lose even the
    smallest bet.   Shapes: (n,) -> one number.
    """
    _require(0 < level < 1, f"betting_lower: level={level} is not between 0 and 1")
    sample = _non_negative(values)
    mean = float(sample.mean()) if len(sample) else 0.0
    if mean == 0:
        return 0.0

    def excess(log_ratio: float) -> float:
        return betting_log_wealth(sample, mean * math.exp(log_ratio)) + math.log(level)

    step = max(float(sample.std()) / mean, 0.01) / math.sqrt(len(sample))
    least = 1 + math.log(float(np.finfo(float).tiny)) - math.log(mean)
    return mean * math.exp(_edge_below(excess, inside=0.0, step=step, furthest=least))


def bounded_cs(values: np.ndarray, low: float, high: float, *, level: float) -> Interval:
    """Confidence sequence of the mean of values in [low, high]: betting on X − low and high − X, α/2 each."""
    sample = _sample(values)
    if len(sample) and (sample.min() < low or sample.max() > high):
        outside = sample[(sample < low) | (sample > high)][0]
        raise BadSample(f"bounded_cs: the value {outside} is outside the declared [{low}, {high}]; declare a wider one")
    lower = low + betting_lower(sample - low, level=level / 2)
    upper = high - betting_lower(high - sample, level=level / 2)
    return _proved(lower, upper, level, "bounded", _spread(sample), len(sample))


def bounded_covers(values: np.ndarray, low: float, high: float, m: float, *, level: float) -> bool:
    """Whether `bounded_cs` contains m, low < m < high, without the search for its ends."""
    sample = _sample(values)
    if not len(sample) or sample.min() < low or sample.max() > high:
        return False
    # at the mean and beyond it a bettor on larger values has won nothing, since log is concave
    gains, at = (sample - low, m - low) if m < sample.mean() else (high - sample, high - m)
    return betting_log_wealth(gains, at) < -math.log(level / 2)


def betting_exceeds(values: np.ndarray, m: float, *, level: float) -> bool:
    """Whether `betting_lower` is above m, m > 0, without the search for it."""
    sample = _non_negative(values)
    return bool(len(sample)) and float(sample.mean()) > m and betting_log_wealth(sample, m) >= -math.log(level)


def catoni_cs(values: np.ndarray, *, variance: float, level: float, planned: int) -> Interval:
    """Confidence sequence of a mean whose variance is at most the declared σ²; tightest near `planned` trials.

    {m: (1/7) Σ_j exp(±Σ_i φ(λ_j(x_i − m)) − nλ_j²σ²/2) < 2/α}, φ(x) = sign(x) log(1 + |x| + x²/2),
    λ_j = 2^j √(2 log(2/α)/(n*σ²)), j = −3 … 3. The gates close when the values contradict the
    declared variance: the sequence is empty, or a bettor on (x₂ᵢ − x₂ᵢ₊₁)²/2 reaches 1/α against the mean σ².
    Shapes: (n,) -> one interval.
    """
    sample = _sample(values)
    _require(0 < level < 1, f"catoni_cs: level={level} is not between 0 and 1")
    possible = 0 < variance < math.inf and planned >= 1
    _require(possible, f"catoni_cs: variance={variance} and planned={planned} must be positive")
    if not len(sample):
        return _proved(-math.inf, math.inf, level, "bounded", 0.0, 0)
    rates = SCALES * math.sqrt(2 * math.log(2 / level) / (planned * variance))
    lower = _catoni_lower(sample, rates, variance, level / 2)
    upper = -_catoni_lower(-sample, rates, variance, level / 2)
    contradicted = lower > upper or _half_squares_wealth(sample, variance) >= -math.log(level)
    reason = "regime: the values contradict the declared variance" if contradicted else ""
    return _proved(lower, upper, level, "bounded", _spread(sample), len(sample), reason)


def _half_squares_wealth(sample: np.ndarray, variance: float) -> float:
    pairs = len(sample) // 2
    differences = sample[: 2 * pairs : 2] - sample[1 : 2 * pairs : 2]
    return betting_log_wealth(differences * differences / 2, variance)


def catoni_covers(values: np.ndarray, m: float, *, variance: float, level: float, planned: int) -> bool:
    """Whether `catoni_cs` contains m, without the search for its ends."""
    sample = _sample(values)
    rates = SCALES * math.sqrt(2 * math.log(2 / level) / (planned * variance))
    sides = ((sample, m), (-sample, -m))
    return all(_catoni_excess(side, rates, variance, level / 2, at) < 0 for side, at in sides)


def _catoni_excess(sample: np.ndarray, rates: np.ndarray, variance: float, level: float, m: float) -> float:
    """Log of the averaged Catoni process against a mean of at most m, above log 1/α."""
    logs = []
    for rate in rates:
        x = rate * (sample - m)
        size = np.abs(x)
        influence = np.copysign(np.log(1 + size + size * size / 2), x).sum()
        logs.append(influence - len(sample) * rate * rate * variance / 2)
    return float(logsumexp(logs)) - math.log(len(rates)) + math.log(level)


def _catoni_lower(sample: np.ndarray, rates: np.ndarray, variance: float, level: float) -> float:
    """The largest m that the averaged Catoni process rejects from below."""

    def excess(m: float) -> float:
        return _catoni_excess(sample, rates, variance, level, m)

    mean = float(sample.mean())
    inside = mean if excess(mean) < 0 else float(sample.max())
    return _edge_below(excess, inside=inside, step=math.sqrt(variance / len(sample)))


def trials_planned(variance: float, level: float, tolerance: float) -> int:
    """Trials at which Catoni's interval has half the tolerance as half-width: n* = 8 log(2/α) σ²/δ²."""
    return math.ceil(8 * math.log(2 / level) * variance / tolerance**2)


def fixed_value(values: np.ndarray, *, level: float) -> Interval:
    """The value of an observable that is declared not to be random.   Raises BadSample when it varies."""
    sample = _sample(values)
    if len(sample) and sample.min() != sample.max():
        raise BadSample(
            f"an observable declared as fixed varies from {sample.min()!r} to {sample.max()!r}; declare it continuous"
        )
    value = float(sample[0]) if len(sample) else math.nan
    return _proved(value, value, level, "exact", 0.0, len(sample), "" if len(sample) else "regime: no trial")


def looks(first: int, last: int, growth: float = 1.3) -> list[int]:
    """Numbers of trials at which to look: first, each `growth` times the one before, and last."""
    _require(min(first, last) >= 1 and growth > 1, f"looks: no list from {first} to {last} by {growth}")
    counts = []
    n = first
    while n < last:
        counts.append(n)
        n = max(n + 1, math.ceil(n * growth))
    return [*counts, last]


def _edge_below(excess: Callable[[float], float], *, inside: float, step: float, furthest: float = -math.inf) -> float:
    """The edge below `inside`, first bracketed by doubling steps; −∞ where it is below `furthest`."""
    outside = max(inside - step, furthest)
    while excess(outside) < 0:
        if outside == furthest:
            return -math.inf
        step *= 2
        inside, outside = outside, max(outside - step, furthest)
    return _edge(excess, outside=outside, inside=inside)


def _edge(excess: Callable[[float], float], *, outside: float, inside: float) -> float:
    """Where a monotone function changes sign, rounded to its outside, to 1e-12 of the first bracket.

    excess(outside) ≥ 0 > excess(inside). False position (Illinois), every fourth step a bisection.
    """
    out, at = excess(outside), excess(inside)
    precision = 1e-12 * abs(outside - inside)
    kept = ""
    for step in range(200):
        width = abs(outside - inside)
        share = out / (out - at) if math.isfinite(out) and step % 4 < 3 else 0.5
        # half a precision away from either end, so that the far end comes over too
        margin = min(0.5, precision / (2 * width))
        point = outside + (inside - outside) * min(max(share, margin), 1 - margin)
        if width <= precision or point in (outside, inside):
            break
        value = excess(point)
        if value >= 0:
            at = at / 2 if kept == "inside" else at
            outside, out, kept = point, value, "inside"
        else:
            out = out / 2 if kept == "outside" else out
            inside, at, kept = point, value, "outside"
    return outside


def _proved(
    lower: float, upper: float, level: float, guarantee: str, sd: float, trials: int, reason: str = ""
) -> Interval:
    z = (upper - lower) / 2 * math.sqrt(trials) / sd if sd else 0.0
    return Interval(lower, upper, level, guarantee, not reason, reason, 0.0, 0.0, z, sd, trials, False)


def _spread(sample: np.ndarray) -> float:
    return float(sample.std(ddof=1)) if len(sample) > 1 else 0.0


def _sample(values: np.ndarray) -> np.ndarray:
    sample = np.asarray(values, dtype=float)
    if sample.ndim != 1:
        raise BadSample(f"a confidence sequence takes one value a trial, not the shape {sample.shape}")
    if not np.isfinite(sample).all():
        lost = len(sample) - int(np.isfinite(sample).sum())
        raise BadSample(f"{lost} of {len(sample)} values are not finite; mend the simulator")
    return sample


def _non_negative(values: np.ndarray) -> np.ndarray:
    sample = _sample(values)
    if len(sample) and sample.min() < 0:
        raise BadSample(f"betting: the value {sample.min()} is negative; declare bounds or use mixture_cs")
    return sample


def _counts(successes: int, trials: int) -> None:
    _require(0 <= successes <= trials, f"{successes} successes in {trials} trials are impossible")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise BadInput(message)
