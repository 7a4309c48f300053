"""Networks at large width, and the kernels that they tend to."""

from sympy import pi

from theory.domain import Real, Size
from theory.setting import Observable, Setting


class ReluTangentKernel(Setting):
    """Bias-free ReLU networks f = a·h_L/√m with L hidden layers of width m, at two unit inputs x, z of cosine c.

    h₁ = √2·relu(W₁x), h_l = √2·relu(W_l h_{l−1}/√m), all entries of W_l and a standard normal. Every trial has two
    independent networks. The tangent kernel is the inner product of the gradients at x and z in all the weights.
    """

    m = Size(at_least=2, typical=(32, 256))
    L = Size(at_most=6, typical=(1, 3))
    c = Real(at_least=-1, at_most=1, typical=(0.1, 0.9))
    kernel = Observable("tangent kernel at (x, z), mean of the two networks")
    covariance = Observable("h_L(x)·h_L(z)/m, mean of the two networks")
    spread = Observable("m·(difference of the two tangent kernels)²/2, in the mean m times their variance",
                        between=(0, None))


class GaussianPair(Setting):
    """Centred jointly Gaussian u, v with variances a, b and covariance c; the functions are applied to both."""

    a = Real(above=0, typical=(0.3, 2))
    b = Real(above=0, typical=(0.3, 2))
    c = Real(typical=(0.1, 0.7))
    erf = Observable("erf(u)·erf(v)", between=(-1, 1))
    erf_slope = Observable("erf′(u)·erf′(v)", between=(0, lambda G: 4 / pi))


class SphereHarmonics(Setting):
    """The ReLU and its arc-cosine kernel in spherical harmonics: the uniform measure on the unit sphere of R^d.

    P_k is the Gegenbauer polynomial of that measure with P_k(1) = 1, t = ⟨u, v⟩ for independent uniform u and v, and
    a_k = E relu(t) P_k(t). The kernel is E relu(⟨w, u⟩) relu(⟨w, v⟩), w uniform on the sphere, a function κ of ⟨u, v⟩.
    """

    d = Size(at_least=3, at_most=40, typical=(3, 12))
    j = Size(at_most=60, typical=(1, 10))
    zeroth = Observable("a₀", values="fixed", certificate="rounding")
    first = Observable("a₁", values="fixed", certificate="rounding")
    even = Observable("a_k at k = 2j", values="fixed", certificate="rounding")
    odd = Observable("a_k at k = 2j + 1", values="fixed", certificate="rounding")
    eigenvalue = Observable("E κ(t) P_k(t) at k = 2j", values="fixed", certificate="rounding")
    rounding = Observable("ε for each node of the quadrature, all terms being at most 1 in size", values="fixed")
