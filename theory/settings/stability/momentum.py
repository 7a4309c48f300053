"""Gradient methods with momentum on a quadratic loss."""

from theory.domain import Choice, Real, Size
from theory.setting import Axis, Drawn, Observable, Setting


class MomentumDescent(Setting):
    """Descent with momentum on L(w) = ½ wᵀHw, w in R^d, from a random start, at constant learning rate eta.

    G(w) = P⁻¹ H w, with P = I, or P a frozen preconditioner (symmetric, eigenvalues from 1/4 to 4). Heavy ball:
    w₊ = w − eta·G(w) + beta·(w − w₋). Nesterov: v = w + beta·(w − w₋), w₊ = v − eta·G(v). Average: m₊ = beta·m +
    (1 − beta)·G(w), w₊ = w − eta·m₊. At beta = 0 each is gradient descent. P^(−½) H P^(−½) has the largest eigenvalue
    lam, the others uniform between lam/10 and lam, in a random basis.
    """

    d = Size(typical=(1, 6))
    eta = Real(above=0, typical=(0.001, 1))
    beta = Real(at_least=0, below=1, typical=(0.1, 0.99))
    lam = Real(above=0, typical=(1, 100), per_trial=True)
    method = Choice("heavy_ball", "nesterov", "average")
    preconditioner = Choice("none", "frozen")
    start = Drawn(d)
    growth = Observable("log of the factor by which the iterates grow per step in the long run", values="discrete")
    stretch = Observable("λ_max(H)/lam")


class TwoAverages(Setting):
    """Descent along two averages of the gradient on L(w) = ½ wᵀHw, w in R^d, from a random start.

    m₁₊ = beta1·m₁ + (1 − beta1)·g, m₂₊ = beta3·m₂ + (1 − beta3)·g, w₊ = w − eta·(m₁₊ + alpha·m₂₊): the direction of
    AdEMAMix without scaling by second moments and without warm-up. H has the largest eigenvalue lam, the others uniform
    between lam/10 and lam, in a random basis.
    """

    d = Size(typical=(1, 6))
    eta = Real(above=0, typical=(0.001, 1))
    beta1 = Real(at_least=0, below=1, typical=(0, 0.95))
    beta3 = Real(at_least=0, below=1, typical=(0.5, 0.999))
    alpha = Real(at_least=0, typical=(0.5, 8))
    lam = Real(above=0, typical=(1, 100), per_trial=True)
    start = Drawn(d)
    growth = Observable("log of the factor by which the iterates grow per step in the long run", values="discrete")


class GradientMemory(Setting):
    """How two averages of the gradient, as in TwoAverages, move w under gradients that are given to them.

    weight: after one gradient g, then none. mass: under g in every step, 40/(1 − beta) steps from rest, beta the larger
    of beta1 and beta3.
    """

    beta1 = Real(at_least=0, below=1, typical=(0, 0.95))
    beta3 = Real(at_least=0, below=1, typical=(0.5, 0.999))
    alpha = Real(at_least=0, typical=(0.5, 8))
    age = Axis([1, 2, 5, 10, 20, 50, 100])
    weight = Observable("move of w over −eta·g, so many steps after g was seen", shape=age, values="fixed")
    mass = Observable("move of w over −eta·g in the last step", values="fixed")
