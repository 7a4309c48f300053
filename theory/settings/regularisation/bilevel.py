"""Hyperparameters chosen by descent: the derivative of a validation loss through a fit."""

from theory.domain import Choice, Real, Size
from theory.setting import Drawn, Observable, Setting


class RidgeHyperparameter(Setting):
    """w(lam) = argmin (1/2n)‖Xw − y‖² + (lam/2)‖w‖², judged by F(lam) = (1/2m)‖X_v w(lam) − y_v‖²; all data normal.

    H = XᵀX/n + lam·I, mu its smallest eigenvalue, eta = pace/‖H‖. Unrolling takes K steps of gradient descent on the
    inner loss, from w(lam) held fixed or from zero, and differentiates the validation loss at their end along lam.
    The inexact estimate is −w̃ᵀq̃ with ‖w̃ − w‖ = 1/digits and ‖q̃ − H⁻¹∇F(w̃)‖ = 1/digits, in random directions.
    """

    n = Size(at_least=2, typical=(20, 40))
    p = Size(typical=(4, 8))
    m = Size(typical=(20, 40))
    lam = Real(above=0, typical=(0.05, 2))
    pace = Real(above=0, at_most=1, typical=(0.3, 1))
    K = Size(typical=(1, 20))
    digits = Real(above=0, typical=(10, 1000))
    start = Choice("solution", "zero")
    X = Drawn(n, p)
    y = Drawn(n)
    X_v = Drawn(m, p)
    y_v = Drawn(m)
    hypergradient = Observable("dF/dlam", certificate="rounding")
    unrolled = Observable("derivative of F after K steps", certificate="rounding")
    inexact = Observable("inexact estimate of dF/dlam", certificate="rounding")
    halved = Observable("the same, in the same directions, both errors half as long", certificate="rounding")
    w_norm = Observable("‖w(lam)‖")
    g_norm = Observable("norm of ∇F at w(lam)")
    mu = Observable("smallest eigenvalue of H")
    eta = Observable("the step")
    curvature = Observable("‖X_vᵀX_v/m‖")
    rounding = Observable("a bound on the rounding of the derivatives")
