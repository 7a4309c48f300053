"""Logistic regression that can fit every label."""

import math

from theory.domain import Choice, Real, Size
from theory.setting import Axis, Drawn, Observable, Setting

LOG_TIMES = (5, 10, 20, 40, 80)


class SeparableLogistic(Setting):
    """Logistic regression of separable data: L(w) = Σ log(1 + exp(−w·z_i)), z_i = y_i x_i, or its mean over n samples.

    The data: for a random unit vector e, `support` samples z_i = margin·(e + 2q_i) with q_i ⟂ e, of which all but one
    are orthonormal and the last makes Σ a_i q_i = 0 for weights a_i uniform on (0.7, 1.3); the other samples are
    margin·(h e + 2g), h ≥ gap exponential, g ⟂ e standard normal. Gradient flow from w = 0, in the time log(1 + t).
    """

    n = Size(typical=(8, 14))
    d = Size(at_least=3, typical=(5, 8))
    support = Size(at_least=2, typical=(2, 3))
    margin = Real(above=0, typical=(0.3, 1))
    gap = Real(above=1, typical=(1.6, 2.5))
    log_time = Size(at_most=345, typical=(40, 80))
    loss = Choice("sum", "mean")
    t = Axis([math.exp(s) for s in LOG_TIMES])
    z = Drawn(n, d)
    path = Observable("w at the times", shape=(t, d), certificate="path_error")
    advance = Observable("(w(t²) − w(t))/log t at log t = log_time", shape=d, certificate="advance_error")
    scaled_loss = Observable("t·L at log t = log_time", certificate="loss_error", values="discrete")
    pace = Observable("(‖w(t²)‖ − ‖w(t)‖)/log t at log t = log_time", certificate="advance_error",
                      between=(0, lambda M: 2 / M.margin))
    gap_ratio = Observable("margin − min_i w·z_i/‖w‖ at t² over that at t, log t = log_time", certificate="gap_error")
    path_error = Observable("largest change of w when the flow's tolerances are loosened")
    advance_error = Observable("what that makes of the advance")
    loss_error = Observable("what it makes of t·L")
    gap_error = Observable("what it makes of the gaps' ratio")
