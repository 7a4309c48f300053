"""Matrices written as products whose factors are trained with a quadratic penalty."""

from theory.domain import Choice, Real, Size, Spectrum
from theory.setting import Drawn, Observable, Setting

ITEMS = ("others", "spare", 1)


class ItemEmbeddings(Setting):
    """Linear autoencoders of p items in k dimensions: X ≈ XABᵀ with A and B (p, k), trained from a random start.

    X (p + 2, p) has random singular vectors; k of its singular values are s and `others`, and `spare` = p − k are rest.
    The objective is ‖X − XABᵀ‖²_F + lam·‖ABᵀ‖²_F ("product"), or ‖X − XABᵀ‖²_F + lam·(‖XA‖²_F + ‖B‖²_F) ("factors").
    v is the right singular vector of s. Another start gives another A and B. The cosines are those between the rows of
    B. D (k, k) is standard normal; steering takes B as near to T (p, k), standard normal, as BD⁻ᵀ can come. Rescaling
    takes it to the eigenvectors of ABᵀ times their eigenvalues to that power, A to those to the power 1 − power.
    """

    s = Real(above=0, typical=(1.5, 4))
    others = Spectrum(typical=("[3,2]", "[2.5]"))
    rest = Real(above=0, typical=(0.3, 0.9))
    spare = Size(at_least=0, typical=(1, 2))
    lam = Real(above=0, typical=(0.3, 3))
    power = Real(at_least=0, typical=(0.2, 1))
    objective = Choice("product", "factors")
    V = Drawn(ITEMS, ITEMS)
    lowest = Observable("least objective", values="discrete", certificate="value_error")
    map = Observable("vᵀABᵀv", values="discrete", certificate="map_error")
    items = Observable("vᵀBBᵀv", values="discrete", certificate="error")
    users = Observable("vᵀAAᵀv", values="discrete", certificate="error")
    leak = Observable("what ABᵀ has between different singular vectors of X, or on those of rest, Frobenius norm",
                      values="discrete", certificate="map_error")
    gram_leak = Observable("the same of BBᵀ and of AAᵀ, added", values="discrete", certificate="error")
    apart = Observable("largest difference of a cosine between the two starts", values="discrete",
                       certificate="cosine_error")
    scaled = Observable("objective at AD and BD⁻ᵀ", values="discrete", certificate="scaled_error")
    bare = Observable("objective at AD and BD", values="discrete", certificate="scaled_error")
    steered = Observable("largest difference of a cosine from those of T after steering", values="discrete",
                         certificate="steered_error")
    steered_value = Observable("objective after steering", values="discrete", certificate="scaled_error")
    rescaled = Observable("largest |cosine| between two items after rescaling", values="discrete",
                          certificate="rescaled_error")
    rescaled_value = Observable("objective after rescaling", values="discrete", certificate="scaled_error")
    rescaled_error = Observable("what the error of ABᵀ makes of that cosine")
    value_error = Observable("a bound on how far from a local minimum the objective is, and its rounding")
    map_error = Observable("the same for ABᵀ")
    error = Observable("and for AAᵀ and BBᵀ")
    cosine_error = Observable("for the cosines")
    scaled_error = Observable("for the objective after a change of A and B")
    steered_error = Observable("and for its cosines")


class DeepFactorisation(Setting):
    """A product W = W₁ ⋯ W_L fitted to M (m + 1, m): ½‖W − M‖²_F + (lam/L)·Σ‖W_l‖²_F, all hidden widths m + extra.

    M has random singular vectors and the singular values s, with vectors u and v, and `others`. Two trainings start
    from random factors with orthonormal rows or columns, times 3/2; the penalty grows from lam/64 over lam/8 to lam.
    The better one counts. Then each mode of W in turn is taken out of the factors, which are trained again, and stays
    out where that lowers the objective.
    beside are M's singular values other than s, lower and free_lower those of a product other than the largest.
    The free factors are not trained: H_{l−1} diag(a) H_lᵀ + spread·ξ, H_l with m random orthonormal columns, log a and
    ξ standard normal, the same a for all l.
    """

    s = Real(above=0, typical=(1.5, 4))
    others = Spectrum(typical=("[3]", "[2.5]"))
    lam = Real(above=0, typical=(0.3, 2))
    L = Size(at_least=2, at_most=4, typical=(2, 4))
    extra = Size(at_least=-2, typical=(0, 1))
    spread = Real(at_least=0, typical=(0.3, 1))
    beside = Drawn("others")
    lower = Drawn("others")
    free_lower = Drawn("others")
    top = Observable("largest singular value of W", values="discrete", certificate="error")
    cost = Observable("(1/L)·Σ‖W_l‖²_F", values="discrete", certificate="cost_error")
    free_top = Observable("largest singular value of the product of the free factors")
    free_cost = Observable("(1/L)·Σ‖W_l‖²_F of the free factors")
    kept = Observable("uᵀWv", values="discrete", certificate="error")
    leak = Observable("what W has between different modes of M, Frobenius norm", values="discrete",
                      certificate="error")
    lowest = Observable("least objective", values="discrete", certificate="value_error")
    error = Observable("a bound on how far from a local minimum W is, and its rounding")
    cost_error = Observable("the same for the cost")
    value_error = Observable("and for the objective")
