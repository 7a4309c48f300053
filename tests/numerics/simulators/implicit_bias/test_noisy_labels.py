"""First gradient directions and trained classifiers against drawn samples, with twins that fail."""

import numpy as np
import pytest
from scipy.special import ndtr

from numerics.arrays import Machine
from numerics.simulators.implicit_bias.noisy_labels import noisy_mixture, noisy_training
from numerics.streams import stream

N, P, SIG, F = 40, 120, 0.5, 0.2


def drawn(rng: np.random.Generator, trials: int) -> tuple[np.ndarray, np.ndarray]:
    """Accuracy and share of flipped samples that keep their true label, on data drawn in full."""
    accuracy, kept = [], []
    for _ in range(trials):
        true, flips = rng.choice([-1, 1], N), rng.random(N) < F
        x = SIG * rng.normal(size=(N, P))
        x[:, 0] += true
        w = (x * np.where(flips, -true, true)[:, None]).mean(0)
        accuracy.append(ndtr(w[0] / (SIG * np.linalg.norm(w))))
        kept.extend((x @ w * true > 0)[flips])
    return np.array(accuracy), np.array(kept, dtype=float)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_the_laws_of_the_first_direction_are_those_of_drawn_data(backend: str) -> None:
    machine = Machine(backend)
    found = {name: machine.to_host(array) for name, array in noisy_mixture(
        n=N, p=P, sig=SIG, f=F, trials=4000, rng=stream(machine, "noisy", seed=0)).items()}
    accuracy, kept = drawn(np.random.default_rng(1), 1500)
    for mine, other in ((found["accuracy"], accuracy), (found["kept"], kept)):
        spread = np.hypot(mine.std() / np.sqrt(len(mine)), 2 * other.std() / np.sqrt(len(other)))  # kept: dependent
        assert abs(mine.mean() - other.mean()) < 5 * spread
    assert abs(found["accuracy"].mean() - kept.mean()) > 0.1


def test_training_fits_flipped_labels_only_with_room_for_them() -> None:
    wide, narrow = (noisy_training(n=30, p=p, sig=0.3, f=0.25, steps=2000, trials=8,
                                   rng=stream(Machine(), "training", seed=0))
                    for p in (120, 5))
    assert np.all(wide["kept"] == 0) and np.all(narrow["kept"] > 0)
    assert np.all((wide["first"] > 0.5) & (wide["late"] > 0.5))
