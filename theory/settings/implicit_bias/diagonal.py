"""Diagonal linear networks with fewer samples than inputs."""

from theory.domain import Choice, Real, Size
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
    l1 = Observable("‖β‖₁ at the end")
    plain_l1 = Observable("‖β‖₁ at the end of the flow without regularisation")
    flow_error = Observable("largest change of β, √(pq) and the integrals when the steps of the flow are doubled")
    interpolates = Event("‖Xβ − y‖ < 1e-3·‖y‖ at the end")


class GradientDifference(Setting):
    """How well (∇L(θ + ∇L(θ)/rate) − ∇L(θ))·rate, an ascent and a descent, stands for ½∇‖∇L‖².

    L = (1/2n) ‖Xβ − y‖² with X (n, d) and y standard normal; model: β = θ ("linear"), or β = p² − q², θ = (p, q)
    ("network"). θ is standard normal.
    """

    n = Size(at_least=2, typical=(3, 5))
    d = Size(at_least=2, typical=(8, 12))
    rate = Size(typical=(200, 800))
    model = Choice("network", "linear")
    apart = Observable("norm of their difference over that of ½∇‖∇L‖²", between=(0, None), certificate="rounding")
    rounding = Observable("what rounding makes of it, at most")


class DiagonalNet(Setting):
    """A diagonal linear network beside a linear layer: β = b₁ + b₂, b₁ = u² − v² elementwise, b₂ = lam·q, n samples.

    L = ½ ‖Xβ − y‖², the rows of X (n, p) orthonormal and y of norm √n, both at random; gradient flow from
    u = v = alpha·1, q = 0 until ‖Xβ − y‖ < 1e-8·‖y‖, or t = 500; with eta > 0 gradient descent with that step instead.
    r = y − Xβ.
    """

    n = Size(typical=(3, 5))
    p = Size(typical=(8, 12))
    alpha = Real(above=0, typical=(0.1, 0.5))
    lam = Real(at_least=0, typical=(0.1, 0.5))
    eta = Real(at_least=0, typical=(0.001, 0.01))
    X = Drawn(n, p)
    y = Drawn(n)
    integral = Drawn(n)
    early_integral = Drawn(n)
    w = Observable("β at the end", shape=p, certificate="flow_error")
    b1 = Observable("u² − v² at the end", shape=p, certificate="flow_error")
    b2 = Observable("lam·q at the end", shape=p, certificate="flow_error")
    early = Observable("u² − v² at time 1/(10 + 80 alpha²), where ∫r dt is early_integral", shape=p,
                       certificate="flow_error")
    early_b2 = Observable("lam·q at that time", shape=p, certificate="flow_error")
    product = Observable("u_j v_j at the end, of the coordinate j in which |β_j| is largest", certificate="flow_error")
    l1 = Observable("‖β‖₁ at the end")
    l1_ratio = Observable("the least ‖w‖₁ of an interpolator over ‖β‖₁ at the end", between=(0, 1))
    l2_ratio = Observable("the least ‖w‖₂ of an interpolator over ‖β‖₂ at the end", between=(0, 1),
                          certificate="ratio_error")
    flow_error = Observable("largest change of β, b₁, b₂ and uv when the flow's tolerances are loosened, and twice the "
                            "way that the remaining residual can move them")
    ratio_error = Observable("how far l2_ratio may move when every coordinate of β moves by flow_error")
    interpolates = Event("‖Xβ − y‖ < 1e-7·‖y‖ at the end")
