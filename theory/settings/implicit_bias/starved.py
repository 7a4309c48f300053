"""Logistic regression with weight decay on features of different strength."""

from theory.domain import Real, Size
from theory.setting import Axis, Drawn, Observable, Setting

STRENGTHS = (1.0, 1.5, 2.0, 3.0, 5.0)


class StarvedFeatures(Setting):
    """Signed features diag(y)Φ = U diag(s): L(θ) = Σ_i log(1 + exp(−m_i)) + (lam/2) ‖θ‖², m = U z, z_k = s_k θ_k.

    U: the orthogonal factor of (1 − mixing)·I + mixing·G, G standard normal (n, n); s_k log-uniform on (½, 2).
    At the minimum a_i = 1/(1 + exp(m_i)) and D = diag(a(1 − a)). All numbers at the minimum, found by Newton's method.
    """

    n = Size(at_least=2, typical=(3, 8))
    lam = Real(above=0, typical=(0.02, 0.5))
    mixing = Real(at_least=0, at_most=1, typical=(0.3, 1))
    U = Drawn(n, n)
    s = Drawn(n)
    a = Drawn(n)
    z = Observable("the responses", shape=n, certificate="newton_error")
    slopes = Observable("dz_k/d(s_1²), by central differences", shape=n, certificate="slope_error")
    slope2 = Observable("dz_2/d(s_1²), by central differences", certificate="slope_error")
    pull = Observable("u_1·a")
    coupling = Observable("u_1ᵀ D⁻¹ u_2")
    newton_error = Observable("‖∇L‖/lam over all features, times the largest s")
    slope_error = Observable("largest change of the slopes when the differences are doubled")


class CoupledPair(Setting):
    """The model of StarvedFeatures with two features of U = [[c, d], [−d, c]], c = √(1 − d²), d = coupling, s_2 = 1."""

    lam = Real(above=0, typical=(0.02, 0.2))
    coupling = Real(above=-1, below=1, typical=(-0.5, 0.5))
    s_1 = Axis(STRENGTHS)
    U = Drawn(2, 2)
    z_2 = Observable("response z_2 at the minimum", shape=(s_1,), certificate="newton_error", values="fixed")
    newton_error = Observable("‖∇L‖/lam over all features, times the largest s", values="fixed")
