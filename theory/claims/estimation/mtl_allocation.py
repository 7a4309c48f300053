"""How to share out samples among sources of unequal relevance: in proportion to it, not to its square."""

from sympy import Symbol, diff, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.domain import total
from theory.proof import Entries, Identical, Inequality, Solution
from theory.relation import Bound, Equality
from theory.settings.estimation.allocation import Allocation as M

size, square = total(M.nu), total(M.nu**2)
sources = total(1 + M.nu) - size  # the number of modes
a, m, price, shares = symbols("a m price shares", positive=True)
SHARED = {
    "entry": "estimation.mtl_allocation",
    "source": Source("Neyman 1934: On the Two Different Aspects of the Representative Method, its optimal "
                     "allocation; Wang, Chen, Jamieson, Du 2023: Improved Active Multi-Task Representation Learning "
                     "via Lasso"),
    "seeds": ["Improved Active Multi-Task Representation Learning via Lasso"],
    "status": "derived here",
    "points": [{M.N: 800, M.nu: "[4,2,1,1]"}, {M.N: 1000, M.nu: "[1,0.5,0.25,0.25]"}, {M.N: 2200, M.nu: "[4,2,1,1]"}],
}  # fmt: skip
counted = Symbol("T", integer=True, positive=True)
weight, sizes = Entries("weight", counted, positive=True), Entries("sizes", counted, positive=True)
BEST = [
    Inequality(total(weight) ** 2, total(sizes) * total(weight**2 / sizes), because="Cauchy–Schwarz",
               slack=total(sizes) * total((weight - sizes * total(weight) / total(sizes)) ** 2 / sizes)),
    Solution(m, a / sqrt(price), diff(a**2 / m + price * m, m), unique=True,
             because="Lagrange: at a common price of a sample nₜ is in proportion to aₜ"),
]  # fmt: skip
BY_SIZE = Identical(total(M.nu**2 / shares), size**2 / M.N, where={shares: M.N * M.nu / size})

claims = [
    Claim(
        M, M.by_size, size**2 / M.N, Equality(),
        title="Error of the best allocation, in proportion to the relevance of a source",
        steps=[*BEST, BY_SIZE],
        wrong=[
            Wrong("that of the squares", prediction=sources * square / M.N),
            Wrong("norm in place of the sum", prediction=square / M.N),
        ],
        figure=Curve(M.N, (200, 400, 800, 1600, 3200), fixing={M.nu: "[4,2,1,1]"}, label="samples N"),
        **SHARED,
    ),
    Claim(
        M, M.by_square, sources * square / M.N, Equality(),
        quantity="square",
        title="Error of the allocation in proportion to the squared relevance",
        steps=[Identical(a**2 / shares, price / M.N, where={shares: M.N * a**2 / price},
                         because="every source costs the same, price = ‖nu‖₂²")],
        assuming=[total(M.nu**-2) * square <= M.N],  # Σ 1/nₜ ≤ 1, so that all sources have a sample before rounding
        fails_at=[{M.N: 100, M.nu: "[1,0.05]"}],  # a quarter of a sample for the second
        wrong=[Wrong("the best allocation", prediction=size**2 / M.N), Wrong("norm alone", prediction=square / M.N)],
        figure=Curve(M.N, (200, 400, 800, 1600, 3200), fixing={M.nu: "[4,2,1,1]"}, label="samples N"),
        **SHARED,
    ),
    Claim(
        M, M.by_size - M.by_square, 0, Bound("<=", "mean"),
        quantity="ordering",
        title="The squares are never better: s·‖nu‖₂² ≥ ‖nu‖₁²",
        scale=size**2 / M.N,
        tight_at=[{M.N: 1000, M.nu: "[1,1,1,1]"}],
        steps=[*BEST, Inequality(total(weight) ** 2, counted * total(weight**2), because="equal if all are",
                                 slack=counted * total((weight - total(weight) / counted) ** 2))],
        wrong=[
            Wrong("the squares are better", relation=Bound(">=", "mean")),
            Wrong("better by a tenth always", prediction=-size**2 / M.N / 10, at=[{M.N: 1000, M.nu: "[1,1,1,1]"}]),
        ],
        **SHARED,
    ),
    Claim(
        M, M.by_size - M.alike, 0, Bound("<=", "mean"),
        quantity="even",
        title="Equal shares are never better",
        scale=size**2 / M.N,
        tight_at=[{M.N: 1000, M.nu: "[1,1,1,1]"}],
        steps=BEST,
        wrong=[
            Wrong("equal shares are better", relation=Bound(">=", "mean")),
            Wrong("half the error", prediction=-M.alike / 2),
        ],
        **SHARED,
    ),
    Claim(
        M, M.alike, sources * square / M.N, Equality(),
        quantity="alike",
        title="Equal shares cost as much as shares by squares",
        steps=[Identical(total(M.nu**2 / shares), sources * square / M.N, where={shares: M.N / sources})],
        wrong=[Wrong("the best allocation", prediction=size**2 / M.N), Wrong("norm alone", prediction=square / M.N)],
        **SHARED,
    ),
]  # fmt: skip
