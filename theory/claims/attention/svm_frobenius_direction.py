"""Trained attention turns into the max-margin separator of its chosen tokens."""

from collections.abc import Callable
from typing import Any

from sympy import Max

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs import max_margin
from theory.relation import Direction
from theory.settings.attention import TokenSelection as A


def solved_by(program: Callable[..., Any]) -> Computed:
    """The direction that a max-margin program finds for the drawn tokens, queries and scores."""
    return Computed([A.tokens, A.queries, A.scores], program)


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
