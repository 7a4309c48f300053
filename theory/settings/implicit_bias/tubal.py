"""Tensors factorised by themselves, under the t-product."""

from theory.domain import Real, Size
from theory.setting import Drawn, Event, Observable, Setting


class TubalDescent(Setting):
    """Tensors (n, n, K) of K slices, numbered modulo K: (P*Q)_k = Σ_j P_j Q_{k−j}, and (Pᵀ)_k is P_{−k} transposed.

    Descent on L = (1/2m) Σᵢ (⟨Aᵢ, U*Uᵀ⟩ − yᵢ)²: `steps` steps U ← U − (eta/2)·∇L = U − eta·G*U from U₀, where
    G = (1/m) Σᵢ (⟨Aᵢ, U*Uᵀ⟩ − yᵢ)·Aᵢ.
    Aᵢ = (B + Bᵀ)/2 with B standard normal; yᵢ = ⟨Aᵢ, X⟩, X = V*Vᵀ scaled to ‖X‖_F = 1, V (n, r, K) standard normal;
    U₀ is a0 times a standard normal tensor.
    """

    n = Size(at_least=2, typical=(3, 5))
    K = Size(typical=(3, 5))
    r = Size(typical=(1, 2))
    m = Size(typical=(20, 40))
    a0 = Real(above=0, typical=(0.1, 0.2))
    eta = Real(above=0, typical=(0.02, 0.05))
    steps = Size(typical=(20, 100))
    A = Drawn(m, n, n, K)
    y = Drawn(m)
    start = Drawn(n, n, K)
    factor = Observable("U after the steps", shape=(n, n, K))


class TubalRecovery(Setting):
    """X of tubal rank r from m measurements, by descent on U*Uᵀ from U₀ = a0·D and from U₀ = 10·a0·D.

    Data and steps are those of TubalDescent, D is standard normal. Descent ends where the root mean square of the
    residuals ⟨Aᵢ, U*Uᵀ⟩ − yᵢ is below rho, that of all yᵢ being 1 in expectation; it is looked at every tenth step, for
    20,000 steps. Errors are ‖U*Uᵀ − X‖_F, where ‖X‖_F = 1.
    """

    n = Size(at_least=2, typical=(5, 6))
    K = Size(typical=(3, 3))
    r = Size(typical=(1, 1))
    m = Size(typical=(32, 45))
    a0 = Real(above=0, typical=(0.01, 0.01))
    eta = Real(above=0, typical=(0.2, 0.2))
    rho = Real(above=0, below=1, typical=(0.02, 0.02))
    error = Observable("error at the end from a0·D", between=(0, None))
    larger = Observable("error at the end from 10·a0·D", between=(0, None))
    interpolator = Observable("error of the P of least ‖P‖_F with ⟨Aᵢ, P⟩ = yᵢ for all i", between=(0, 1))
    ended = Event("both descents ended so")
