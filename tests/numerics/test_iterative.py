"""Conjugate gradients and streamed designs against dense linear algebra."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.iterative import StreamedDesign, conjugate_gradient, effective_dimensions, streamed_ridge_risk
from numerics.regression import ridge_risks
from numerics.streams import stream
from theory.errors import BadInput, BadSample

MACHINES = [Machine(backend) for backend in ("numpy", "torch", "strict")]
N, P, PENALTY, TOLERANCE = 30, 20, 0.2, 1e-12


@pytest.fixture(params=MACHINES, ids=lambda machine: machine.backend)
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


def design_on(machine: Machine, rows: int) -> StreamedDesign:
    return StreamedDesign(stream(machine, "streamed", seed=4), N, P, rows)


def dense(design: StreamedDesign) -> np.ndarray:
    return np.concatenate([design.rng.machine.to_host(block) for _, block in design.blocks()])


def test_a_streamed_design_is_one_matrix(machine: Machine) -> None:
    design, rng = design_on(machine, 7), stream(Machine(), "columns", seed=0)
    X, right, left = dense(design), rng.normal((P, 3)), rng.normal((N, 3))
    on = machine.asarray
    assert X.shape == (N, P) and len(np.unique(X)) == N * P
    for found, wanted in [(design.times(on(right)), X @ right), (design.transposed_times(on(left)), X.T @ left),
                          (design.gram_times(on(right)), X.T @ (X @ right))]:
        assert np.allclose(machine.to_host(found), wanted, rtol=0, atol=1e-13 * np.abs(X).sum())


def test_conjugate_gradients_solve_to_the_residual_that_they_state(machine: Machine) -> None:
    rng = stream(Machine(), "system", seed=0)
    factor, right = rng.normal((P, P)), rng.normal((P, 4))
    matrix = factor @ factor.T + np.eye(P)
    found = conjugate_gradient(lambda v: machine.asarray(matrix) @ v, machine.asarray(right), tolerance=TOLERANCE)
    solution, residual = machine.to_host(found.solution), machine.to_host(found.residual)
    sizes = np.linalg.norm(right, axis=0)
    assert np.all(residual <= TOLERANCE)
    assert np.allclose(np.linalg.norm(right - matrix @ solution, axis=0) / sizes, residual, rtol=0, atol=1e-14)
    assert np.all(np.linalg.norm(solution - np.linalg.solve(matrix, right), axis=0) <= (residual + 1e-13) * sizes)


def test_a_solution_without_its_accuracy_is_refused() -> None:
    stiff = 10.0 ** -np.arange(0, 2 * P, 2)
    with pytest.raises(BadSample, match="residual"):
        conjugate_gradient(lambda v: stiff[:, None] * v, np.ones((P, 1)), tolerance=1e-15, most=40)


def test_streamed_risks_are_those_of_the_dense_design(machine: Machine) -> None:
    design, signal = design_on(machine, 8), np.linspace(-1, 2, P)
    rng, probes = stream(machine, "probe", seed=1), 400
    bias, squares, error = streamed_ridge_risk(design, machine.asarray(signal), penalty=PENALTY, probes=probes, rng=rng,
                                               tolerance=TOLERANCE)
    X, squares = dense(design), machine.to_host(squares)
    wanted_bias, wanted_variance = (part[0, 0] for part in ridge_risks(X[None], signal[None], penalties=[PENALTY]))
    assert error < 1e-9 and abs(float(bias) - wanted_bias) <= (error + 1e-12) * wanted_bias
    signs = machine.to_host(rng.child("probes").signs((N, probes)))
    exact = np.sum(np.linalg.solve(X.T @ X + N * PENALTY * np.eye(P), X.T @ signs) ** 2, axis=0)
    assert np.all(np.abs(squares - exact) <= (error + 1e-12) * exact)
    # and the probes' mean is the variance: E ‖Mz‖² = ‖M‖²_F over all sign vectors of a small problem
    assert abs(exact.mean() - wanted_variance) < 6 * exact.std(ddof=1) / probes**0.5


def of_a_dense_design(design: StreamedDesign, penalty: float) -> np.ndarray:
    """tr A and tr A² from singular values."""
    X = np.concatenate([block for _, block in design.blocks()])
    values = np.linalg.svd(X, compute_uv=False) ** 2
    shares = values / (values + design.n * penalty)
    return np.array([np.sum(shares), np.sum(shares**2)])


@pytest.mark.parametrize(("n", "p"), [(60, 150), (150, 60)])
def test_effective_dimensions_are_those_of_the_dense_design(n: int, p: int) -> None:
    design = StreamedDesign(stream(Machine(), "dimensions", n, p, seed=0), n, p, rows=40)
    found = effective_dimensions(design, penalty=0.3, rng=stream(Machine(), "probes", seed=0), rtol=0.02)
    for one, truth, moved in zip((found.trace, found.square), of_a_dense_design(design, 0.3),
                                 of_a_dense_design(design, 0.4), strict=True):  # fmt: skip
        assert one.low <= truth <= one.high and one.stderr > 0
        assert not one.low <= moved <= one.high  # the twin: another penalty
        assert one.high - one.low <= 0.041 * one.value


def test_effective_dimensions_stop_when_they_are_as_narrow_as_asked() -> None:
    design = StreamedDesign(stream(Machine(), "dimensions", seed=1), 80, 120, rows=40)
    rough, fine = (effective_dimensions(design, penalty=0.3, rng=stream(Machine(), "probes", seed=1), rtol=rtol)
                   for rtol in (0.1, 0.005))  # fmt: skip
    assert rough.trace.products < fine.trace.products and rough.trace.stderr > fine.trace.stderr
    with pytest.raises(BadInput, match="penalty > 0"):
        effective_dimensions(design, penalty=0.0, rng=stream(Machine(), "probes", seed=1))
