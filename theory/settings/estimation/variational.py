"""Variational inference where the posterior is known."""

from theory.domain import Real, Size
from theory.setting import Drawn, Observable, Setting


class LinearGaussian(Setting):
    """y | w ~ N(Xw, s2·I), w ~ N(0, t2·I_p), and normal laws q of w that make the ELBO largest.

    The rows of X are N(0, (1 − rho)·I + rho·11ᵀ), y is drawn from the model. For q, fit is E_q log p(y | w) and
    divergence is KL(q ‖ prior); the ELBO is fit − divergence, the weighted one kappa·fit − divergence.
    Families: all normal laws; factorised ones (diagonal covariance); isotropic ones (covariance v·I).
    """

    n = Size(at_least=2, typical=(8, 16))
    p = Size(at_most=4, typical=(2, 3))
    s2 = Real(above=0, typical=(0.3, 1.5))
    t2 = Real(above=0, typical=(0.3, 1.5))
    rho = Real(at_least=0, below=1, typical=(0.3, 0.8))
    kappa = Real(above=0, typical=(2, 5))
    X = Drawn("n", "p")
    y = Drawn("n")
    fit = Observable("fit of the exact posterior", certificate="rounding")
    divergence = Observable("divergence of the exact posterior", certificate="rounding")
    marginals = Observable("ELBO of the product of the posterior's marginals", certificate="rounding")
    factorised = Observable("largest ELBO of a factorised q", certificate="rounding")
    factorised_mean = Observable("mean of that q", shape=p, certificate="rounding")
    factorised_variance = Observable("variances of that q", shape=p, certificate="rounding")
    isotropic_variance = Observable("variance of the isotropic q of largest ELBO", certificate="rounding")
    weighted = Observable("largest weighted ELBO", certificate="rounding")
    weighted_mean = Observable("mean of its q", shape=p, certificate="rounding")
    weighted_covariance = Observable("covariance of its q", shape=(p, p), certificate="rounding")
    rounding = Observable("a bound on rounding, and on what the maximisation left undone")
