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
