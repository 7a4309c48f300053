"""Denoising of a signal: a fidelity that weighs frequencies, and posterior means as proximal maps."""

from theory.domain import Choice, Real, Size
from theory.setting import Observable, Setting


class SobolevFidelity(Setting):
    """A signal g on a periodic grid of N points, fitted with the fidelity ½‖f − g‖² in the Sobolev norm H^s.

    ‖u‖² = Σ (1 + ξ²)^s |û_ξ|² over the integer frequencies ξ from −N/2 to N/2, û the unitary Fourier transform; g is
    standard normal. Gradient descent in l2 takes k steps from f = 0 of length pace over the largest (1 + ξ²)^s. The
    Tikhonov solution is that of the fidelity plus (a/2) Σ ξ²|f̂_ξ|². forward: the fidelity is that of f itself, or of
    its blur by (¼, ½, ¼), cut off at the ends of the grid. Everything is measured at the frequency xi.
    """

    N = Size(at_least=4, at_most=1024, typical=(16, 64))
    s = Real(at_least=-1, at_most=1, typical=(-1, 1))
    pace = Real(above=0, at_most=1, typical=(0.3, 1))
    k = Size(typical=(2, 40))
    a = Real(at_least=0, typical=(0.02, 0.5))
    xi = Size(at_least=0, typical=(1, 8))
    forward = Choice("identity", "blur")
    gain = Observable("Re(f̂/ĝ) at xi after k steps", values="discrete", certificate="rounding")
    lowest = Observable("Re(f̂/ĝ) at frequency 1 after k steps", values="discrete", certificate="rounding")
    tikhonov = Observable("Re(f̂/ĝ) at xi of the Tikhonov solution", values="discrete", certificate="rounding")
    condition = Observable("condition number of the fidelity", values="fixed", certificate="condition_rounding")
    iterations = Observable("steps of pace 1 until the slowest mode is left to 1 %", values="fixed")
    rounding = Observable("a bound on the rounding of the gains")
    condition_rounding = Observable("and of the condition number")


class LaplaceDenoising(Setting):
    """y = x + s·z, z standard normal, x with the Laplace density exp(−|x|/b)/(2b); p is the density of y.

    D(y) is the posterior mean, R the penalty with R(D(u)) = −s² log p(u) − (D(u) − u)²/2; prox is the minimiser over
    t of ½(t − y)² + R(t), and envelope the least value of that. Nothing is random.
    """

    b = Real(above=0, typical=(0.5, 2))
    s = Real(above=0, typical=(0.4, 1.5))
    y = Real(above=0, typical=(0.1, 4))
    mmse = Observable("posterior mean", values="fixed", certificate="rounding")
    density = Observable("p(y)", values="fixed", certificate="rounding")
    score = Observable("d log p/dy", values="fixed", certificate="rounding")
    variance = Observable("posterior variance", values="fixed", certificate="rounding")
    slope = Observable("dD/dy", values="fixed", certificate="rounding")
    prox = Observable("argmin over t of ½(t − y)² + R(t)", values="fixed", certificate="prox_error")
    bare = Observable("the same with R(D(u)) = −s² log p(u)", values="fixed", certificate="prox_error")
    envelope_slope = Observable("slope of the envelope, by differences", values="fixed", certificate="slope_error")
    mode = Observable("posterior mode", values="fixed", certificate="mode_error")
    rounding = Observable("change when the quadrature takes half as many nodes, and rounding")
    prox_error = Observable("width of the last bracket, and the quadrature's error")
    slope_error = Observable("change when the differences take another step")
    mode_error = Observable("width of the last bracket")
