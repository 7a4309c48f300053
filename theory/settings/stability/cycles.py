"""Methods that settle on a cycle of two steps, at the edge of stability."""

from theory.domain import Choice, Real, Size
from theory.setting import Drawn, Event, Observable, Setting


class ScalarFactor(Setting):
    """Gradient descent on L(u, v) = ½(uv − 1)² from u, v = 1 + spread·N(0, 1), 6000 steps of learning rate eta.

    A run with |u| or |v| above 100 has escaped: it stops there, and what is observed at the end of it is 1. Apart from
    the run, (a, 1/a) is a minimum of L, a = exp(N(0, 1)).
    """

    eta = Real(above=0, typical=(0.3, 1.2))
    spread = Real(above=0, typical=(0.1, 0.4))
    u = Drawn()
    v = Drawn()
    a = Drawn()
    next_D = Observable("u² − v² after the first step")
    next_difference = Observable("u − v after the first step")
    sharpness = Observable("largest eigenvalue of the Hessian of L at (a, 1/a)")
    curvature = Observable("u² + v² at the end of the run")
    upper = Observable("the larger |u| of the last two steps")
    lower = Observable("the smaller |u| of the last two steps")
    gap = Observable("| |u| − |v| | at the end")
    longitudinal = Observable("derivative of two steps at the end, of u + v along (1, 1)")
    transverse = Observable("derivative of two steps at the end, of u − v along (1, −1)")
    oscillation = Observable("|uv − 1| at the end", values="discrete")
    unrest = Observable("|u − u₋₂| + |v − v₋₂| at the end, against two steps before",
                        values="discrete")
    converged = Event("|uv − 1| < 1e-9 at the end")
    cycling = Event("at the end u and v are within 1e-9 of their values two steps before, and |uv − 1| > 1e-3")


class ScalarRMSprop(Setting):
    """RMSprop with constant step on L(x) = h·x²/2, without bias correction; with beta1 > 0, Adam.

    g = hx, m₊ = beta1·m + (1 − beta1)·g, v₊ = b2·v + (1 − b2)·g², x₊ = x − eta·m₊/(√v₊ + eps). The start is within a
    factor 2 of eta/2, v within a factor 10 of (h·eta/2)², m = 0; 80/log(1/b2) steps. trace, determinant and radius
    (the largest modulus of an eigenvalue) belong to the derivative of (x, v) ↦ (−x₊, v₊) at the end, at beta1 = 0.
    """

    h = Real(above=0, typical=(0.1, 10))
    b2 = Real(above=0, below=1, typical=(0.5, 0.99))
    eta = Real(above=0, typical=(0.001, 1))
    eps = Real(at_least=0, typical=(0, 0.05))
    beta1 = Real(at_least=0, below=1, typical=(0, 0.9))
    start = Drawn()
    amplitude = Observable("|x| at the end")
    sharpness = Observable("h/(√v + eps) at the end, the preconditioned curvature")
    trace = Observable("trace of the derivative")
    determinant = Observable("determinant of the derivative")
    radius = Observable("spectral radius of the derivative")


class QuadraticSAM(Setting):
    """Sharpness-aware minimisation w ← w − eta·∇L(w + rho·g/‖g‖), g = ∇L(w), on L(w) = ½ wᵀHw, w in R^d.

    H has the eigenvalues h, r·h, and further ones uniform between 0.2·h and r·h, in a random basis. 2000 steps from a
    start rho·N(0, I).
    """

    d = Size(at_least=2, typical=(2, 5))
    h = Real(above=0, typical=(0.5, 3))
    r = Real(above=0, typical=(0.25, 0.8))
    eta = Real(above=0, typical=(0.1, 1))
    rho = Real(above=0, typical=(0.02, 0.5))
    start = Drawn(d)
    amplitude = Observable("‖w‖ at the end", values="discrete")
    first = Observable("|cos| between w and the eigenvector of h", values="discrete")
    second = Observable("|cos| between w and the eigenvector of r·h", values="discrete")


class SAMCycle(Setting):
    """The method of QuadraticSAM with H = diag(h, r·h), started on the axis of h and so confined to it, 2000 steps."""

    h = Real(above=0, typical=(0.5, 3))
    r = Real(above=0, typical=(0.2, 2))
    eta = Real(above=0, typical=(0.1, 1))
    rho = Real(above=0, typical=(0.02, 0.5))
    start = Drawn()
    multiplier = Observable("derivative of the other coordinate after a step by itself before, at the end",
                            values="discrete")
    log_multiplier = Observable("log of its modulus", values="discrete")


class SAMStep(Setting):
    """One step of sharpness-aware minimisation on L(w) = ½ wᵀHw at a w whose gradient is an eigenvector of H.

    The gradient ∇L(w) has norm g and eigenvalue h; the others of d eigenvalues are uniform in [0, h], in a random
    basis. Normalised: w₊ = w − eta·∇L(w + rho·∇L(w)/‖∇L(w)‖). Unnormalised: w₊ = w − eta·∇L(w + rho·∇L(w)).
    """

    d = Size(at_least=2, typical=(2, 5))
    h = Real(above=0, typical=(0.5, 3))
    eta = Real(above=0, typical=(0.05, 1))
    rho = Real(above=0, typical=(0.02, 0.5))
    g = Real(above=0, typical=(0.05, 2))
    method = Choice("normalised", "unnormalised")
    direction = Drawn(d)
    growth = Observable("log of ‖∇L(w₊)‖/‖∇L(w)‖", values="discrete")
