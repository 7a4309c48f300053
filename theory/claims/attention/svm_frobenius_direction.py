"""Trained attention turns into the max-margin separator of its chosen tokens."""

from collections.abc import Callable
from typing import Any

from sympy import Ge, Max, Symbol, diff, exp

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.domain import total
from theory.programs import max_margin
from theory.proof import Assumed, Entries, Identical, Implication, Inequality, Instances
from theory.relation import Direction
from theory.settings.attention import TokenSelection as A


def solved_by(program: Callable[..., Any]) -> Computed:
    """The direction that a max-margin program finds for the drawn tokens, queries and scores."""
    return Computed([A.tokens, A.queries, A.scores], program)


def softmax_slope(T: int) -> list[Identical]:
    """∂(gᵀ softmax(s))/∂s = (diag(a) − aaᵀ)g = Σ_{t<u} a_t a_u (g_t − g_u)(e_t − e_u), entry by entry."""
    scores, gains = ([Symbol(f"{name}{t}", real=True) for t in range(T)] for name in "sg")
    shares = [exp(score) / sum(map(exp, scores)) for score in scores]
    mean, steps = sum(a * gain for a, gain in zip(shares, gains, strict=True)), []
    for t in range(T):
        pairs = sum(shares[t] * shares[u] * (gains[t] - gains[u]) for u in range(T) if u != t)
        steps += [Identical(diff(mean, scores[t]), shares[t] * (gains[t] - mean), everywhere=True),
                  Identical(shares[t] * (gains[t] - mean), pairs, everywhere=True)]
    return steps


pairs = Symbol("pairs", integer=True, positive=True)
weights, slack = (Entries(name, pairs, nonnegative=True) for name in ("u", "e"))  # multipliers; margins are 1 + e
inner, apart, other, best = (Symbol(name, real=True) for name in ("inner", "apart", "other", "best"))

claims = [
    Claim(
        A, A.W, solved_by(max_margin.attention_svm), Direction(along=A.step),
        title="Normalised gradient descent on attention converges in direction to the Frobenius-norm SVM",
        entry="attention.svm_frobenius_direction",
        source=Source("Tarzanagh, Li, Thrampoulidis, Oymak: Transformers as support vector machines"),
        seeds=["Transformers as Support Vector Machines"],
        status="heuristic",  # stated for all starts at zero; a few draws lock onto another token, so `given`
        flagship=True,
        given=A.selected,
        steps=[
            Assumed("normalised gradient descent turns into the direction of the least ‖W‖_F among all W of margin 1",
                    "Tarzanagh et al., for tokens whose scores beside the chosen one are equal"),
            Instances("∂(gᵀ softmax(s))/∂s = (diag(a) − aaᵀ)g = Σ_{t<u} a_t a_u (g_t − g_u)(e_t − e_u)", softmax_slope,
                      [2, 3, 4]),
            Inequality(total(weights), total(weights * (1 + slack)), everywhere=True,
                       because="⟨W, V⟩ − ‖W‖² for a V of margin 1 + e, where W = Σ uA and uᵢ > 0 only at margin 1"),
            Implication([Ge(inner, 0), Ge(apart, 0), Ge(other, best + 2 * inner + apart)], Ge(other, best),
                        everywhere=True,
                        because="‖V‖² = ‖W‖² + 2⟨W, V − W⟩ + ‖V − W‖²: what satisfies KKT is the minimiser"),
        ],
        assuming=[A.d >= Max(A.T - 1, A.n)],  # token differences and queries independent: the SVM is feasible
        points=[{A.n: 4, A.T: 3, A.d: 8}],
        wrong=[
            Wrong("nuclear norm", prediction=solved_by(max_margin.attention_svm_nuclear)),
            Wrong("queries ignored", prediction=solved_by(max_margin.attention_svm_without_queries)),
            Wrong("tokens of lowest score", prediction=solved_by(max_margin.attention_svm_argmin)),
        ],
        figure=Curve(A.step, label="step of normalised gradient descent"),
    ),
]  # fmt: skip
