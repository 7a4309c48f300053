"""The learning rate at which SGD at an interpolating minimum loses mean-square stability: exact, and bounds on tr H."""

from functools import partial

from sympy import Eq, Le, Min, Or, Piecewise, Symbol

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs.mean_square import second_moment_after, stability_threshold
from theory.proof import Inequality
from theory.relation import Bound, Equality, Identity, Threshold
from theory.settings.stability.sgd import LinearisedSGD as S

with_replacement = Eq(S.sampling, Symbol("with"))
c = Piecewise((1 / S.B, with_replacement), ((S.n - S.B) / (S.B * (S.n - 1)), True))  # batch factor
BATCH = {"batch": S.B, "sampling": S.sampling}
exact = Computed([S.rows], stability_threshold, using=BATCH)
SHARED = {
    "entry": "stability.sgd_mean_square_threshold",
    "source": Source("Wu, Ma, E 2018; Ma, Ying 2021; Mulayoff, Michaeli 2024: linear stability of SGD; the trace bound "
                     "as in The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent"),
    "seeds": ["The Implicit Regularization of Dynamical Stability in Stochastic Gradient Descent"],
    "assuming": [Or(with_replacement, Le(S.B, S.n))],
}  # fmt: skip
DESIGN = {S.n: 10, S.d: 4, S.sampling: "with", S.norms: "free"}

claims = [
    Claim(
        S, S.growth, exact, Threshold(of=S.eta),
        flagship=True,
        title="Exact mean-square stability threshold of SGD",
        points=[{**DESIGN, S.B: 1}, {**DESIGN, S.B: 3, S.sampling: "without"}, {**DESIGN, S.B: 4}],
        wrong=[
            Wrong("factor of sampling with replacement", at=[{S.n: 6, S.d: 4, S.B: 3, S.sampling: "without"}],
                  prediction=Computed([S.rows], partial(stability_threshold, sampling="with"), using={"batch": S.B})),
            Wrong("trace bound taken for the threshold", at=[{**DESIGN, S.B: 4}], prediction=2 / S.trH),
            Wrong("gradient descent's threshold", at=[{**DESIGN, S.B: 1}], prediction=2 / S.lam1),
        ],
        figure=Curve(S.eta, label="learning rate over its predicted threshold"),
        **SHARED,
    ),
    Claim(
        S, S.crossing, Min(2 * S.trH / ((1 - c) * S.F2 + c * S.quartic), 2 / S.lam1), Bound("<="),
        quantity="necessary",
        flagship=True,
        title="Necessary for stability: bounds by the fourth moment of the rows and by the largest eigenvalue",
        tight_at=[{**DESIGN, S.B: 1, S.norms: "equal"}],
        steps=[Inequality(S.trH**2, S.quartic,
                          because="Jensen: the mean of ‖a‖⁴ is at least the squared mean of ‖a‖²")],
        wrong=[
            Wrong("2/tr H at batch size 4", at=[{**DESIGN, S.B: 4}], prediction=2 / S.trH),
            Wrong("factor 2 lost", at=[{**DESIGN, S.B: 1, S.norms: "equal"}], prediction=S.trH / S.quartic),
        ],
        **SHARED,
    ),
    Claim(
        S, S.crossing, 2 / S.trH, Bound("<="),
        quantity="trace",
        flagship=True,
        title="At batch size 1 a stable minimum has tr H ≤ 2/η",
        fixing={S.B: 1},
        tight_at=[{**DESIGN, S.norms: "equal"}],
        fails_at=[{**DESIGN, S.B: 4}],
        wrong=[Wrong("factor 2 lost", at=[{**DESIGN, S.norms: "equal"}], prediction=1 / S.trH)],
        **SHARED,
    ),
    Claim(
        S, S.crossing, 2 / ((1 - c) * S.lam1 + c * S.R), Bound(">="),
        quantity="sufficient",
        title="Sufficient for stability: a bound by the largest row",
        tight_at=[{**DESIGN, S.B: 1, S.norms: "equal"}],
        wrong=[Wrong("mean row in place of the largest", at=[{**DESIGN, S.B: 1}],
                     prediction=2 / ((1 - c) * S.lam1 + c * S.trH))],
        **SHARED,
    ),
    Claim(
        S, S.crossing, 2 / S.trH, Identity(),
        quantity="equal_norms",
        flagship=True,
        title="At batch size 1 and rows of one length the threshold is 2/tr H, whatever the spectrum",
        fixing={S.B: 1, S.norms: "equal"},
        fails_at=[{**DESIGN, S.norms: "free"}],
        wrong=[Wrong("factor 2 lost", prediction=1 / S.trH),
               Wrong("largest eigenvalue in place of the trace", prediction=2 / S.lam1)],
        **SHARED,
    ),
    Claim(
        S, S.second_moment,
        Computed([S.rows], partial(second_moment_after, steps=2), using={**BATCH, "eta": S.eta}), Equality(),
        quantity="second_moment",
        title="Second moment of SGD after two steps",
        points=[{**DESIGN, S.B: 1, S.eta: "0.1"}, {**DESIGN, S.B: 3, S.sampling: "without", S.eta: "0.1"}],
        wrong=[
            Wrong("factor of sampling with replacement",
                  at=[{**DESIGN, S.n: 6, S.B: 3, S.sampling: "without", S.eta: "0.3"}],
                  prediction=Computed([S.rows], partial(second_moment_after, steps=2, sampling="with"),
                                      using={"batch": S.B, "eta": S.eta})),
            Wrong("one step only", at=[{**DESIGN, S.B: 1, S.eta: "0.1"}],
                  prediction=Computed([S.rows], partial(second_moment_after, steps=1), using={**BATCH, "eta": S.eta})),
        ],
        **SHARED,
    ),
]  # fmt: skip
