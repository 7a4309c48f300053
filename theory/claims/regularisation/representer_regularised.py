"""The prediction of a penalised fit is a sum over its training samples, with a kernel that the penalty decides."""

from functools import partial

from sympy import And, Eq, Matrix, Symbol, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.domain import total
from theory.programs.regression.representers import matrices, missed, vectors
from theory.proof import Entries, Identical, Implication, Instances, Solution
from theory.relation import Bound, Identity
from theory.settings.regularisation.representers import NuclearFit as M
from theory.settings.regularisation.representers import PenalisedFit as S

AT = {S.n: 30, S.p: 50, S.lam: "0.1", S.T: 5, S.penalty: "l1", S.loss: "squared", S.training: "optimum"}
FEW = {**AT, S.n: 40, S.p: 5}
SIGNS = {**AT, S.loss: "logistic", S.lam: "0.05"}
ALONE = {**SIGNS, S.n: 200, S.p: 1, S.lam: "0.02", S.T: 1, S.training: "stopped"}
NUCLEAR = {M.rows: 5, M.columns: 4, M.m: 25, M.lam: 10, M.T: 5, M.training: "optimum"}
TALL = {**NUCLEAR, M.rows: 2, M.m: 40}
w, g, G, z, reach = symbols("w0 g0 G z z0", real=True)
lam = Symbol("lam0", positive=True)
t, r, value = symbols("t r s1", positive=True)
U, V = (Matrix([1 - x**2, 2 * x]) / (1 + x**2) for x in (t, r))


def by_sample(**mistake: object) -> Computed:
    """Σ_i a_i k(x_i, x) for a vector."""
    return Computed([S.X, S.x, S.w, S.slopes], partial(vectors, **mistake), using={"lam": S.lam})


def by_measurement(**mistake: object) -> Computed:
    """Σ_i a_i ⟨√(WWᵀ)X_i, X⟩."""
    return Computed([M.Xs, M.X, M.W, M.slopes], partial(matrices, **mistake), using={"lam": M.lam})


def root(entry: int) -> Identical:
    """(s·UUᵀ)² = WWᵀ with W = s·UVᵀ, in one of its entries."""
    W = value * U * V.T
    return Identical(((value * U * U.T) ** 2)[entry], (W * W.T)[entry], everywhere=True)


left, rest = Entries("along", M.rows, real=True), Entries("rest", M.rows, real=True)
column = left * z + rest - left * total(left * rest) / total(left**2)  # of UVᵀ + M, U the direction of `left`, UᵀM = 0
RECOVERED = Identical(value * total(left * column) / total(left**2), value * z, given=[total(left**2) > 0],
                      because="√(WWᵀ)(UVᵀ + M) = W where UᵀM = 0: each singular pair takes its own value, and M none")
SHARED = {
    "entry": "regularisation.representer_regularised",
    "source": Source("Tsai, Zhang, Chien, Yu, Hsieh, Ravikumar 2023: Representer Point Selection for Explaining "
                     "Regularized High-dimensional Models; from the stationarity of the fit"),
    "seeds": ["Representer Point Selection for Explaining Regularized High-dimensional Models"],
    "scale": 1,
}  # fmt: skip
CURVE = ("0.02", "0.05", "0.1", "0.2", "0.4", "0.8")
claims = [
    Claim(
        S, S.fit, by_sample(), Identity(),
        title="l1: f(x) = Σ_i a_i Σ_j |w_j| x_ij x_j with a_i = −l'_i/(n·lam)",
        fixing={S.penalty: "l1", S.training: "optimum"},
        points=[AT, FEW, SIGNS],
        fails_at=[{**AT, S.training: "stopped"}],
        steps=[Implication([Eq(g + lam, 0), w > 0], Eq(lam * w, -g * w),
                           because="w_j > 0: the slope of the loss is −lam, so w_j = |w_j|·(−g_j/lam)"),
               Implication([Eq(g - lam, 0), w < 0], Eq(lam * w, -g * -w), because="and likewise for w_j < 0")],
        wrong=[Wrong("weights w²", at=[AT, FEW], prediction=by_sample(power=2.0)),
               Wrong("weights 1", at=[AT, SIGNS], prediction=by_sample(power=None)),
               Wrong("sign of a is missing", at=[AT, SIGNS], prediction=by_sample(sign=1.0)),
               Wrong("w in the place of |w|", at=[AT], prediction=by_sample(signed=True)),
               Wrong("a without lam", at=[AT, FEW],
                     prediction=Computed([S.X, S.x, S.w, S.slopes], partial(vectors, lam=1.0)))],
        figure=Curve(S.lam, CURVE, fixing={key: AT[key] for key in (S.n, S.p, S.T, S.loss)}),
        **SHARED,
    ),
    Claim(
        M, M.fit, by_measurement(), Identity(),
        quantity="nuclear",
        title="Nuclear norm: ⟨W, X⟩ = Σ_i a_i ⟨√(WWᵀ)X_i, X⟩ with a_i = −l'_i/lam",
        fixing={M.training: "optimum"},
        regime=[M.m >= M.rows * M.columns + 5],
        points=[NUCLEAR, TALL],
        fails_at=[{**NUCLEAR, M.training: "stopped"}],
        steps=[Instances("s·UUᵀ is the root of WWᵀ, W = s·UVᵀ", root, range(4)),
               RECOVERED],
        wrong=[Wrong("WWᵀ without the root", at=[NUCLEAR], prediction=by_measurement(squared=True)),
               Wrong("projector on the columns of W", at=[NUCLEAR], prediction=by_measurement(projector=True)),
               Wrong("sign of a is missing", at=[NUCLEAR], prediction=by_measurement(sign=1.0)),
               Wrong("a without lam", at=[NUCLEAR],
                     prediction=Computed([M.Xs, M.X, M.W, M.slopes], partial(matrices, lam=1.0)))],
        **SHARED,
    ),
    Claim(
        S, S.fit, by_sample(power=None), Identity(),
        quantity="l2",
        title="l2, (lam/2)‖w‖²: f(x) = Σ_i a_i x_i·x with a_i = −l'_i/(n·lam)",
        fixing={S.penalty: "l2", S.training: "optimum"},
        points=[{**AT, S.penalty: "l2"}, {**SIGNS, S.penalty: "l2"}],
        fails_at=[{**AT, S.penalty: "l2", S.training: "stopped"}],
        steps=[Solution(w, -g / lam, g + lam * w, because="stationarity, g = (1/n) Σ l'_i x_i")],
        wrong=[Wrong("kernel of l1", at=[{**AT, S.penalty: "l2"}], prediction=by_sample()),
               Wrong("1/n is missing", at=[{**AT, S.penalty: "l2"}], prediction=by_sample(power=None, mean=False)),
               Wrong("sign of a is missing", at=[{**AT, S.penalty: "l2"}],
                     prediction=by_sample(power=None, sign=1.0)),
               Wrong("a without lam", at=[{**AT, S.penalty: "l2"}],
                     prediction=Computed([S.X, S.x, S.w, S.slopes], partial(vectors, lam=1.0, power=None)))],
        **SHARED,
    ),
    Claim(
        S, S.gap * S.reach / S.lam, Computed([S.X, S.x, S.w, S.slopes, S.fit], missed, using={"lam": S.lam}),
        Bound(">="),
        quantity="gap",
        status="derived here",
        title="Stopped early, the sum misses f(x) by at most Σ_j |x_j w_j|/lam times the gap in stationarity",
        fixing={S.penalty: "l1", S.training: "stopped"},
        points=[{**AT, S.training: "stopped"}, {**SIGNS, S.training: "stopped", S.T: 20}],
        tight_at=[ALONE],
        steps=[Implication([z <= reach, -reach <= z, g <= G, g >= -G], And(g * z <= G * reach, -G * reach <= g * z),
                           because="each x_j·|w_j| is multiplied by sign(w_j) + g_j/lam, at most gap/lam")],
        wrong=[Wrong("gap squared", at=[ALONE], observable=S.gap**2 * S.reach / S.lam),
               Wrong("1/lam is missing", at=[{**AT, S.training: "stopped"}], observable=S.gap * S.reach)],
        figure=Curve(S.T, (1, 2, 5, 10, 20, 50), fixing={key: AT[key] for key in (S.n, S.p, S.lam, S.loss)},
                     label="steps T"),
        **SHARED,
    ),
]  # fmt: skip
