"""Trained attention turns into the max-margin separator of its chosen tokens."""

from sympy import Max

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.programs.max_margin import attention_svm, attention_svm_argmin, attention_svm_nuclear, attention_svm_without_queries
from theory.relation import Direction
from theory.settings.attention import TokenSelection as A


def solved_by(program):  # noqa: ANN001, ANN201
    """The direction that a max-margin program finds for the drawn tokens, queries and scores."""
    return Computed([A.tokens, A.queries, A.scores], program)


claims = [
    Claim(
        A, A.W, solved_by(attention_svm), Direction(along=A.step),
        title="Normalised gradient descent on attention converges in direction to the Frobenius-norm SVM",
        entry="attention.svm_frobenius_direction",
        source=Source("Tarzanagh, Li, Thrampoulidis, Oymak: Transformers as support vector machines"),
        seeds=["Transformers as Support Vector Machines"],
        flagship=True,
        assuming=[A.d >= Max(A.T - 1, A.n)],  # then the token differences and queries are independent, so the SVM is feasible
        points=[{A.n: 4, A.T: 3, A.d: 8}],
        wrong=[
            Wrong("nuclear norm", prediction=solved_by(attention_svm_nuclear)),
            Wrong("queries ignored", prediction=solved_by(attention_svm_without_queries)),
            Wrong("tokens of lowest score", prediction=solved_by(attention_svm_argmin)),
        ],
        figure=Curve(A.step, label="step of normalised gradient descent"),
    ),
]  # fmt: skip
