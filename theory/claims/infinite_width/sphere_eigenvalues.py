"""Harmonic coefficients of the ReLU on the sphere, and the eigenvalues of its arc-cosine kernel."""

from sympy import Expr, Integer, Rational, diff, gamma, pi, sqrt, symbols

from theory.claim import Claim, Curve, Source, Wrong
from theory.proof import Identical, Instances, Integration, Series
from theory.relation import Identity
from theory.settings.infinite_width import SphereHarmonics as S


def magnitude(k: Expr) -> Expr:
    """|a_k| for even k ≥ 2: Γ(d/2) Γ(k−1) / (√π 2^k Γ(k/2) Γ((k+d+1)/2))."""
    return gamma(S.d / 2) * gamma(k - 1) / (sqrt(pi) * 2**k * gamma(k / 2) * gamma((k + S.d + 1) / 2))


def coefficient(j: Expr = S.j, shift: int = 1) -> Expr:
    """a_k at k = 2j ≥ 2, of sign (−1)^(j−1), which the reflection of the Gamma function carries."""
    return gamma(S.d / 2) / (4 * gamma(Rational(3, 2) - j) * gamma(j + (S.d + shift) / 2))


small = symbols("small", positive=True)
ratio = -(2 * S.j - 1) / (2 * S.j + S.d + 1)
zeroth = gamma(S.d / 2) / (2 * sqrt(pi) * gamma((S.d + 1) / 2))
t, edge = symbols("t edge", positive=True)


def by_parts(k: int) -> Integration:
    """∫₀¹ t·Dᵏ(1 − t²)^(k + edge) dt = Dᵏ⁻²(1 − t²)^(k + edge) at 0, where edge = (d − 3)/2."""
    lower = diff((1 - t**2) ** (k + edge), t, k - 2)
    return Integration(t * diff(lower, t, 2), t, 0, 1, lower.subs(t, 0), antiderivative=t * diff(lower, t) - lower)


SHARED = {
    "entry": "infinite_width.sphere_eigenvalues",
    "source": Source("Dutordoir, Durrande, Hensman: Sparse Gaussian processes with spherical harmonic features; Bach: "
                     "Breaking the curse of dimensionality with convex neural networks"),
    "seeds": ["Spherical Inducing Features for Orthogonally-Decoupled Gaussian Processes"],
    "points": [{S.d: 3, S.j: 1}, {S.d: 5, S.j: 2}, {S.d: 8, S.j: 4}],
}  # fmt: skip

claims = [
    Claim(
        S, S.even, coefficient(), Identity(),
        title="Harmonic coefficients of the ReLU of even degree",
        steps=[
            Instances("Rodrigues, by parts twice: ∫₀¹ t·Dᵏ(1 − t²)^(k + edge) dt = Dᵏ⁻²(1 − t²)^(k + edge) at t = 0",
                      by_parts, (2, 4, 6), because="edge = (d − 3)/2"),
            Identical(coefficient() ** 2, magnitude(2 * S.j) ** 2, because="reflection and duplication of Γ"),
            Identical(coefficient(S.j + 1) / coefficient(), ratio, because="recurrence from degree k to k + 2"),
            Series(ratio.subs(S.j, 1 / (2 * small)) ** 2, small, 1 - 2 * (S.d + 2) * small, 2,
                   because="squares decay like k^−(d+2), small = 1/k"),
        ],
        wrong=[
            Wrong("(k + d)/2 in the last Gamma function", prediction=coefficient(shift=0)),
            Wrong("sign not alternating", prediction=-coefficient()),
        ],
        figure=Curve(S.j, (1, 2, 3, 4, 6, 8, 10), fixing={S.d: 3}, label="half the degree, j = k/2"),
        **SHARED,
    ),
    Claim(
        S, S.odd, Integer(0), Identity(),
        quantity="odd",
        title="No harmonic of odd degree 3 or more",
        scale=Rational(1, 2) / S.d,
        wrong=[
            Wrong("the formula of even degrees", prediction=magnitude(2 * S.j + 1)),
            Wrong("the first degree's", prediction=1 / (2 * S.d)),
        ],
        **SHARED,
    ),
    Claim(
        S, S.zeroth, zeroth, Identity(),
        quantity="zeroth",
        title="Mean of the ReLU",
        wrong=[
            Wrong("dimension d + 1", prediction=zeroth.subs(S.d, S.d + 1)),
            Wrong("Gaussian weights", prediction=1 / sqrt(2 * pi * S.d)),
        ],
        **SHARED,
    ),
    Claim(
        S, S.first, 1 / (2 * S.d), Identity(),
        quantity="first",
        title="The linear part of the ReLU",
        wrong=[Wrong("factor 1/2 lost", prediction=1 / S.d), Wrong("dimension lost", prediction=Rational(1, 2))],
        **SHARED,
    ),
    Claim(
        S, S.eigenvalue, coefficient() ** 2, Identity(),
        quantity="kernel",
        title="Eigenvalues of the arc-cosine kernel are the squared coefficients",
        regime=[coefficient() ** 2 >= Rational(1, 10**9)],  # smaller ones are lost in the rounding of a quadrature
        wrong=[
            Wrong("not squared", prediction=coefficient()),
            Wrong("the kernel of unit diagonal", prediction=2 * S.d * coefficient() ** 2),
        ],
        **SHARED,
    ),
]  # fmt: skip
