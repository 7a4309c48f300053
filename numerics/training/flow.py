"""Gradient flow w′ = −∇L(w), by SciPy's adaptive solvers, one model after the other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from numerics.arrays import Array
from numerics.networks.models import Model, Parameters
from numerics.training.losses import HALF_SQUARE, Loss
from theory.errors import BadInput


@dataclass(frozen=True)
class Flow:
    """The path of every model at the times asked for; ended: why a solver stopped before the last, or an empty word.

    Shapes: parameters (B, times, …), NaN after an early end; loss (B, times).
    """

    parameters: tuple[np.ndarray, ...]
    loss: np.ndarray
    ended: list[str]


def gradient_flow(
    model: Model, parameters: Parameters, inputs: Array, targets: Array, times: Sequence[float], *,
    loss: Loss = HALF_SQUARE, method: str = "DOP853", rtol: float = 1e-9, atol: float = 1e-12,
) -> Flow:
    """The flow from time 0; methods of scipy.integrate.solve_ivp, LSODA or Radau where it is stiff. On the host.

    Shapes: parameters (B, …), inputs (B or 1, n, …), targets (B or 1, n[, C]).
    """
    from scipy.integrate import solve_ivp

    at = np.asarray(times, float)
    if at.ndim != 1 or not len(at) or np.any(at < 0) or np.any(np.diff(at) <= 0):
        raise BadInput("gradient flow: times must be ascending and not negative, such as [0, 1, 10]")
    shapes = [part.shape[1:] for part in parameters]
    cuts = np.cumsum([math.prod(shape) for shape in shapes])
    paths, losses, ended = [], [], []
    for index in range(parameters[0].shape[0]):
        x, y = (array[:1] if array.shape[0] == 1 else array[index : index + 1] for array in (inputs, targets))

        def parts(w: np.ndarray) -> Parameters:
            pieces = np.split(w, cuts[:-1])
            return tuple(piece.reshape(1, *shape) for piece, shape in zip(pieces, shapes, strict=True))

        def slope(_: float, w: np.ndarray, x: Array = x, y: Array = y) -> np.ndarray:
            f, pull = model.forward(parts(w), x)
            return -np.concatenate([part.reshape(-1) for part in pull(loss.slope(f, y))])

        start = np.concatenate([part[index].reshape(-1) for part in parameters])
        done = solve_ivp(slope, (0.0, at[-1]), start, method=method, t_eval=at, rtol=rtol, atol=atol)
        path = np.full((len(at), len(start)), np.nan)
        path[: done.y.shape[1]] = done.y.T
        paths.append(path)
        losses.append([float(loss.value(model.forward(parts(w), x)[0], y)[0]) for w in path])
        ended.append("" if done.success else str(done.message))
    split = np.split(np.stack(paths), cuts[:-1], axis=-1)
    return Flow(
        tuple(part.reshape(len(paths), len(at), *shape) for part, shape in zip(split, shapes, strict=True)),
        np.array(losses),
        ended,
    )
