"""Penalties on Jacobians: what noise at the input costs, and Jacobians of compositions."""

from theory.domain import Choice, Real, Size
from theory.setting import Observable, Setting


class InputNoise(Setting):
    """f: R^d → R^q at a random x, and at x + e; f_k(x) = b_k·x + (bend/2)·xᵀQ_k x + (cubic/6)·(c_k·x)³.

    b, c, x and a matrix whose symmetric part is Q_k are standard normal, over √d but for x. J is the Jacobian of f at
    x, H_k the Hessian of f_k. The entries of e are independent, of mean 0 and standard deviation sg: normal, or fair
    signs.
    """

    d = Size(at_most=6, typical=(2, 4))
    q = Size(typical=(1, 3))
    sg = Real(above=0, typical=(0.1, 0.5))
    bend = Real(at_least=0, typical=(0.5, 2))
    cubic = Real(at_least=0, typical=(0, 0))
    noise = Choice("normal", "signs")
    moved = Observable("E‖f(x + e) − f(x)‖² over e", values="discrete", certificate="rounding")
    jacobian = Observable("‖J‖²_F", values="discrete", certificate="rounding")
    hessians = Observable("Σ_k ‖H_k‖²_F", values="discrete")
    traces = Observable("Σ_k (tr H_k)²", values="discrete")
    rounding = Observable("a bound on the rounding of the sums and differences")


class ComposedMaps(Setting):
    """f = g∘h at a random x: h(x) = σ(Ax), g(z) = Bσ(z), σ(z) = z + bend·(tanh z − z) on each of r units.

    A = diag(a)Vᵀ + spread·ξ (r, d), B = U diag(a) + spread·ξ (q, r), r = min(d, q), U and V have random orthonormal
    columns, ξ, x and log a/0.3 standard normal. J_f, J_g and J_h are the Jacobians there, J_f by differences of f.
    """

    d = Size(typical=(2, 5))
    q = Size(typical=(2, 5))
    spread = Real(at_least=0, typical=(0.2, 1))
    bend = Real(at_least=0, at_most=1, typical=(0.3, 1))
    penalty = Observable("½(‖J_g‖²_F + ‖J_h‖²_F)", values="discrete", certificate="rounding")
    nuclear = Observable("sum of the singular values of J_f", values="discrete", certificate="rounding")
    frobenius = Observable("‖J_f‖²_F", values="discrete", certificate="rounding")
    rounding = Observable("a bound on the error of the differences and the rounding")
