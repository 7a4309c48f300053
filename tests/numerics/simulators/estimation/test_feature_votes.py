"""Two models whose features vote against the enumeration of all their votes, written with whole lists."""

import itertools

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.simulators.estimation.feature_votes import feature_votes
from numerics.streams import stream

TRIALS = 2500  # of 8 points


def enumerated(K: int, n_v: int, n_s: int, q: float, second: str) -> dict[str, float]:
    """Means over all votes of both models, the true class 0, ties shared."""
    chances = [1 - q + q / K] + [q / K] * (K - 1)
    found = {"single": 0.0, "ensemble": 0.0}
    for first in itertools.product(range(K), repeat=n_s):
        for other in itertools.product(range(K), repeat=n_s) if second == "own" else [first]:
            drawn = first + other if second == "own" else first
            weight = float(np.prod([chances[vote] for vote in drawn]))
            for name, votes, sure in (("single", first, n_v), ("ensemble", first + other, 2 * n_v)):
                heard = np.bincount([*votes, *[0] * sure], minlength=K)
                found[name] += weight * (heard[0] == heard.max()) / np.sum(heard == heard.max())
    return found


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
@pytest.mark.parametrize(("K", "n_v", "second"), [(2, 0, "own"), (3, 1, "own"), (4, 1, "same"), (3, 0, "same")])
def test_means_are_those_of_all_votes_and_not_of_one_invariant_feature_more(
    backend: str, K: int, n_v: int, second: str
) -> None:
    rng = stream(Machine(backend), "votes", seed=3)
    sample = feature_votes(K=K, n_v=n_v, n_s=3, q=0.8, second=second, trials=TRIALS, rng=rng)
    slack = 6 * 0.5 / (8 * TRIALS) ** 0.5  # six standard errors of a number between 0 and 1: 2e-9
    expected, more = enumerated(K, n_v, 3, 0.8, second), enumerated(K, n_v + 1, 3, 0.8, second)
    for name, mean in expected.items():
        measured = float(np.mean(rng.machine.to_host(sample[name])))
        assert abs(measured - mean) < slack
        assert abs(measured - more[name]) > slack


def test_copies_vote_as_one_model_and_others_do_not() -> None:
    def apart(second: str) -> bool:
        rng = stream(Machine(), "votes", seed=3)
        sample = feature_votes(K=3, n_v=1, n_s=4, q=0.9, second=second, trials=100, rng=rng)
        return bool(np.any(sample["single"] != sample["ensemble"]))

    assert not apart("same")
    assert apart("own")


@pytest.mark.parametrize(("n_v", "q", "expected"), [(2, 0.0, 1.0), (4, 1.0, 1.0), (0, 1.0, 1 / 3)])
def test_without_shift_or_with_sure_votes_it_is_right_and_by_chance_without_either(
    n_v: int, q: float, expected: float
) -> None:
    rng = stream(Machine(), "votes", seed=3)
    sample = feature_votes(K=3, n_v=n_v, n_s=3, q=q, second="own", trials=50, rng=rng)
    np.testing.assert_allclose(sample["single"], expected)
