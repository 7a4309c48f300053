"""Penalties on matrices and kernels that keep singular values together, or drive them apart."""

from theory.domain import Choice, Real, Size
from theory.setting import Observable, Setting


class ConvolutionKernel(Setting):
    """A convolution with M output and C input channels, kernels of k taps, stride 1, on signals of length N.

    The matrix A (MN, CN) has K_mc[t] from input c at place i + t to output m at place i; the padding is circular, or
    zero beyond the end. The kernels are orthonormal at the first tap plus spread/√(Ck) times standard normal ones.
    penalty = Σ_ml Σ_lags (Σ_c corr(K_mc, K_lc) − [m = l, lag 0])² over the 2k − 1 lags, zeros outside the taps.
    """

    M = Size(typical=(2, 4))
    C = Size(typical=(2, 4))
    k = Size(typical=(2, 3))
    N = Size(typical=(5, 8))
    spread = Real(at_least=0, typical=(0.3, 1))
    padding = Choice("circular", "zero")
    penalty = Observable("the penalty L_orth", values="discrete", certificate="rounding")
    orthonormal = Observable("L_orth at spread 0", values="fixed", certificate="rounding")
    frobenius = Observable("‖AAᵀ − I‖²_F", values="discrete", certificate="rounding")
    spectral = Observable("‖AAᵀ − I‖", values="discrete", certificate="rounding")
    doubled = Observable("the same on signals of length 2N", values="discrete", certificate="rounding")
    top = Observable("largest squared singular value of A", certificate="rounding")
    bottom = Observable("smallest squared singular value of A, of MN", values="discrete", certificate="rounding")
    rounding = Observable("a bound on the rounding")


class Conditioning(Setting):
    """A matrix S (p, p) with random singular vectors, its condition number, and gradient descent on ½wᵀHw, H = SᵀS.

    Singular values: exp(spread·ξ), ξ standard normal; or all 1 but one, exp(−spread). Descent takes t steps of the
    best constant length from the sum of the two extreme eigenvectors, or preconditioned steps −½w. The probe is
    SKSᵀ with K of eigenvalues exp(kernel·ξ).
    """

    p = Size(at_least=2, typical=(2, 6))
    spread = Real(at_least=0, typical=(0.2, 0.8))
    kernel = Real(at_least=0, typical=(0.2, 0.8))
    t = Size(typical=(5, 50))
    spectrum = Choice("random", "one small")
    optimiser = Choice("descent", "preconditioned")
    top2 = Observable("s₁²", certificate="rounding")
    bottom2 = Observable("s_p²", certificate="rounding")
    frobenius = Observable("‖S‖²_F", certificate="rounding")
    kappa = Observable("s₁/s_p", certificate="kappa_rounding")
    left = Observable("‖w_t‖/‖w₀‖", certificate="kappa_rounding")
    probe = Observable("condition number of the probe", certificate="probe_rounding")
    kappa_kernel = Observable("condition number of K")
    rounding = Observable("a bound on the rounding of the squares")
    kappa_rounding = Observable("of the condition number and of w_t")
    probe_rounding = Observable("of the probe's condition number")
