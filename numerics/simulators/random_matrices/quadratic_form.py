"""Quadratic forms at random probes."""

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.random_matrices import QuadraticForm

PROBES = 256


@simulates(QuadraticForm, cost=1e-4)
def quadratic_form(*, d: int, probe: str, trials: int, rng: Stream) -> dict[str, Array]:
    """Squared errors of the estimates of trace and diagonal, over probes of one matrix in each trial."""
    xp, shape = rng.xp, (trials, PROBES, d)
    z = rng.signs(shape) if probe == "signs" else rng.normal(shape) if probe == "normal" else d**0.5 * rng.unit(shape)
    matrix = rng.normal((trials, d, d))
    symmetric = (matrix + xp.matrix_transpose(matrix)) / 2
    diagonal = xp.linalg.diagonal(matrix)
    trace = xp.sum(diagonal, axis=-1)
    terms = z * (z @ xp.matrix_transpose(matrix))  # zᵢ(Az)ᵢ
    return {
        "F2": xp.sum(symmetric**2, axis=(-2, -1)), "A2": xp.sum(matrix**2, axis=(-2, -1)),
        "D2": xp.sum(diagonal**2, axis=-1), "t": trace,
        "row": xp.sum(matrix[:, 0, :] ** 2, axis=-1), "corner": diagonal[:, 0] ** 2,
        "square": xp.mean((xp.sum(terms, axis=-1) - trace[:, None]) ** 2, axis=-1),
        "entry_square": xp.mean((terms[..., 0] - diagonal[:, :1]) ** 2, axis=-1),
    }
