"""Word probabilities against a loop over contexts, and exponential moments against a quadrature over the sphere."""

import numpy as np
import pytest
from scipy.integrate import quad

from numerics.arrays import Machine
from numerics.simulators.estimation import word_vectors as module
from numerics.streams import Stream, stream

D, V, SC = 3, 40, 0.6


def draws(backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "words", seed=7)


def by_loop() -> dict[str, float]:
    rng = draws()
    norms = SC * D**0.5 * (0.5 + rng.uniform((V,)))
    vectors, contexts = rng.unit((V, D)) * norms[:, None], rng.unit((module.CONTEXTS, D))
    shares, totals = [], []
    for context in contexts:
        weights = np.array([np.exp(vector @ context) for vector in vectors])
        totals.append(weights.sum())
        shares.append(weights / weights.sum())
    alone = np.mean(shares, axis=0)
    x, y = [], []
    for i in np.argsort(norms)[-V // 10 :]:
        for j in (k for k in np.argsort(norms)[-V // 10 :] if k != i):
            together = np.mean([share[i] * share[j] for share in shares])
            x.append(vectors[i] @ vectors[j] / D)
            y.append(np.log(together / alone[i] / alone[j]))
    return {
        "pmi": np.polyfit(x, y, 1)[0],
        "unigram": np.polyfit(norms**2 / (2 * D), np.log(alone), 1)[0],
        "constant": np.mean(np.log(alone) - norms**2 / (2 * D)) + np.log(np.mean(totals)),
        "spread": np.std(totals) / np.mean(totals),
    }


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_what_is_measured_of_a_vocabulary_is_what_a_loop_over_contexts_finds(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CONTEXTS", 30)
    rng = draws(backend)
    sample = module.word_vectors(d=D, V=V, sc=SC, rng=rng)
    for name, expected in by_loop().items():
        measured = float(rng.machine.to_host(sample[name]))
        assert measured == pytest.approx(expected, rel=1e-9)
    other = module.word_vectors(d=D, V=V, sc=1.1 * SC, rng=draws())
    assert not any(float(other[name]) == pytest.approx(expected, rel=1e-3) for name, expected in by_loop().items())


def test_the_moment_is_that_of_the_sphere_and_not_of_a_ball_of_another_radius() -> None:
    d, r, trials = 4, 1.0, 2000
    mean = np.mean(module.contexts(d=d, r=r, trials=trials, rng=draws())["moment"])

    def over_sphere(length: float) -> float:
        """∫ exp(length·cos a)·sin(a)^(d − 2) da, normalised."""
        weight, whole = (quad(lambda a, s=s: np.exp(s * np.cos(a)) * np.sin(a) ** (d - 2), 0, np.pi)[0]
                         for s in (length, 0.0))  # fmt: skip
        return weight / whole

    slack = 6 * np.cosh(r * d**0.5) / (trials * module.ALONE / 2) ** 0.5  # six times a bound of the standard error
    assert abs(mean - over_sphere(r * d**0.5)) < slack
    assert abs(mean - over_sphere(1.1 * r * d**0.5)) > slack
