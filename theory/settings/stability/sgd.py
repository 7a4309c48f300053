"""Stochastic gradient descent near and at minima of the squared loss."""

from theory.domain import Choice, Real, Size, Spectrum
from theory.setting import Drawn, Observable, Setting


class LinearisedSGD(Setting):
    """SGD w ← w − eta·H_b·w on L(w) = (1/2n) Σ (aᵢᵀw)² at an interpolating minimum.

    H_b is the mean of aᵢaᵢᵀ over a fresh batch of size B, drawn with or without replacement. Rows aᵢ have uniform
    directions and either independent lengths of mean square d, uniform in proportion to [0.3, 1.7] (norms "free"), or
    the length √d (norms "equal"). Growth is that of w within the span of the rows; T maps E[w wᵀ] to E[w₊ w₊ᵀ].
    """

    n = Size(at_least=2, typical=(3, 16))
    d = Size(at_least=1, typical=(2, 5))
    B = Size(typical=(1, 4))
    eta = Real(above=0, typical=(0.02, 0.2), per_trial=True)
    sampling = Choice("with", "without")
    norms = Choice("free", "equal")
    rows = Drawn(n, d)
    trH = Observable("tr H, H = (1/n) Σ aᵢaᵢᵀ")
    F2 = Observable("‖H‖_F²")
    quartic = Observable("(1/n) Σ ‖aᵢ‖⁴")
    lam1 = Observable("λ_max(H)")
    R = Observable("max ‖aᵢ‖²")
    growth = Observable("log of the factor by which E ‖w‖² grows per step at learning rate eta, in the long run",
                        certificate="growth_error")
    growth_error = Observable("half the width of the enclosure of growth")
    crossing = Observable("the learning rate above which E ‖w‖² grows: middle of a bracket of certain signs",
                          certificate="crossing_error")
    crossing_error = Observable("half the width of the bracket of crossing")
    second_moment = Observable("‖w‖² after two steps of SGD from a standard normal start, mean over many chains")


class StreamingMoments(Setting):
    """The second moment of SGD w ← w − eta·H_b·w on streaming inputs x ~ N(0, H), without label noise.

    H_b is the mean of xxᵀ over a fresh batch of size B. H has the eigenvalues h, in a random basis. Expectations over
    the inputs are taken exactly.
    """

    h = Spectrum(typical=("[1,0.5,0.25,0.1]", "[2,2,2]", "power(1,5)"))
    B = Size(typical=(1, 8))
    eta = Real(above=0, typical=(0.02, 0.2), per_trial=True)
    eigenvector = Drawn(h)
    growth = Observable("log of the factor by which E‖w‖² grows per step at learning rate eta, in the long run",
                        certificate="growth_error", values="discrete")
    growth_error = Observable("half the width of the enclosure of growth")


class StreamingLeastSquares(Setting):
    """SGD on streaming least squares: y = x·w* + ε, x ~ N(0, diag(h)), E ε = 0, Var ε = s2, fresh batches of size B.

    w ← w − (eta/B) Σ (xᵢ·w − yᵢ) xᵢ from w = w*, for 9/(eta·min h) steps.
    """

    h = Spectrum(typical=("[1,0.5,0.25]", "[1,1,1,1]", "power(1,4)"))
    B = Size(typical=(1, 8))
    s2 = Real(above=0, typical=(0.1, 1))
    eta = Real(above=0, typical=(0.1, 0.5))
    excess_risk = Observable("E[(w − w*)ᵀ diag(h) (w − w*) | inputs], mean over the last third of the steps")


class NoisyDescent(Setting):
    """Gradient descent with additive noise on a quadratic, w ← w − eta·(Hw + ξ), ξ of mean 0 and covariance C.

    H has the eigenvalues h1 and h2 along random orthogonal u1, u2. C is GGᵀ/2, G a 2 × 2 standard normal matrix (noise
    "free"), or s2·H ("curved"). The observables are those of the stationary covariance S.
    """

    h1 = Real(above=0, typical=(0.2, 2))
    h2 = Real(above=0, typical=(0.2, 2))
    eta = Real(above=0, typical=(0.05, 0.8))
    s2 = Real(above=0, typical=(0.1, 1))
    noise = Choice("free", "curved")
    C11 = Observable("u1ᵀ C u1")
    C12 = Observable("u1ᵀ C u2")
    S11 = Observable("u1ᵀ S u1")
    S12 = Observable("u1ᵀ S u2")
    excess = Observable("tr(HS)", values="discrete")


class NoisyHeavyBall(Setting):
    """Heavy ball with additive noise on one mode, w₊ = w − eta·(h·w + ξ) + beta·(w − w₋).

    E ξ = 0, Var ξ = c·z²; each trial has a z ~ N(0, 1) of its own, at all times.
    """

    h = Real(above=0, typical=(0.2, 3))
    eta = Real(above=0, typical=(0.05, 0.5))
    beta = Real(at_least=0, below=1, typical=(0.1, 0.95))
    c = Real(above=0, typical=(0.1, 2))
    z2 = Observable("z²")
    variance = Observable("stationary variance of w")
