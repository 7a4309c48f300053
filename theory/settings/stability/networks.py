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
