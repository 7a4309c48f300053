"""Matrices written as products whose factors are trained with a quadratic penalty."""

from theory.domain import Choice, Real, Size, Spectrum
from theory.setting import Observable, Setting


class ItemEmbeddings(Setting):
    """Linear autoencoders of p items in k dimensions: X ≈ XABᵀ with A and B (p, k), trained from a random start.

    X (p + 2, p) has random singular vectors; k of its singular values are s and `others`, and `spare` = p − k are rest.
    The objective is ‖X − XABᵀ‖²_F + lam·‖ABᵀ‖²_F ("product"), or ‖X − XABᵀ‖²_F + lam·(‖XA‖²_F + ‖B‖²_F) ("factors").
    v is the right singular vector of s. Another start gives another A and B. The cosines are those between the rows of
    B. D (k, k) is standard normal; steering takes B as near to T (p, k), standard normal, as BD⁻ᵀ can come.
    """

    s = Real(above=0, typical=(1.5, 4))
    others = Spectrum(typical=("[3,2]", "[2.5]"))
    rest = Real(above=0, typical=(0.3, 0.9))
    spare = Size(at_least=0, typical=(1, 2))
    lam = Real(above=0, typical=(0.3, 3))
    objective = Choice("product", "factors")
    lowest = Observable("least objective", values="discrete", certificate="value_error")
    map = Observable("vᵀABᵀv", values="discrete", certificate="error")
    items = Observable("vᵀBBᵀv", values="discrete", certificate="error")
    users = Observable("vᵀAAᵀv", values="discrete", certificate="error")
    leak = Observable("what ABᵀ has between different singular vectors of X, or on those of rest, Frobenius norm",
                      values="discrete", certificate="error")
    gram_leak = Observable("the same of BBᵀ and of AAᵀ, added", values="discrete", certificate="error")
    apart = Observable("largest difference of a cosine between the two starts", values="discrete",
                       certificate="cosine_error")
    scaled = Observable("objective at AD and BD⁻ᵀ", values="discrete", certificate="scaled_error")
    bare = Observable("objective at AD and BD", values="discrete", certificate="scaled_error")
    steered = Observable("largest difference of a cosine from those of T after steering", values="discrete",
                         certificate="steered_error")
    steered_value = Observable("objective after steering", values="discrete", certificate="scaled_error")
    value_error = Observable("a bound on how far from a local minimum the objective is, and its rounding")
    error = Observable("the same for the products of A and B")
    cosine_error = Observable("for the cosines")
    scaled_error = Observable("for the objective after a change of A and B")
    steered_error = Observable("and for its cosines")
