"""Least squares, ridge and lasso on random designs, and what can be separated or recovered by linear programs."""

from theory.domain import Choice, Real, Size, Spectrum
from theory.setting import Drawn, Observable, Setting


class IsotropicRegression(Setting):
    """Regression on isotropic Gaussian features: y = Xβ + ε, X (n, p) standard normal, ‖β‖² = r2, E ε = 0, Var ε = s2.

    β̂ minimises ‖y − Xb‖²/n + lam·‖b‖²; at lam = 0 it is the least squares solution of least norm, X⁺y.
    Every observable is the conditional expectation given X, over the noise and over a fresh input. `average_risk` is
    one over β too, whose direction is uniform there.
    """

    n = Size(typical=(10, 200))
    p = Size(typical=(10, 200))
    r2 = Real(above=0, typical=(0.5, 2))
    s2 = Real(above=0, typical=(0.1, 2))
    lam = Real(at_least=0, typical=(0.05, 2))
    bias = Observable("‖E[β̂ | X] − β‖², the part of the excess risk that the signal causes")
    variance = Observable("E[‖β̂ − E[β̂ | X]‖² | X], the part that the noise causes")
    excess_risk = Observable("E[‖β̂ − β‖² | X], the excess risk at a fresh isotropic input")
    average_risk = Observable("the excess risk, average over the directions of β")


class TunedRidge(IsotropicRegression):
    """The same, where the ridge may be chosen with X in hand; β ~ N(0, (r2/p)·I), over which all risks are means."""

    best = Observable("the lam of the least average risk given X", certificate="width")
    least = Observable("the least average risk given X, over all lam")
    width = Observable("how far the search leaves the best lam open")


class AnisotropicRegression(Setting):
    """Regression on features of covariance diag(l): y = Xβ + ε, X = Z·diag(l)^½ (n, p), βᵢ² = b2ᵢ, Var ε = s2.

    The entries of Z have mean 0 and variance 1: they are independent and standard normal (entries "gaussian") or fair
    signs ("signs"), or each row is a standard normal vector times √1.9 or √0.1, which a fair coin decides
    ("elliptical"). β̂ minimises ‖y − Xb‖²/n + lam·‖b‖², with the least norm at lam = 0. The observables are conditional
    expectations given X, over noise, signs of β and a fresh input.
    """

    n = Size(typical=(16, 128))
    l = Spectrum(typical=("power(1.5,200)",))  # noqa: E741  its name in the literature
    b2 = Spectrum(typical=("power(0.5,200)",))
    s2 = Real(above=0, typical=(0.1, 2))
    lam = Real(at_least=0, typical=(0.01, 0.5))
    entries = Choice("gaussian", "signs", "elliptical")
    bias = Observable("E[(x·(E[β̂ | X] − β))² | X], the part of the excess risk that the signal causes")
    variance = Observable("E[(x·(β̂ − E[β̂ | X]))² | X], the part that the noise causes")


class PowerLawNoise(Setting):
    """Least-norm interpolation of noise by features whose variances fall like a power: X = Z·diag(i^-alpha)^½ (n, p).

    Z is standard normal, y (n,) has independent entries of mean 0 and variance 1, and β̂ = X⁺y.
    """

    n = Size(typical=(16, 64))
    p = Size(typical=(400, 4000))
    alpha = Real(above=0, typical=(2, 3))
    variance = Observable("E[(x·β̂)² | X], what the interpolated noise adds to the error at a fresh input",
                          between=(0, None))


class TwoLevelNoise(Setting):
    """The same where k of the p features have variance 1 and the others variance eps."""

    n = Size(typical=(20, 80))
    p = Size(typical=(200, 2000))
    k = Size(at_least=0, typical=(1, 5))
    eps = Real(above=0, at_most=1, typical=(0.001, 0.01))
    variance = Observable("E[(x·β̂)² | X], what the interpolated noise adds to the error at a fresh input",
                          between=(0, None))


class RidgeValidation(Setting):
    """Ridge regression with labels drawn, and its own estimates of its error: y = Xβ + ε, ‖β‖² = r2, Var ε = s2.

    The rows of X (n, p) are standard normal and ε is normal. Along the samples rows and noise are stationary series:
    each is rho times the one before, and an innovation. β̂ minimises ‖y − Xb‖²/n + lam·‖b‖², with the least norm at
    lam = 0. K = XXᵀ + n·lam·I, and S = XXᵀK⁻¹ takes the labels to the fit. A new sample depends on no other.
    """

    n = Size(typical=(8, 60))
    p = Size(typical=(8, 120))
    r2 = Real(above=0, typical=(0.5, 2))
    s2 = Real(above=0, typical=(0.2, 2))
    lam = Real(at_least=0, typical=(0.05, 1))
    rho = Real(at_least=0, below=1, typical=(0, 0.9))
    predictive = Observable("s2 + ‖β̂ − β‖², the mean squared error at a new sample")
    train = Observable("‖y − Xβ̂‖²/n, the mean squared error on the samples", certificate="rounding")
    dof = Observable("tr S, the degrees of freedom of the fit")
    gcv = Observable("(‖K⁻¹y‖²/n)/(tr K⁻¹/n)², the generalised cross-validation", certificate="rounding")
    mean_predictive = Observable("predictive, the mean over the noise and the directions of β given X")
    mean_train = Observable("train, the mean over the noise and the directions of β given X", certificate="rounding")
    mean_gcv = Observable("gcv, the mean over the noise and the directions of β given X", certificate="rounding")
    rounding = Observable("n·ε·condition of K·(mean of y² and of gcv)")


class LeaveOneOut(RidgeValidation):
    """The same, where each sample in turn is left out of a fit; that fit has the same n·lam, so a larger lam."""

    X = Drawn("n", "p")
    y = Drawn("n")
    errors = Observable("yᵢ − xᵢ·β̂₋ᵢ, the error of the fit without sample i at that sample", shape="n",
                        certificate="rounding")


class LassoRegression(Setting):
    """LASSO on n samples of p features: y = Xβ + ε, β̂ minimises ‖y − Xb‖²/2 + lam·Σ|bⱼ|, ε normal of variance s2.

    The rows of √n·X are normal with variances 1 and correlation c between any two features. Of the coordinates of β,
    eps·p are mu or −mu, each sign with probability one half, and the others 0; where eps·p is not whole, a draw
    rounds it up or down so that it is right in the mean. Each observable comes less controls: numbers of the draw
    whose mean is 0 at every size, by integration by parts, so that its mean is as it says and its variance small.
    """

    n = Size(typical=(40, 240))
    p = Size(typical=(40, 160))
    eps = Real(above=0, below=1, typical=(0.3, 0.5))
    mu = Real(above=0, typical=(0.8, 1.2))
    s2 = Real(above=0, typical=(0.3, 0.8))
    lam = Real(above=0, typical=(0.4, 0.8))
    c = Real(at_least=0, below=1, typical=(0, 0.5))
    mse = Observable("‖β̂ − β‖²/p, less controls", certificate="apart")
    support = Observable("the share of the coordinates of β̂ that are not 0, less controls", certificate="doubtful")
    apart = Observable("bound of the error of mse, from the duality gap where the fit stopped")
    doubtful = Observable("bound of the error of support: coordinates that the gap does not tell from 0, and controls")


class Dichotomies(Setting):
    """n points of R^p, standard normal, and all 2ⁿ ways to label them −1 or 1."""

    n = Size(typical=(5, 9))
    p = Size(typical=(2, 5))
    X = Drawn(n, p)
    share = Observable("the share of the labelings that a hyperplane through 0 separates", between=(0, 1))


class LabelledPoints(Setting):
    """n points of R^p, standard normal, with labels of their own, −1 or 1 with probability one half.

    With signal > 0 the label is the sign of x₁ with probability (1 + signal)/2.
    """

    n = Size(typical=(6, 30))
    p = Size(typical=(3, 15))
    signal = Real(at_least=0, at_most=1, typical=(0, 0))
    separable = Observable("1 if a hyperplane through 0 separates the labels, else 0",
                           between=(0, 1), values="discrete")


class BoxRecovery(Setting):
    """x₀ of N fair signs and A (M, N) standard normal; what the constraints Ax = Ax₀ and ‖x‖_∞ ≤ 1 leave possible."""

    N = Size(at_least=2, typical=(8, 30))
    M = Size(typical=(4, 15))
    unique = Observable("1 if x₀ is the only feasible point, else 0", between=(0, 1), values="discrete")
