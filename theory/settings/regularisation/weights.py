"""Penalties, noise and decay on weights: what they vanish on, what they cost, where training settles with them."""

from theory.domain import Choice, Real, Size
from theory.setting import Drawn, Observable, Setting


class CauchySchwarz(Setting):
    """Cauchy–Schwarz regularisers near their zero sets, and gradient descent on the binary one.

    For vectors f and g the regulariser is the squared area of the parallelogram that they span. A point is
    a·(member + spread·ξ), a uniform in [½, 3/2], ξ standard normal, the member drawn from the set for a = 1:
    binary: x of N fair signs, f = x², g = 1;  one-sided: x of N entries 0 or 1, the first 1, f = x², g = x;
    ternary: the same times fair signs, f = x³, g = x;  eigenvector: x a unit eigenvector of a symmetric Gaussian A,
    f = Ax, g = x;  orthonormal: X (N, K) with orthonormal columns, f = XᵀX, g = I, as vectors.

    Descent on R(x) = N·Σx⁴ − (Σx²)² starts at a standard normal x, the first `zeros` entries of it 0: 1500 steps of
    length 1/(8N·max x²).
    """

    N = Size(at_least=3, typical=(3, 12))
    K = Size(at_least=1, at_most=3, typical=(2, 3))
    spread = Real(at_least=0, typical=(0.2, 1))
    zeros = Size(at_least=0, typical=(0, 0))
    binary = Observable("squared area, binary", certificate="rounding", values="discrete")
    one_sided = Observable("squared area, one-sided", certificate="rounding", values="discrete")
    ternary = Observable("squared area, ternary", certificate="rounding", values="discrete")
    eigenvector = Observable("squared area, eigenvector", certificate="rounding", values="discrete")
    orthonormal = Observable("squared area, orthonormal", certificate="rounding", values="discrete")
    b2 = Observable("Σx² of the binary point", certificate="rounding")
    b4 = Observable("Σx⁴ of the binary point", certificate="rounding")
    o2 = Observable("Σx² of the one-sided point")
    o3 = Observable("Σx³ of the one-sided point")
    o4 = Observable("Σx⁴ of the one-sided point")
    t2 = Observable("Σx² of the ternary point")
    t4 = Observable("Σx⁴ of the ternary point")
    t6 = Observable("Σx⁶ of the ternary point")
    Ax = Observable("‖Ax‖²")
    xx = Observable("‖x‖² of the eigenvector's point")
    xAx = Observable("xᵀAx")
    gram = Observable("‖XᵀX‖²_F")
    frobenius = Observable("‖X‖²_F")
    x1 = Observable("x₁ of the binary point")
    spread_of_squares = Observable("max x² − min x² of the binary point")
    slope = Observable("∂R/∂x₁ at the binary point, by differences", certificate="rounding")
    radial = Observable("dR(tx)/dt at t = 1, by differences", certificate="rounding")
    doubled = Observable("R(2x) at the binary point", certificate="rounding")
    imbalance = Observable("1 − min |x| / max |x| at the end of the descent", values="discrete")
    start_imbalance = Observable("1 − min |x| / max |x| at its start")
    level = Observable("max |x| at the end of the descent")
    rounding = Observable("a bound on the rounding of what reads the points")


class Quantisation(Setting):
    """Weights on a grid of step D, and what that costs a quadratic loss ½(v − w)ᵀH(v − w) about w in R^p.

    H has the eigenvalues h, 2h, …, p·h in a random basis; w = D·(⌊w₀/D⌋ + width·u), w₀ uniform on [−3, 3]^p and u
    uniform on [0, 1]^p: at width 1 all fractions are alike, below it weights crowd above the points of the grid.
    Rounding takes each weight to the nearest point of the grid; stochastic rounding up with the probability of its
    fraction f, else down. `fixed`: w is held, the first four weights are rounded so and the others kept as they are.
    """

    p = Size(typical=(4, 16))
    h = Real(above=0, typical=(0.3, 3))
    D = Real(above=0, typical=(0.03, 0.5))
    width = Real(above=0, at_most=1, typical=(0.5, 1))
    nearest = Observable("loss of the rounded weights", between=(0, None))
    stochastic = Observable("loss of the stochastically rounded weights", between=(0, None))
    fractions = Drawn(p)
    diagonal = Drawn(p)
    fixed = Observable("mean loss over the outcomes of the first four weights", between=(0, None))


class ScaleInvariantWeights(Setting):
    """SGD with weight decay on weights w in R^dim whose scale does not matter: w' = (1 − eta·lam)·w − eta·g.

    g is orthogonal to w, in a random direction, and ‖g‖ = G_t/‖w‖, G_t² = G²·(1 + vary·s) with a fair sign s. From w
    of N(0, 1/dim) entries, ⌈14/(eta·lam)⌉ + 50 steps. The twin takes the steps with the same signs and directions at
    4·eta and lam/4 from 2·w.
    """

    dim = Size(at_least=3, typical=(20, 50))
    eta = Real(above=0, typical=(0.2, 0.5))
    lam = Real(above=0, typical=(0.1, 0.4))
    G = Real(above=0, typical=(0.5, 2))
    vary = Real(at_least=0, below=1, typical=(0.2, 0.8))
    start2 = Observable("‖w‖² at the start")
    next2 = Observable("‖w‖² after the first step")
    norm2 = Observable("‖w‖² at the end")
    cosine = Observable("cosine between the last two weights")
    apart = Observable("distance between the directions of w and of its twin at the end")


class NormalisedClassifier(Setting):
    """SGD with weight decay on the logistic loss of f(x) = w·x/‖w‖: w' = (1 − eta·lam)·w − eta·∇L_B(w) of a batch.

    n inputs of N(0, I) in R^d, labelled by the sign of their first coordinate, each label flipped with probability
    `flips`; a batch is drawn with replacement at each step, its loss is the mean of log(1 + exp(−y·f(x))). The decay is
    lam = 1/(eta·memory): w forgets in `memory` steps. From N(0, I/d) it settles for settling·memory steps; the next
    10·memory are averaged. The twin settles on the same batches at 4·eta and lam/4 from 2·w. A plain model has
    f(x) = w·x.
    """

    n = Size(at_least=1, typical=(10, 30))
    d = Size(at_least=2, typical=(5, 15))
    batch = Size(at_least=1, typical=(1, 4))
    eta = Real(above=0, typical=(0.1, 0.5))
    memory = Size(at_least=2, typical=(20, 60))
    settling = Size(at_least=1, typical=(5, 8))
    flips = Real(at_least=0, at_most=0.5, typical=(0.1, 0.3))
    model = Choice("normalised", "plain")
    norm2 = Observable("average of ‖w‖²", between=(0, None))
    norm4 = Observable("average of ‖w‖⁴", between=(0, None))
    g4 = Observable("average of ‖∇L_B(w)‖⁴", between=(0, None))
    G2 = Observable("average of ‖w‖²·‖∇L_B(w)‖², the squared gradient at ‖w‖ = 1", between=(0, None))
    turning = Observable("average of −log cosine of consecutive weights, of cosines above rounding", between=(0, None))
    apart = Observable("distance between the directions of w and of its twin once settled")
