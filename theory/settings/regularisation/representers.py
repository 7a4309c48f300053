"""Fits with a penalty, whose predictions at a new point are sums over the training samples."""

from theory.domain import Choice, Real, Size
from theory.setting import Drawn, Observable, Setting


class PenalisedFit(Setting):
    """w minimises (1/n) Σ loss(x_i·w, y_i) + lam·Ω(w), Ω = ‖w‖₁ or ½‖w‖²; inputs are standard normal.

    Squared loss: ½(f − y)² with y = (first coordinate of x_i) + standard normal noise. Logistic loss: log(1 + e^(−yf))
    with y the sign of that. The training reaches the optimum, or stops after T steps of proximal gradient descent from
    zero, of length 1/‖XᵀX/n‖. x is another input; l'_i is the derivative of the loss along f at the i-th sample.
    """

    n = Size(typical=(20, 40))
    p = Size(typical=(5, 60))
    lam = Real(above=0, typical=(0.05, 0.3))
    T = Size(typical=(2, 20))
    penalty = Choice("l1", "l2")
    loss = Choice("squared", "logistic")
    training = Choice("optimum", "stopped")
    X = Drawn(n, p)
    x = Drawn(p)
    w = Drawn(p)
    slopes = Drawn(n)
    fit = Observable("x·w, the fit at the new input", values="discrete", certificate="left")
    gap = Observable("largest |(1/n) Σ l'_i x_ij + lam·sign(w_j)| where w_j ≠ 0", values="discrete",
                     certificate="rounding")
    reach = Observable("Σ_j |x_j w_j|", values="discrete", certificate="rounding")
    left = Observable("what the solver leaves undone in the fit and in its representation, and rounding")
    rounding = Observable("a bound on the rounding of the two others")


class NuclearFit(Setting):
    """W (rows, columns) minimises ½ Σ_i (⟨W, X_i⟩ − y_i)² + lam·(sum of the singular values of W), i = 1 … m.

    All X_i, and another one, X, are standard normal; y_i = ⟨W₀, X_i⟩ + standard normal noise, W₀ of rank one, the
    product of two standard normal vectors. The training reaches the optimum, or stops after T steps of proximal
    gradient descent from zero, as long as the curvature allows. l'_i = ⟨W, X_i⟩ − y_i.
    """

    rows = Size(typical=(2, 5))
    columns = Size(typical=(2, 4))
    m = Size(typical=(30, 50))
    lam = Real(above=0, typical=(5, 30))
    T = Size(typical=(2, 20))
    training = Choice("optimum", "stopped")
    Xs = Drawn(m, rows, columns)
    X = Drawn(rows, columns)
    W = Drawn(rows, columns)
    slopes = Drawn(m)
    fit = Observable("⟨W, X⟩", values="discrete", certificate="left")
    left = Observable("what the solver leaves undone in the fit and in its representation, and rounding")
