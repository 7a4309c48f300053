"""Inputs that are dropped at random: dropout, and missing values replaced by zero."""

from theory.domain import Choice, Real, Size
from theory.setting import Drawn, Observable, Setting


class InvertedDropout(Setting):
    """Linear regression on a fixed design X (n, p) whose entries are dropped: x_ij becomes x_ij·m_ij/(1 − d).

    The m_ij are 1 with probability 1 − d, else 0, all independent; X, y and the weights w are standard normal, and the
    columns of X have their own lengths or (unit) length 1. The fit is w·x, or through a link tanh(w·x). The minimiser
    is that of E_m ‖y − (X.M/(1 − d))w‖². A step of SGD takes a row at random and a new mask, w ← w + eta·(y − w·x̃)x̃
    with eta a twentieth over E‖x̃‖²; from 0 it takes 4000 steps, and 400 more over which the weights are averaged.
    """

    n = Size(at_least=2, typical=(8, 14))
    p = Size(at_least=1, at_most=10, typical=(3, 6))
    d = Real(at_least=0, below=1, typical=(0.1, 0.8))
    columns = Choice("any", "unit")
    link = Choice("linear", "tanh")
    X = Drawn(n, p)
    y = Drawn(n)
    dropped = Observable("E_m of the squared error at w, over all masks")
    kept = Observable("squared error at w without dropout")
    penalty = Observable("Σ w_j²‖X_j‖²")
    norm2 = Observable("‖w‖²")
    minimiser = Observable("argmin E_m ‖y − (X.M/(1 − d))w‖²", shape=p, certificate="rounding")
    size = Observable("norm of the minimiser", certificate="size_rounding")
    averaged = Observable("average of SGD's weights along yᵀX/‖yᵀX‖")
    rounding = Observable("a bound on the rounding of the minimiser", shape=p)
    size_rounding = Observable("and of its norm")


class ZeroImputation(Setting):
    """Linear regression on x in R^d whose coordinates are missing at random, with zeros in their place.

    x_j = a_j·(√(1 − own)·f_j·z + √own·e_j), z (k) and e (d) standard normal, the f_j uniform on the unit sphere,
    a_j = exp(spread·ξ_j), ξ standard normal: Σ_jj = a_j². y = β·x + noise of variance s2, where β_j a_j = f_j·(FᵀF)⁻¹c
    with c uniform on the unit sphere of R^k: without own parts (own = 0), y = c·z + noise. A coordinate is observed
    with probability rho: all independently; all of a sample or none; or at a rate of its own, rho or rho².
    """

    d = Size(at_least=2, typical=(6, 20))
    k = Size(typical=(2, 3))
    rho = Real(above=0, below=1, typical=(0.3, 0.95))
    s2 = Real(at_least=0, typical=(0.1, 1))
    own = Real(at_least=0, at_most=1, typical=(0.1, 0.9))
    spread = Real(at_least=0, typical=(0.1, 0.4))
    missing = Choice("independent", "together", "unequal")
    F = Drawn(d, k)
    a = Drawn(d)
    beta = Drawn(d)
    c = Drawn(k)
    imputed = Observable("E(y − θ·x̃)² at θ = w/rho, w standard normal", certificate="rounding")
    unscaled = Observable("E(y − w·x̃)²", certificate="rounding")
    full = Observable("E(y − w·x)²", certificate="rounding")
    penalty = Observable("Σ w_j²Σ_jj")
    bias = Observable("least E(y − θ·x̃)² over θ, above s2", certificate="rounding")
    b2 = Observable("‖β‖²")
    rounding = Observable("a bound on the rounding")
