"""Least squares and ridge regression on Gaussian designs."""

from theory.domain import Real, Size
from theory.setting import Observable, Setting


class IsotropicRegression(Setting):
    """Regression on isotropic Gaussian features: y = Xβ + ε, X (n, p) standard normal, ‖β‖² = r2, E ε = 0, Var ε = s2.

    β̂ minimises ‖y − Xb‖²/n + lam·‖b‖²; at lam = 0 it is the least squares solution of least norm, X⁺y.
    Every observable is the conditional expectation given X, over the noise and over a fresh input.
    """

    n = Size(typical=(10, 200))
    p = Size(typical=(10, 200))
    r2 = Real(above=0, typical=(0.5, 2))
    s2 = Real(above=0, typical=(0.1, 2))
    lam = Real(at_least=0, typical=(0.05, 2))
    bias = Observable("‖E[β̂ | X] − β‖², the part of the excess risk that the signal causes")
    variance = Observable("E[‖β̂ − E[β̂ | X]‖² | X], the part that the noise causes")
    excess_risk = Observable("E[‖β̂ − β‖² | X], the excess risk at a fresh isotropic input")
