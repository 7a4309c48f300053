"""Tangent kernel of ReLU networks by the arc-cosine recursion, its variance at finite width, and the kernels of erf."""

from collections.abc import Callable

from sympy import (
    Derivative,
    Expr,
    Integer,
    Rational,
    Symbol,
    acos,
    asin,
    cos,
    diff,
    pi,
    sin,
    sqrt,
)

from theory.claim import Claim, Curve, Source, Wrong
from theory.formulas.arc_cosine import k0, k1
from theory.proof import Identical, Inequality, Integration, Monotone, Series, Solution
from theory.relation import Asymptotic, Equality, Exponent, Ladder
from theory.settings.infinite_width import GaussianPair as G
from theory.settings.infinite_width import ReluTangentKernel as R

ONE = Integer(1)


def tangent_kernel(depth: int, cosine: Expr = R.c, gain: Expr = ONE, slope: Callable[[Expr], Expr] = k0) -> Expr:
    """Θ_L of Σ_l = k₁(Σ_{l−1}), Θ_l = Σ_l + Θ_{l−1}·k₀(Σ_{l−1}), Σ₀ = Θ₀ = c."""
    sigma = theta = cosine
    for _ in range(depth):
        sigma, theta = gain * k1(sigma), gain * (k1(sigma) + theta * slope(sigma))
    return theta


t = Symbol("t", real=True)
after, before, order = Symbol("after", real=True), Symbol("before", real=True), Symbol("m", integer=True, positive=True)
theta, phi = Symbol("theta", positive=True), Symbol("phi", real=True)
inside, ends, angle = [t > -1, t < 1], [t >= -1, t <= 1], [theta < pi]
j2 = 3 * sin(theta) * cos(theta) + (pi - theta) * (1 + 2 * cos(theta) ** 2)
overlap = cos(phi) * cos(phi - theta)


BOUNDS = [
    Identical(Derivative(k1(t), t), k0(t), given=inside, because="k₁′ = k₀"),
    Identical(Derivative(k0(t), t), 1 / (pi * sqrt(1 - t**2)), given=inside),
    Identical(k1(t), 1, where={t: 1}),
    Identical(k0(t), 1, where={t: 1}),
    Identical(k1(t), t / 2 + (sqrt(1 - t**2) + t * asin(t)) / pi, given=ends, because="an even function beside t/2"),
    Identical((1 - t**2) * Derivative(1 / sqrt(1 - t**2), t), t / sqrt(1 - t**2), given=inside,
              because="so the coefficients of πk₁″ obey (m + 1)c_{m+1} − (m − 1)c_{m−1} = c_{m−1}"),
    Solution(after, order / (order + 1) * before, (order + 1) * after - (order - 1) * before - before, unique=True,
             because="positive after a positive one, and 0 after 0, with c₀ = 1 and c₁ = 0: from 3 on k₁ has positive "
             "coefficients of even order, and none of odd order"),
    Series(k1(t), t, 1 / pi + t / 2 + t**2 / (2 * pi) + t**4 / (24 * pi), 6),
    Monotone(k0(t), t, "increasing", given=ends),
    Monotone(k1(t), t, "increasing", given=ends),
    Inequality(t, k1(t), given=ends, because="k₁ − t falls to 0 at t = 1"),
    Inequality(k0(t), 1, given=ends),
    Inequality(k1(t), 1, given=ends),
]  # fmt: skip
twice = sin(2 * phi - theta)
MOMENTS = [
    Integration(1 / pi, phi, theta - pi / 2, pi / 2, (pi - theta) / pi, given=angle, antiderivative=phi / pi,
                because="k₀ at cosine cos θ: the share of directions for which both neurons are active"),
    Integration(2 * overlap / pi, phi, theta - pi / 2, pi / 2, (sin(theta) + (pi - theta) * cos(theta)) / pi,
                given=angle, antiderivative=(phi * cos(theta) + twice / 2) / pi,
                because="k₁ at cosine cos θ, in polar coordinates, E r² = 2"),
]  # fmt: skip
J2 = 3 * sqrt(1 - R.c**2) * R.c + (pi - acos(R.c)) * (1 + 2 * R.c**2)
variance = 2 * J2 / pi + 4 * R.c * k1(R.c) + 6 * R.c**2 * k0(R.c) - tangent_kernel(1) ** 2
ladder = Asymptotic(Ladder(R.m, [32, 64, 128, 256], rate=1))
SHARED = {
    "entry": "infinite_width.arccos_ntk",
    "source": Source("Cho, Saul: Kernel methods for deep learning; Jacot, Gabriel, Hongler: Neural tangent kernel: "
                     "convergence and generalization in neural networks; Williams: Computing with infinite networks"),
    "seeds": ["Exact Learning of Permutations for Nonzero Binary Inputs with Logarithmic Training Size and Quadratic "
              "Ensemble Complexity",
              "A Neural Tangent Kernel Perspective of GANs",
              "Wide and Deep Neural Networks Achieve Optimality for Classification"],
}  # fmt: skip

claims = [
    Claim(
        R, R.kernel, tangent_kernel(1), Equality(),
        title="Mean tangent kernel of a ReLU network with one hidden layer, at every width",
        fixing={R.L: 1},
        points=[{R.m: 64, R.c: "0.3"}],
        steps=[*BOUNDS, *MOMENTS],
        wrong=[
            Wrong("factor 2 of the activation lost", prediction=tangent_kernel(1, gain=Rational(1, 2))),
            Wrong("k1 in place of k0", prediction=tangent_kernel(1, slope=k1)),
        ],
        figure=Curve(R.c, ("-0.9", "-0.5", "0.1", "0.3", "0.5", "0.7", "0.9", "1"), fixing={R.m: 64}, log=False,
                     label="cosine c of the inputs"),
        **SHARED,
    ),
    Claim(
        R, R.covariance, k1(R.c), Equality(),
        quantity="covariance",
        title="Mean covariance of a layer of ReLU neurons",
        fixing={R.L: 1},
        points=[{R.m: 64, R.c: "0.3"}],
        steps=MOMENTS[1:],
        wrong=[
            Wrong("factor 2 of the activation lost", prediction=k1(R.c) / 2),
            Wrong("k0 in place of k1", at=[{R.m: 64, R.c: "0.3"}], prediction=k0(R.c)),
        ],
        **SHARED,
    ),
    *(
        Claim(
            R, R.kernel, tangent_kernel(depth), ladder,
            quantity=f"depth_{depth}",
            title=f"Tangent kernel of a ReLU network with {words} hidden layers",
            fixing={R.L: depth},
            points=[{R.c: "0.3"}, {R.c: "0.8"}],
            wrong=[
                Wrong("factor 2 of the activation lost", prediction=tangent_kernel(depth, gain=Rational(1, 2))),
                Wrong("k1 in place of k0", prediction=tangent_kernel(depth, slope=k1)),
            ],
            **SHARED,
        )
        for depth, words in ((2, "two"), (3, "three"))
    ),
    Claim(
        R, R.kernel, R.L + 1, Equality(),
        quantity="diagonal",
        title="Mean squared gradient of a ReLU network: one for each layer of weights, at every width",
        fixing={R.c: 1},
        points=[{R.m: 64, R.L: 1}, {R.m: 64, R.L: 2}, {R.m: 64, R.L: 3}],
        steps=[Identical(tangent_kernel(depth), depth + 1, where={R.c: 1}) for depth in (1, 2, 3)],
        wrong=[
            Wrong("the output layer forgotten", prediction=R.L),
            Wrong("the input layer counted twice", prediction=R.L + 2),
        ],
        **SHARED,
    ),
    Claim(
        R, R.spread, variance, Equality(),
        quantity="variance",
        title="Variance of the tangent kernel of one hidden layer, at every width",
        fixing={R.L: 1},
        points=[{R.m: 64, R.c: "0.3"}],
        steps=[
            Integration(8 * overlap**2, phi, theta - pi / 2, pi / 2, j2, given=angle, because="E r⁴ = 8",
                        antiderivative=2 * cos(theta) ** 2 * phi + 2 * cos(theta) * twice + phi
                        + sin(4 * phi - 2 * theta) / 4),
            Identical(j2, J2, where={theta: acos(R.c)}, given=[R.c > -1, R.c < 1]),
        ],
        wrong=[
            Wrong("output weights not random", prediction=variance - 4 * R.c**2 * k0(R.c)),
            Wrong("square of the mean not subtracted", prediction=variance + tangent_kernel(1) ** 2),
        ],
        **SHARED,
    ),
    Claim(
        R, R.spread / R.m, Integer(-1), Exponent(Ladder(R.m, [32, 64, 128, 256, 512]), within=0.1, correction=1),
        quantity="variance_rate",
        title="The variance of the tangent kernel of two hidden layers falls like 1/m",
        fixing={R.L: 2},
        points=[{R.c: "0.3"}],
        wrong=[
            Wrong("like 1/m²", prediction=Integer(-2)),
            Wrong("like the kernel's own fluctuations, 1/√m", prediction=Rational(-1, 2)),
        ],
        **SHARED,
    ),
    Claim(
        G, G.erf, 2 * asin(2 * G.c / sqrt((1 + 2 * G.a) * (1 + 2 * G.b))) / pi, Equality(),
        quantity="erf",
        title="Mean product of two error functions of jointly normal arguments",
        assuming=[G.c**2 <= G.a * G.b],
        regime=[G.c**2 >= G.a * G.b / 6],  # else the mean is small beside a product's spread
        points=[{G.a: "1.2", G.b: "0.7", G.c: "0.4"}],
        steps=[
            Identical(diff(2 * asin(2 * G.c / sqrt((1 + 2 * G.a) * (1 + 2 * G.b))) / pi, G.c),
                      4 / (pi * sqrt((1 + 2 * G.a) * (1 + 2 * G.b) - 4 * G.c**2)),
                      because="slope in c is the mean product of the slopes"),
        ],
        wrong=[
            Wrong("variances not doubled", prediction=2 * asin(2 * G.c / sqrt((1 + G.a) * (1 + G.b))) / pi),
            Wrong("correlation in place of the damped one", prediction=2 * asin(G.c / sqrt(G.a * G.b)) / pi),
        ],
        **SHARED,
    ),
    Claim(
        G, G.erf_slope, 4 / (pi * sqrt((1 + 2 * G.a) * (1 + 2 * G.b) - 4 * G.c**2)), Equality(),
        quantity="erf_slope",
        title="Mean product of the slopes of two error functions",
        assuming=[G.c**2 <= G.a * G.b],
        points=[{G.a: "1.2", G.b: "0.7", G.c: "0.4"}],
        wrong=[
            Wrong("covariance lost", at=[{G.a: "1.2", G.b: "1.2", G.c: "1"}],
                  prediction=4 / (pi * sqrt((1 + 2 * G.a) * (1 + 2 * G.b)))),
            Wrong("factor 2 lost", prediction=2 / (pi * sqrt((1 + 2 * G.a) * (1 + 2 * G.b) - 4 * G.c**2))),
        ],
        **SHARED,
    ),
]  # fmt: skip
