"""Trained attention turns into the max-margin separator of its chosen tokens."""

from collections.abc import Callable
from typing import Any

from sympy import Add, Derivative, Expr, Ge, Integer, Matrix, Max, Rational, Symbol, exp, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.computed import Computed
from theory.domain import total
from theory.programs import max_margin
from theory.proof import Assumed, Entries, Identical, Implication, Inequality
from theory.relation import Direction
from theory.settings.attention import TokenSelection as A


def solved_by(program: Callable[..., Any]) -> Computed:
    """The direction that a max-margin program finds for the drawn tokens, queries and scores."""
    return Computed([A.tokens, A.queries, A.scores], program)


score, gain, rest0, rest1, share, mean = symbols("score gain rest0 rest1 share mean", real=True)
tokens = Symbol("rivals", integer=True, positive=True)
raised, gains = Entries("raised", tokens, positive=True), Entries("gains", tokens, real=True)  # raised: e^scores
SOFTMAX = [  # of one token beside any number of others, whose e^scores add up to e^rest0, and with gains to rest1
    Identical(Derivative((gain * exp(score) + rest1) / (exp(score) + exp(rest0)), score), share * (gain - mean),
              where={share: exp(score) / (exp(score) + exp(rest0)),
                     mean: (gain * exp(score) + rest1) / (exp(score) + exp(rest0))},
              because="∂(gᵀ softmax(s))/∂s = (diag(a) − aaᵀ)g"),
    Identical(share * (gain - total(raised * gains) / total(raised)),
              total(share * raised / total(raised) * (gain - gains)), everywhere=True,
              because="which is Σ_u a_t a_u (g_t − g_u)"),
]  # fmt: skip
QUERIES = [(-2, 1), (-1, 1)]  # an instance in the plane: two samples, two tokens beside the chosen one each
BESIDE = [[(1, 1), (-1, 0)], [(1, -1), (2, 1)]]  # chosen token less each of them
CONSTRAINTS = [Matrix(gap) * Matrix(query).T for query, gaps in zip(QUERIES, BESIDE, strict=True) for gap in gaps]
V = Matrix(2, 2, symbols("v:4", real=True))
SOLVED, MULTIPLIERS = Matrix([[9, 13], [-11, -12]]) / 5, (Rational(23, 5), Integer(9), Integer(7), Integer(0))


def inner_product(one: Any, two: Any) -> Expr:
    return Add(*(a * b for a, b in zip(one, two, strict=True)))


def kkt() -> list[Identical | Inequality]:
    """A rational certificate that W is the separator of that instance: feasible, slack where u = 0, and no V better."""
    margins = [inner_product(A, V) for A in CONSTRAINTS]
    at, multipliers = dict(zip(V, SOLVED, strict=True)), symbols("u:4", nonnegative=True)
    given = dict(zip(multipliers, MULTIPLIERS, strict=True))
    pulled = [sum(u * A[i] for u, A in zip(multipliers, CONSTRAINTS, strict=True)) for i in range(4)]
    excess, aside = symbols("e:3", nonnegative=True), Symbol("aside", real=True)  # a V of margins 1 + e where u > 0
    rows = Matrix([list(A) for A in CONSTRAINTS[:3]])
    rows = rows.col_join(rows.nullspace()[0].T)
    moved = rows.inv() * Matrix([*(1 + e for e in excess), aside])
    there = dict(zip(V, moved, strict=True))
    slack = inner_product(V - SOLVED, V - SOLVED) + 2 * inner_product(MULTIPLIERS[:3], excess)
    return [
        *(Inequality(1, margin, where=at, because="an instance in the plane: margin") for margin in margins),
        *(Identical(u * (margin - 1), 0, where=at | {u: given[u]}, because="complementary slackness")
          for u, margin in zip(multipliers, margins, strict=True)),
        *(Identical(pull, entry, where=given, because="stationarity: W = Σ uA")
          for pull, entry in zip(pulled, SOLVED, strict=True)),
        Inequality(inner_product(SOLVED, SOLVED), inner_product(V, V), where=there, slack=slack,
                   because="‖V‖² = ‖W‖² + ‖V − W‖² + 2 Σ u·e: no V with margins 1 + e is shorter"),
    ]  # fmt: skip


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
            *SOFTMAX,
            Inequality(total(weights), total(weights * (1 + slack)), everywhere=True,
                       because="⟨W, V⟩ − ‖W‖² for a V of margin 1 + e, where W = Σ uA and uᵢ > 0 only at margin 1"),
            Implication([Ge(inner, 0), Ge(apart, 0), Ge(other, best + 2 * inner + apart)], Ge(other, best),
                        everywhere=True,
                        because="‖V‖² = ‖W‖² + 2⟨W, V − W⟩ + ‖V − W‖²: what satisfies KKT is the minimiser"),
            *kkt(),
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
