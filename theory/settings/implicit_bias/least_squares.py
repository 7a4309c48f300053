"""Least squares by descent and along its flow, stopped or not."""

from theory.domain import Choice, Real, Size
from theory.setting import Axis, Drawn, Observable, Setting

STEPS = (1, 2, 5, 10, 20, 30, 50)


class LeastSquaresDescent(Setting):
    """Least squares L(w) = (1/2n) ‖Xw − y‖² in w in R^p, trained from a start of norm r0 in a random direction.

    X standard normal, scaled so that the largest eigenvalue of XᵀX/n is lam; y standard normal. optimiser: gradient
    descent w₊ = w − eta·∇L(w), coordinate descent, which takes of this step the steepest coordinate alone, or Adam with
    learning rate eta. The gradient flow is w′ = −∇L(w) from the same start. v is the right singular vector of X of
    rank `mode`.
    """

    n = Size(typical=(5, 15))
    p = Size(typical=(40, 60))
    lam = Real(above=0, typical=(0.5, 2))
    eta = Real(above=0, typical=(0.4, 0.8))
    r0 = Real(at_least=0, typical=(0.5, 2))
    time = Real(above=0, typical=(0.5, 8))
    mode = Size(typical=(1, 3))
    optimiser = Choice("descent", "coordinate", "adam")
    step = Axis(STEPS)
    X = Drawn(n, p)
    y = Drawn(n)
    start = Drawn(p)
    path = Observable("w after each of the first 50 steps", shape=(50, p))
    limit = Observable("w once ‖∇L‖ < 1e-13, or after 4,000 steps", shape=p, certificate="limit_error")
    limit_error = Observable("‖∇L‖/smallest there, which bounds the distance to the minimisers")
    remaining = Observable("v·(w_t − w_∞)/v·(w₀ − w_∞) after t steps, w_∞ the end of training", shape=(step,),
                           certificate="mode_error")
    start_slope2 = Observable("‖∇L‖² at the start")
    mode_error = Observable("‖∇L‖/smallest at the end, over |v·(w₀ − w_∞)|, and rounding")
    growth = Observable("log ‖w_200 − w_199‖/‖w_100 − w_99‖")
    smallest = Observable("smallest eigenvalue of XᵀX/n other than 0")
    largest = Observable("largest eigenvalue of XᵀX/n")
    start_loss = Observable("L at the start")
    flow_loss = Observable("L at the time on the gradient flow", certificate="loss_error")
    length = Observable("length of the gradient flow's path", certificate="length_error")
    loss_error = Observable("change of that loss when the flow's tolerances are loosened")
    length_error = Observable("change of the length when they are, and ‖∇L‖/smallest at the end")


class StoppedFlow(Setting):
    """Gradient flow on (1/2n) ‖y − Xb‖² from 0, stopped at a time, against ridge (1/n) ‖y − Xb‖² + (pace/time) ‖b‖².

    y = Xβ + ε, Var ε = s2, ‖β‖² = r2 in a random direction; X = U diag(√(nτ_i)) Vᵀ with the singular vectors of a
    standard normal matrix (n, p) and τ_i = (σ_i/σ_1)^(2·spread) for its singular values σ. Risks given X and β.
    """

    n = Size(typical=(3, 8))
    p = Size(typical=(3, 8))
    time = Real(above=0, typical=(0.3, 30))
    pace = Real(above=0, typical=(0.5, 2))
    spread = Real(at_least=0, typical=(0.2, 1))
    r2 = Real(at_least=0, typical=(0.2, 2))
    s2 = Real(at_least=0, typical=(0.2, 2))
    estimation = Observable("E‖b − β‖² of the stopped flow over that of ridge", certificate="ratio_error")
    in_sample = Observable("E‖X(b − β)‖²/n of the stopped flow over that of ridge", certificate="ratio_error")
    ratio_error = Observable("largest change of the ratios when the flow's tolerances are loosened")
