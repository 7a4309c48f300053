"""Models whose training chooses among the minima of the loss."""

from theory.domain import Real, Size
from theory.setting import Drawn, Event, Observable, Setting


class RegularisedDiagonalNet(Setting):
    """Gradient flow with gradient regularisation on a diagonal linear network with fewer samples than inputs.

    β = p² − q² elementwise, p = q = alpha·1 at the start; L = (1/2n) ‖Xβ − y‖² with X and y standard normal;
    d(p, q)/dt = −∇(L + (gamma/2) ‖∇L‖²) up to t = 20. g is the gradient of L with respect to β.
    """

    n = Size(at_least=2, typical=(3, 5))
    d = Size(at_least=3, typical=(8, 12))
    alpha = Real(above=0, typical=(0.2, 0.5))
    gamma = Real(at_least=0, typical=(0.02, 0.1))
    X = Drawn(n, d)
    outputs = Drawn(n)
    integrals = Drawn(d)
    integral = Observable("∫ g_j² dt of the coordinate j in which it is largest", certificate="flow_error")
    effective = Observable("√(p_j q_j) at the end, of that coordinate", certificate="flow_error")
    beta = Observable("β at the end", shape=d, certificate="flow_error")
    flow_error = Observable("largest change of β, √(pq) and the integrals when the steps of the flow are doubled")
    interpolates = Event("‖Xβ − y‖ < 1e-3·‖y‖ at the end")
