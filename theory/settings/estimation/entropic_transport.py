"""Entropic optimal transport between normal laws, for a bilinear gain."""

from theory.domain import Choice, Real, Size
from theory.setting import Drawn, Observable, Setting


class GaussianCoupling(Setting):
    """Couplings of N(0, Sa) on R^p and N(0, Sb) on R^q, for gains xᵀAy; Omega(A) = sup E xᵀAy − eps·KL(π ‖ product).

    The supremum is over all couplings π. Sa = RRᵀ with a triangular R (p, p), its diagonal uniform on (½, 1) and
    the entries below it uniform on (−½, ½); Sb likewise. A is a standard normal matrix (p, q) scaled to the
    Frobenius norm `size`. B is another one, drawn in the
    same way where `second` is "own", and A itself where it is "same"; D is another one of norm 1.
    The cost ‖x − y‖²/2 is the gain with A = I; the entropy of π in place of the KL leaves the best coupling as it is.
    """

    p = Size(at_least=2, at_most=3, typical=(2, 2))
    q = Size(at_least=2, at_most=3, typical=(2, 2))
    size = Real(above=0, typical=(0.3, 0.8))
    eps = Real(above=0, typical=(0.8, 1.6))
    second = Choice("own", "same")
    Sa = Drawn("p", "p")
    Sb = Drawn("q", "q")
    A = Drawn("p", "q")
    D = Drawn("p", "q")
    cross = Observable("E xyᵀ under the best coupling for A", shape=(p, q), certificate="error")
    precision = Observable("block (x, y) of the inverse of that coupling's covariance", shape=(p, q),
                           certificate="error")  # fmt: skip
    value = Observable("Omega(A)", certificate="error")
    slope = Observable("derivative of Omega at A along D", certificate="error")
    other = Observable("Omega(B)", certificate="error")
    middle = Observable("Omega((A + B)/2)", certificate="error")
    gain = Observable("E xᵀAy under the best coupling for A", certificate="error")
    tilted = Observable("E xᵀBy under the best coupling for A", certificate="error")
    error = Observable("a bound on what quadrature and iteration left undone, and on rounding")


class ScalarCoupling(Setting):
    """The coupling of N(0, sa²) and N(0, sb²) that makes E Axy − eps·KL(π ‖ product) largest. Nothing is random."""

    sa = Real(above=0, typical=(0.6, 1.4))
    sb = Real(above=0, typical=(0.6, 1.4))
    A = Real(above=0, typical=(0.5, 1.5))
    eps = Real(above=0, typical=(0.3, 2))
    correlation = Observable("correlation of x and y", values="fixed", certificate="error")
    growth = Observable("its derivative in A", values="fixed", certificate="error")
    error = Observable("a bound on what the iteration left undone, and on rounding")
