"""Tasks learnt in turn with weak regularisation, by Newton's method, and projections to their margin sets."""

import itertools

import numpy as np

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.newton import Objective, minimised
from theory.settings.implicit_bias.continual import ContinualTasks

TASKS, ROWS, D = 3, 3, 3
FIRST = 5.0
LARGEST = 700.0  # whose exponential is a number


@simulates(ContinualTasks, cost=2e-3, block=256, backends=("numpy",))
def continual_tasks(*, steps: int, Lam: int, apart: float, tasks: str, trials: int, rng: Stream) -> dict[str, Array]:
    """Tasks of their own."""
    basis = np.linalg.qr(rng.normal((trials, D, D)))[0]
    e, others = basis[:, None, :, 0], np.swapaxes(basis[:, :, 1:], 1, 2)
    heights = 0.5 + rng.uniform((trials, TASKS * ROWS, 1))
    Z = heights * e + apart * rng.normal((trials, TASKS * ROWS, D - 1)) @ others
    if tasks == "opposed":
        Z = np.concatenate([Z[:, :-ROWS, :], -Z[:, :ROWS, :]], axis=1)
    turns = [Z[:, ROWS * k : ROWS * (k + 1), :] for k in range(TASKS)]
    omegas = [np.zeros((trials, D))]
    for k in range(steps):
        omegas.append(nearest(turns[k % TASKS], omegas[-1]))
    before, last = learnt(turns, steps, float(Lam))
    agreed = Z if tasks == "separable" else Z[:, :-ROWS, :]
    best, omega = nearest(agreed, np.zeros((trials, D))), omegas[-1]
    square = np.sum(omega**2, axis=1)
    moves = np.stack([np.sum((b - a) ** 2, axis=1) for a, b in itertools.pairwise(omegas)])
    apart_from_best = np.stack([np.sum((one - best) ** 2, axis=1) for one in omegas])
    wrong = nearest(turns[(steps - 1) % TASKS], before)
    return {
        "Z": Z, "share": np.sum(last * omega, axis=1) / Lam / square,
        "error": np.linalg.norm(last / Lam - omega, axis=1) / square**0.5,
        "unscaled": np.linalg.norm(last / Lam - wrong, axis=1) / square**0.5,
        "moved": moves.sum(0), "rest": apart_from_best[-1], "offline": np.sum(best**2, axis=1),
        "approach": np.diff(apart_from_best, axis=0).max(0), "nearest": moves.min(0),
    }


def nearest(Z: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The point nearest to x with Zw ≥ 1, the best feasible one of those with up to three constraints tight.

    Shapes: Z (trials, rows, 3), x (trials, 3) -> (trials, 3).
    """
    best, least = x.copy(), np.where(np.all((Z @ x[:, :, None])[:, :, 0] >= 1, axis=1), 0.0, np.inf)
    for size in range(1, D + 1):
        for chosen in itertools.combinations(range(Z.shape[1]), size):
            A = Z[:, chosen, :]
            lack = 1 - (A @ x[:, :, None])
            w = x + (np.swapaxes(A, 1, 2) @ np.linalg.solve(A @ np.swapaxes(A, 1, 2), lack))[:, :, 0]
            fits = np.all((Z @ w[:, :, None])[:, :, 0] >= 1 - 1e-9, axis=1)
            far = np.where(fits, np.linalg.norm(w - x, axis=1), np.inf)
            best, least = np.where((far < least)[:, None], w, best), np.minimum(far, least)
    return best


def learnt(tasks: list[np.ndarray], steps: int, Lam: float) -> tuple[np.ndarray, np.ndarray]:
    """The weights after the last task but one and after the last, followed from a small Lam by doubling it."""
    sizes = [Lam]
    while sizes[0] > FIRST:
        sizes.insert(0, sizes[0] / 2)
    path = [np.zeros_like(tasks[0][:, 0, :])] * (steps + 1)
    for index, size in enumerate(sizes):
        grown = [w * (size / sizes[index - 1]) if index else w for w in path]
        path = [path[0] * 0]
        for k in range(steps):
            path.append(minimum(tasks[k % TASKS], path[-1], grown[k + 1], size))
    return path[-2], path[-1]


def minimum(Z: np.ndarray, centre: np.ndarray, w: np.ndarray, Lam: float) -> np.ndarray:
    """argmin Σ exp(Lam − Zw) + ½ ‖w − centre‖², from w."""

    def pulls(at: np.ndarray) -> np.ndarray:
        return np.exp(np.minimum(Lam - (Z @ at[:, :, None])[:, :, 0], LARGEST))

    return minimised(Objective(
        lambda at: pulls(at).sum(1) + ((at - centre) ** 2).sum(1) / 2,
        lambda at: at - centre - np.einsum("ti,tid->td", pulls(at), Z),
        lambda at: np.eye(D) + np.einsum("ti,tid,tie->tde", pulls(at), Z, Z),
    ), w)  # fmt: skip
