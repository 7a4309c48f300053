"""Two-layer networks near and at minima of the squared loss."""

from theory.domain import Choice, Real, Size
from theory.setting import Event, Observable, Setting


class ReluSGD(Setting):
    """A two-layer ReLU network f(x) = Σⱼ vⱼ relu(wⱼ·x) of m neurons without biases, trained by SGD.

    n points uniform on the sphere of radius √d with targets relu(x₁) − relu(−x₂), squared loss (1/2n) Σ (f(xᵢ) − yᵢ)²;
    every trial has its own data and its own start W ~ 1.6·N(0, 1/d), v ~ 1.6·N(0, 1/m). Batches of size B are drawn
    with replacement, for at most 50,000 steps. The observables of a network that does not converge are 0.
    """

    m = Size(at_least=2, typical=(20, 40))
    n = Size(at_least=2, typical=(10, 20))
    d = Size(at_least=2, typical=(4, 6))
    B = Size(typical=(1, 4))
    eta = Real(above=0, typical=(0.03, 0.04))
    trH = Observable("tr of the Hessian of the loss at the end, (1/n) Σᵢ ‖∇f(xᵢ)‖²")
    lam1 = Observable("the largest eigenvalue of that Hessian")
    path_norm = Observable("Σⱼ |vⱼ| ‖wⱼ‖")
    converged = Event("loss below 1e-9")


class ReluNetwork(Setting):
    """A two-layer ReLU network f(x) = Σⱼ vⱼ relu(wⱼ·x) of m neurons at Gaussian weights and fresh inputs.

    W ~ 1.6·N(0, 1/d), v ~ 1.6·N(0, 1/m); inputs of mean square d: standard normal (law "gaussian") or uniform on the
    sphere of radius √d (law "sphere").
    """

    m = Size(at_least=1, typical=(2, 40))
    d = Size(at_least=2, typical=(2, 10))
    law = Choice("gaussian", "sphere")
    w2 = Observable("Σⱼ ‖wⱼ‖²")
    v2 = Observable("Σⱼ vⱼ²")
    path_norm = Observable("Σⱼ |vⱼ| ‖wⱼ‖")
    gradient = Observable("‖∇f(x)‖², mean over 32 pairs of inputs x and −x")


class DiagonalSGD(Setting):
    """A diagonal linear network f(x) = Σⱼ aⱼ bⱼ xⱼ, trained by SGD on (1/2n) Σ (f(xᵢ) − yᵢ)².

    x standard normal in R^d, y = x₁ − x₂; a start out of balance, a = 0.6 + 1.2·|N(0, I)|, b = 0.05·N(0, I). Batches of
    size B, drawn with replacement, until the loss is below 1e-12, for at most 12,000 steps. Where a network does not
    converge its observables are 0.
    """

    n = Size(at_least=2, typical=(6, 10))
    d = Size(at_least=2, typical=(12, 20))
    B = Size(typical=(1, 4))
    eta = Real(above=0, typical=(0.02, 0.04))
    trH = Observable("tr of the Hessian of the loss at the end, (1/n) Σᵢ ‖∇f(xᵢ)‖²")
    weighted_l1 = Observable("Σⱼ mⱼ |aⱼ bⱼ|, mⱼ the mean of xⱼ² over the samples")
    converged = Event("loss below 1e-12")


class DiagonalNetwork(Setting):
    """A diagonal linear network f(x) = Σⱼ aⱼ bⱼ xⱼ on isotropic inputs, at an interpolating minimum.

    a and b are standard normal; with weights "balanced" the moduli of b are those of a. H is the mean of ∇f ∇fᵀ over
    inputs x = √d·q, q the rows of a random orthogonal matrix: E xxᵀ = I.
    """

    d = Size(at_least=2, typical=(2, 8))
    weights = Choice("free", "balanced")
    trH = Observable("tr H")
    lam1 = Observable("the largest eigenvalue of H")
    squares = Observable("Σⱼ (aⱼ² + bⱼ²)")
    widest = Observable("max (aⱼ² + bⱼ²)")
    l1 = Observable("Σⱼ |aⱼ bⱼ|")
    linf = Observable("max |aⱼ bⱼ|")


class Catapult(Setting):
    """The network f = n^(−½) Σᵢ uᵢ vᵢ on one sample x = 1, y = 0 with loss f²/2, trained by gradient descent.

    u, v standard normal, scaled to (‖u‖² + ‖v‖²)/n = lam0. f, lam = (‖u‖² + ‖v‖²)/n after three steps, next_f, next_lam
    after four. A run with |f| > 1e6 within 600 steps has diverged; its `final` is 10 and its `change` 1.
    """

    n = Size(typical=(8, 512))
    lam0 = Real(above=0, typical=(1, 3))
    eta = Real(above=0, typical=(0.5, 1.2))
    start_f = Observable("f at the start")
    f = Observable("f after three steps")
    lam = Observable("(‖u‖² + ‖v‖²)/n after three steps")
    next_f = Observable("f after four steps")
    next_lam = Observable("(‖u‖² + ‖v‖²)/n after four steps")
    final = Observable("eta·(‖u‖² + ‖v‖²)/n after 600 steps", values="discrete")
    change = Observable("relative change of (‖u‖² + ‖v‖²)/n over 600 steps")
