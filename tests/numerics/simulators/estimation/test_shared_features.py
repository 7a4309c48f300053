"""Two models that know random features against the enumeration of all that they may know."""

import itertools

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.estimation.shared_features import shared_features
from numerics.streams import stream
from theory.errors import BadInput

TRIALS = 20_000


def enumerated(F: int, c: int, k: int, m: float) -> dict[str, float]:
    """Means over all pairs of subsets, both kinds of points and all coins."""
    found = {"accuracy": 0.0, "agreement": 0.0}
    known = list(itertools.combinations(range(F), c))
    for first, second in itertools.product(known, known):
        for misled, weight in ((0, 1 - m), (1, m)):
            sure = [bool(set(model) & set(range(k))) for model in (first, second)]
            for coins in itertools.product((0, 1), repeat=2):
                right = [(1 - misled) if knows else coin for knows, coin in zip(sure, coins, strict=True)]
                share = weight / 4 / len(known) ** 2
                found["accuracy"] += share * sum(right) / 2
                found["agreement"] += share * (right[0] == right[1])
    return found


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
@pytest.mark.parametrize(("c", "k", "m"), [(2, 1, 0.0), (1, 3, 0.4), (4, 1, 0.2)])
def test_means_are_those_of_all_that_models_may_know_and_not_of_one_feature_more(
    backend: str, c: int, k: int, m: float
) -> None:
    rng = stream(Machine(backend), "features", seed=5)
    sample = shared_features(F=5, c=c, k=k, m=m, trials=TRIALS, rng=rng)
    slack = 6 * 0.5 / TRIALS**0.5  # six standard errors of a number between 0 and 1: 2e-9
    expected, more = enumerated(5, c, k, m), enumerated(5, c, k + 1, m)
    apart = []
    for name, mean in expected.items():
        measured = np.mean(rng.machine.to_host(sample[name]))
        assert abs(measured - mean) < slack
        apart.append(abs(measured - more[name]))
    assert max(apart) > slack
    np.testing.assert_allclose(*(rng.machine.to_host(part) for part in (
        sample["excess"], sample["agreement"] - sample["accuracy"])))  # fmt: skip


def test_more_features_than_there_are_are_refused() -> None:
    with pytest.raises(BadInput, match="take both at most F"):
        shared_features(F=3, c=4, k=1, m=0.0, trials=1, rng=stream(Machine(), "features", seed=5))
