"""Deep linear models whose modes are learnt one after the other."""

from theory.domain import Real, Size
from theory.setting import Drawn, Observable, Setting


class LinearNetwork(Setting):
    """A two-layer linear network W₂W₁ (d × d) of rank 3 on whitened inputs: L = ½ ‖S − W₂W₁‖_F², gradient flow.

    S = U diag(s, other, other/2) Vᵀ with random orthonormal U, V; W₂ = U √a0 e^imbalance Rᵀ, W₁ = R √a0 e^−imbalance Tᵀ
    at the start, R orthogonal, T = V but for its first two columns, which are turned by the angle turn. The inputs'
    covariance has the eigenvalues exp(colour·g), g standard normal, in a random basis. Gradient descent takes steps of
    1/rate. Strength of a mode: its entry of Uᵀ W₂ W₁ V.
    """

    d = Size(at_least=3, typical=(4, 6))
    s = Real(above=0, typical=(0.8, 2))
    other = Real(above=0, typical=(0.5, 2))
    a0 = Real(above=0, typical=(0.001, 0.01))
    time = Real(above=0, typical=(0.5, 3))
    rate = Size(typical=(50, 100))
    imbalance = Real(at_least=0, typical=(0.1, 0.5))
    turn = Real(at_least=0, typical=(0.1, 0.5))
    colour = Real(at_least=0, typical=(0.1, 0.5))
    U = Drawn(d, 3)
    strength = Observable("strength of the mode s at the time", certificate="flow_error")
    next_strength = Observable("strength of the mode other at the time", certificate="flow_error")
    rise = Observable("its strength at the time, less s/2", certificate="flow_error")
    balance = Observable("largest entry of W₁W₁ᵀ − W₂ᵀW₂ at the time", certificate="flow_error")
    descent_error = Observable("its strength after gradient descent over the same time, less that of the flow",
                               values="fixed")
    flow_error = Observable("largest change of these when the flow's tolerances are loosened")


class FilterPair(Setting):
    """Two circular filters of length N in sequence: L = ½ ‖c − a ∗ b‖², gradient flow; c standard normal.

    At the start |â_k| = |b̂_k| = √a0 at every frequency k of the unnormalised transform; â_k b̂_k has the phase of ĉ_k.
    """

    N = Size(at_least=4, typical=(6, 9))
    a0 = Real(above=0, typical=(0.001, 0.01))
    time = Real(above=0, typical=(0.2, 1))
    target = Observable("|ĉ_1|")
    modulus = Observable("|â_1 b̂_1| at the time", certificate="flow_error")
    flow_error = Observable("change of it when the flow's tolerances are loosened")
