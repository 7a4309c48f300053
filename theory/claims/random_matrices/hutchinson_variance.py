"""Variance of stochastic estimates of a trace and of a diagonal, by the law of the probe."""

import itertools

from sympy import Symbol, expand

from theory.claim import Claim, Curve, Source, Wrong
from theory.domain import total
from theory.proof import Entries, Identical, Instances
from theory.relation import Equality
from theory.settings.random_matrices import QuadraticForm as S

signs = 2 * (S.F2 - S.D2)
normal = 2 * S.F2
sphere = 2 * S.d / (S.d + 2) * (S.F2 - S.t**2 / S.d)
SHARED = {
    "entry": "random_matrices.hutchinson_variance",
    "source": Source("Hutchinson 1990: A stochastic estimator of the trace of the influence matrix; Bekas, "
                     "Kokiopoulou, Saad 2007: An estimator for the diagonal of a matrix"),
    "seeds": ["Doubly Adaptive Scaled Algorithm for Machine Learning Using Second-Order Information"],
}  # fmt: skip


def enumerated(size: int) -> Identical:
    """The mean of (zᵀAz − tr A)² over all signs is 2(‖S‖² − Σ aᵢᵢ²)."""
    both = range(size)
    a = [[Symbol(f"a{i}{j}", real=True) for j in both] for i in both]
    errors = [sum(a[i][j] * z[i] * z[j] for i in both for j in both) - sum(a[i][i] for i in both)
              for z in itertools.product((1, -1), repeat=size)]
    right = 2 * sum(((a[i][j] + a[j][i]) / 2) ** 2 for i in both for j in both if i != j)
    return Identical(expand(sum(expand(error**2) for error in errors) / 2**size), right)


eigen = Entries("eigen", S.d, real=True)  # of the symmetric part, whose basis no direction of these probes prefers
pairs = total(eigen) ** 2 - total(eigen**2)  # Σ over i ≠ j of λᵢλⱼ
MOMENTS = {S.F2: total(eigen**2), S.t: total(eigen)}
NORMAL = Identical(pairs + 3 * total(eigen**2) - total(eigen) ** 2, normal, where=MOMENTS, everywhere=True,
                   because="fourth moments: E zᵢ²zⱼ² = 1, E zᵢ⁴ = 3")
SPHERE = Identical(S.d / (S.d + 2) * (pairs + 3 * total(eigen**2)) - total(eigen) ** 2, sphere, where=MOMENTS,
                   everywhere=True, because="fourth moments: E zᵢ²zⱼ² = d/(d + 2), E zᵢ⁴ = 3d/(d + 2)")
AT = {S.d: 6}  # a scale is the mean of the prediction over matrices: in one of them it may be near 0

claims = [
    Claim(
        S, S.square, signs, Equality(),
        scale=S.d * (S.d - 1),
        title="Variance of the trace estimate from random signs",
        fixing={S.probe: "signs"},
        points=[AT],
        steps=[Instances("E (zᵀAz − tr A)² = 2(‖S‖² − Σ aᵢᵢ²) for random signs", at=enumerated, sizes=(2, 3, 4))],
        wrong=[Wrong("matrix not made symmetric", at=[AT], prediction=2 * (S.A2 - S.D2)),
               Wrong("variance of normal probes", at=[AT], prediction=normal)],
        figure=Curve(S.d, (3, 4, 6, 8, 12), label="dimension d"),
        **SHARED,
    ),
    Claim(
        S, S.square, normal, Equality(),
        scale=S.d * (S.d + 1),
        quantity="normal",
        title="Variance of the trace estimate from normal probes",
        fixing={S.probe: "normal"},
        points=[AT],
        steps=[NORMAL],
        wrong=[Wrong("matrix not made symmetric", at=[AT], prediction=2 * S.A2),
               Wrong("variance of random signs", at=[AT], prediction=signs)],
        **SHARED,
    ),
    Claim(
        S, S.square, sphere, Equality(),
        scale=S.d * (S.d - 1),
        quantity="sphere",
        title="Variance of the trace estimate from probes on the sphere",
        fixing={S.probe: "sphere"},
        points=[AT],
        steps=[SPHERE],
        wrong=[Wrong("variance of normal probes", at=[AT], prediction=normal),
               Wrong("trace not removed", at=[AT], prediction=2 * S.d / (S.d + 2) * S.F2)],
        **SHARED,
    ),
    Claim(
        S, S.entry_square, S.row - S.corner, Equality(),
        scale=S.d - 1,
        quantity="diagonal",
        title="Variance of the diagonal estimate from random signs",
        fixing={S.probe: "signs"},
        points=[AT],
        wrong=[Wrong("whole row", at=[AT], prediction=S.row),
               Wrong("twice it", at=[AT], prediction=2 * (S.row - S.corner))],
        **SHARED,
    ),
    Claim(
        S, S.entry_square, S.row + S.corner, Equality(),
        scale=S.d + 1,
        quantity="diagonal_normal",
        title="Variance of the diagonal estimate from normal probes",
        fixing={S.probe: "normal"},
        points=[AT],
        wrong=[Wrong("whole row", at=[AT], prediction=S.row),
               Wrong("random signs", at=[AT], prediction=S.row - S.corner)],
        **SHARED,
    ),
]  # fmt: skip
