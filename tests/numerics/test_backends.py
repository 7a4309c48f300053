"""Every simulator of the catalogue on the same host draws: NumPy, Torch and the strict array API measure the same."""

import functools

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.measure import Arrays
from numerics.streams import stream
from theory import discovery
from theory.claim import Claim
from theory.domain import Real
from theory.points import default_points
from theory.setting import Observable, Point

TRIALS = 4
DEAR = 5e-3  # seconds a trial; beyond it a simulator's own test compares backends at a size of its choice
PARITY = 1e-6  # of the largest value: rounding, carried through factorisations of condition up to 10⁹
ROUNDING = 64 * np.finfo(float).eps  # of the largest observable: one that is 0 but for rounding is not compared


@functools.cache
def subjects() -> dict[str, Claim]:
    """A claim on every setting of the catalogue."""
    return {claim.setting.name(): claim for claim in discovery.find("all")}


def measured(claim: Claim, point: Point, machine: Machine) -> Arrays:
    simulator, rng = discovery.simulator_of(claim.setting), stream(machine, "parity", seed=0)
    numbers = point.numbers()
    for name, domain in claim.setting.domains().items():
        if isinstance(domain, Real) and domain.per_trial:
            numbers[name] = rng.asarray(np.full(TRIALS, numbers[name]))
    found = simulator.function(**numbers, trials=TRIALS, rng=rng)
    return {name: np.asarray(machine.to_host(array), dtype=float) for name, array in found.items()}


@pytest.mark.parametrize("backend", ["torch", "strict"])
def test_a_simulator_measures_the_same_on_every_backend(backend: str) -> None:
    compared = 0
    for name, claim in subjects().items():
        simulator, point = discovery.simulator_of(claim.setting), default_points(claim, 1, 0)[0]
        wanted = "numpy" if backend == "strict" else backend
        if not simulator.batched or wanted not in simulator.backends or simulator.trial_seconds(point) > DEAR:
            continue
        if backend == "strict" and "cupy" not in simulator.backends:
            continue  # bound to a library on the host: it need not be neutral
        host, there = (measured(claim, point, machine) for machine in (Machine(), Machine(backend)))
        largest = max(np.max(np.abs(values), initial=0) for values in host.values())
        errors = {name: part.certificate for name, part in claim.setting.of_kind(Observable).items()}
        for observable, values in host.items():
            if observable in errors.values():
                continue  # a bound of what rounding and a solver left undone: it is no number that backends share
            bound = PARITY * np.max(np.abs(values), initial=0) + ROUNDING * largest
            if certificate := errors.get(observable):
                bound += np.max(np.abs(host[certificate])) + np.max(np.abs(there[certificate]))
            assert values.shape == there[observable].shape, (name, observable)
            assert np.all(np.abs(there[observable] - values) <= bound), (name, observable)
        compared += 1
    assert compared >= len(subjects()) // 3


def test_other_draws_measure_something_else() -> None:
    """The twin: parity is not the agreement of anything with anything."""
    claim = subjects()["IsotropicRegression"]
    point = default_points(claim, 1, 0)[0]
    host = measured(claim, point, Machine())["variance"]
    single = measured(claim, point, Machine(precision="float32"))["variance"]
    assert np.any(np.abs(single - host) > PARITY * np.max(host))
