"""Kernel and random-feature regression in the eigenbasis of the kernel."""

from theory.domain import Choice, Real, Size, Spectrum
from theory.setting import Drawn, Observable, Setting


class GaussianFeatures(Setting):
    """Ridge regression on k random features of a kernel with eigenvalues lam, in Gaussian eigencoordinates.

    φ(x) ~ N(0, I_P); f*(x) = Σᵢ vᵢ φᵢ(x) with vᵢ² = v2; features gⱼ(x) = Σᵢ √lamᵢ ξᵢⱼ φᵢ(x), ξ standard normal;
    kernel k⁻¹ Σⱼ gⱼ(x) gⱼ(x′); y = f*(x) + ε, Var ε = sigma2; predictor k_xᵀ (K + delta·I)⁻¹ y.
    The errors are conditional expectations given inputs and features, over the noise, the signs of v and the test
    input.
    """

    n = Size(typical=(24, 384))
    k = Size(typical=(24, 640))
    lam = Spectrum(typical=("power(1.5,200)",))
    v2 = Spectrum(typical=("power(1.6,200)",))
    delta = Real(at_least=0, typical=(0.02, 0.2))
    sigma2 = Real(at_least=0, typical=(0.05, 0.2))
    test_error = Observable("mean squared error at a fresh input, label noise included")
    train_error = Observable("mean squared error on the n samples")


class FeatureSpan(GaussianFeatures):
    """The same, beside the best that the k features can do."""

    best_error = Observable("least mean squared error of any predictor that is linear in the k features, given them")


class KernelRegression(Setting):
    """Kernel ridge regression in the eigenbasis of the data law: K(x, x′) = Σᵢ lamᵢ φᵢ(x) φᵢ(x′), E φᵢφⱼ = 1 if i = j.

    gaussian: φ(x) ~ N(0, I_P); onehot: x uniform on P values, φᵢ(x) = √P if x = i, else 0. f*(x) = Σᵢ vᵢ φᵢ(x) with
    vᵢ² = v2; y = f*(x) + ε, Var ε = sigma2; predictor k_xᵀ (K + delta·I)⁻¹ y = Σᵢ v̂ᵢ φᵢ(x), at delta = 0 the
    interpolator of least norm. Every observable is a conditional expectation given the n inputs, over the noise, the
    signs of v and the test input.
    """

    n = Size(typical=(16, 128))
    lam = Spectrum(typical=("power(1.5,200)",))
    v2 = Spectrum(typical=("power(1.6,200)",))
    delta = Real(at_least=0, typical=(0.02, 0.2))
    sigma2 = Real(at_least=0, typical=(0.05, 0.2))
    inputs = Choice("gaussian", "onehot")
    test_error = Observable("mean squared error at a fresh input, label noise included")
    train_error = Observable("mean squared error on the n samples")
    overlap = Observable("E f*(x) f̂(x) = Σᵢ E vᵢ v̂ᵢ, what the mean predictor has of the target")
    dof = Observable("tr K(K + delta·I)⁻¹, the degrees of freedom")


class FiniteDomain(Setting):
    """Kernel (ridge) regression where the inputs are M points: f̂ = K_{·D}(K_DD + delta·I)⁻¹ f_D, for each f in R^M.

    The points are uniform on the unit sphere of R³ and D holds n of them, without repetition. K(x, x′) at distance r
    and cosine c is exp(−r²/2·length²) for rbf, exp(−r/length) for laplace, and for ntk the tangent kernel of a
    two-layer ReLU network, (√(1−c²) + 2c(π − arccos c))/π, which has no length.
    The learnability of f is ⟨f, f̂⟩/⟨f, f⟩.
    """

    M = Size(at_least=2, typical=(10, 40))
    n = Size(typical=(2, 9))
    delta = Real(at_least=0, typical=(0.05, 1))
    length = Real(above=0, typical=(0.5, 1))
    kernel = Choice("rbf", "laplace", "ntk")
    gram = Drawn("n", "n")
    learnability = Observable("Σᵢ ⟨fᵢ, f̂ᵢ⟩ over a random orthonormal basis of R^M", certificate="rounding")
    skewed = Observable("the same sum over M independent random unit vectors", certificate="rounding")
    rounding = Observable("n·ε·condition of K_DD + delta·I·(1 + ‖K_{·D}(K_DD + delta·I)⁻¹‖)")


class FourierFeatures(Setting):
    """Random Fourier features of the kernel k(s) on the line at two points of distance s, with D frequencies.

    k is exp(−s²/2) for gaussian, exp(−s) for laplace, 1/(1 + s²) for cauchy, and the frequencies w are drawn from its
    spectral density. The paired estimate of k is the mean of cos(w·s); the offset one, of 2·cos(wx + b)·cos(wy + b)
    with b uniform on [0, 2π), where x is standard normal and y = x + s. Every trial has two independent sets of
    frequencies.
    """

    D = Size(typical=(4, 32))
    s = Real(at_least=0, typical=(0.6, 1.5))
    law = Choice("gaussian", "laplace", "cauchy")
    paired = Observable("paired estimate, mean of the two", between=(-1, 1))
    offset = Observable("offset estimate, mean of the two", between=(-2, 2))
    paired_spread = Observable("(difference of the two paired estimates)²/2: in the mean, their variance",
                              between=(0, 2))
    offset_spread = Observable("(difference of the two offset estimates)²/2: in the mean, their variance",
                              between=(0, 8))
