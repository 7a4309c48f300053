"""Kernel and random-feature regression in the eigenbasis of the kernel."""

from theory.domain import Real, Size, Spectrum
from theory.setting import Observable, Setting


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
