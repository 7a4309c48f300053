"""A catalogue claim on real data: ridge regression on scikit-learn's digits, whose pixels are not Gaussian.

In a trial n images are drawn from all 1,797 and labels are redrawn: y = x·β + ε, the signs of β and the noise anew.

    proofs-check check digits_ridge.py               supported: the theory of Gaussian features holds here within 2 %
    proofs-check check digits_ridge.py --boundary    refuted: where the penalty is small it does not
"""

import numpy as np
from sklearn.datasets import load_digits
from sympy import Rational

from numerics.data import principal_axes, subsample
from numerics.regression import ridge_risks
from numerics.simulator import simulates
from theory import Choice, Curve, Data
from theory.claims.min_norm import ridge_general_covariance
from theory.relation import Equality
from theory.settings.min_norm import AnisotropicRegression

X, SPECTRUM = principal_axes(load_digits().data / 16)


class DigitRidge(AnisotropicRegression):
    """The setting of the claim, with rows of the digits in place of Gaussian ones; a fresh input is any digit."""

    entries = Choice("digits")
    data = Data({"X": X}, X=("images", "features"))


S = DigitRidge


@simulates(DigitRidge, cost=lambda n: 2e-5 + 1e-6 * n)
def digit_ridge(*, n, l, b2, s2, lam, entries, data, trials, rng):  # noqa: E741
    """Bias and variance given the rows: noise and fresh image are averaged exactly, the signs of β are drawn."""
    rows = subsample(data, n, rng, trials=trials, repeat=True)["X"]
    signal = rng.asarray(np.sqrt(b2)) * rng.signs((trials, len(b2)))
    bias, variance = ridge_risks(rows, signal, penalties=[lam], spectrum=rng.asarray(l))
    return {"bias": bias[:, 0], "variance": s2 * variance[:, 0]}


FAILS_AT = ([{S.n: 96, S.lam: "0.01"}], [{S.n: 24, S.lam: "0.05"}])  # of bias and variance
claims = [
    claim.on(
        DigitRidge,
        entry="digits_ridge",
        relation=Equality(),
        assuming=[S.n >= 48, S.lam >= Rational(1, 10)],
        fixing={S.l: SPECTRUM, S.b2: np.full(len(SPECTRUM), 1 / len(SPECTRUM)), S.entries: "digits"},
        points=[{S.n: 96, S.lam: "0.2", S.s2: 1}, {S.n: 192, S.lam: "0.1", S.s2: 1}],
        fails_at=fails_at,
        figure=Curve(S.n, (48, 96, 192, 384), fixing={S.lam: "0.2", S.s2: 1}, label="images n"),
    )
    for claim, fails_at in zip(ridge_general_covariance.claims[:2], FAILS_AT, strict=True)
]
