"""Fits with l1, l2 and nuclear penalties, by proximal gradient descent with momentum that restarts."""

from collections.abc import Callable
from dataclasses import dataclass

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.representers import NuclearFit, PenalisedFit

MOST, LOOK = 20_000, 20
EQUAL = 1e-6  # relative: how near to lam a slope must come for its coordinate to count as free


@dataclass(frozen=True)
class Problem:
    """A smooth loss and a proximal map, both of arrays (trials, entries); `step` is (trials, 1)."""

    slope: Callable[[Array], Array]
    proximal: Callable[[Array, Array], Array]
    step: Array

    def moved(self, w: Array) -> Array:
        """One step."""
        return self.proximal(w - self.step * self.slope(w), self.step)

    def after(self, steps: int, start: Array) -> Array:
        """Plain descent, stopped."""
        for _ in range(steps):
            start = self.moved(start)
        return start

    def solved(self, start: Array) -> Array:
        """Descent with momentum, until no entry moves by more than 16 roundings, or 20,000 steps are over."""
        xp, w, ahead = namespace(start), start, start
        age, eps = xp.zeros_like(self.step), xp.finfo(start.dtype).eps
        for count in range(MOST):
            after = self.moved(ahead)
            back = xp.sum((ahead - after) * (after - w), axis=1)[:, None] > 0
            age = xp.where(back, xp.zeros_like(age), age + 1)
            ahead = after + age / (age + 3) * (after - w)
            w = after
            if count % LOOK == 0:
                moves = xp.max(xp.abs(self.moved(w) - w), axis=1)
                if bool(xp.all(moves <= 16 * eps * (1e-3 + xp.max(xp.abs(w), axis=1)))):
                    break
        return self.after(LOOK, w)


@simulates(PenalisedFit, cost=lambda n, p: 1e-3 + 2e-6 * n * p, block=256)
def penalised_fit(*, n: int, p: int, lam: float, T: int, penalty: str, loss: str, training: str,
                  trials: int, rng: Stream) -> dict[str, Array]:
    """Draws samples and a new input."""
    xp, X, x = rng.xp, rng.normal((trials, n, p)), rng.normal((trials, p))
    y = X[:, :, 0] + rng.normal((trials, n))
    y, bent = (xp.sign(y), 0.25) if loss == "logistic" else (y, 1.0)

    def slopes(w: Array) -> Array:
        f = (X @ w[:, :, None])[:, :, 0]
        return -y / (1 + xp.exp(y * f)) if loss == "logistic" else f - y

    def slope(w: Array) -> Array:
        return (xp.matrix_transpose(X) @ slopes(w)[:, :, None])[:, :, 0] / n

    def proximal(w: Array, step: Array) -> Array:
        if penalty == "l2":
            return w / (1 + step * lam)
        return xp.sign(w) * xp.clip(xp.abs(w) - step * lam, min=0.0)

    top = xp.linalg.svdvals(X)[:, :1]
    problem = Problem(slope, proximal, n / top**2)
    start = xp.zeros_like(x)
    w = problem.solved(start) if training == "optimum" else problem.after(T, start)
    g, on = slope(w), w != 0
    off = xp.where(on, xp.abs(g + lam * xp.sign(w)), 0.0 * g)
    eps, size = xp.finfo(X.dtype).eps, xp.linalg.vector_norm(x, axis=1)
    found = {"X": X, "x": x, "w": w, "slopes": slopes(w), "fit": xp.sum(x * w, axis=1),
             "gap": xp.max(off, axis=1), "reach": xp.sum(xp.abs(x * w), axis=1)}
    largest = 1 + xp.linalg.vector_norm(w, axis=1) + xp.max(xp.abs(y), axis=1)
    rounding = 4 * (n + p) * eps * largest * (1 + size) * (1 + top[:, 0] ** 2 / n) * (1 + 1 / lam)
    undone = 0.0 * rounding
    if training == "optimum":
        away = g + lam * w if penalty == "l2" else off + xp.where(on, 0.0 * g, xp.clip(xp.abs(g) - lam, min=0.0))
        least = flattest(X, slopes(w), y, g, lam, penalty, loss)
        apart = 2 * xp.linalg.vector_norm(away, axis=1) / least
        undone = size * apart * (1 + bent * top[:, 0] ** 2 / n * (1 + xp.max(xp.abs(w), axis=1)) / lam)
    return {**found, "rounding": rounding, "left": rounding + undone}


def flattest(X: Array, slopes: Array, y: Array, g: Array, lam: float, penalty: str, loss: str) -> Array:
    """Least curvature of the objective in the coordinates that the optimum may use.   Shapes: … -> (trials,)."""
    xp, n = namespace(X), X.shape[1]
    bend = xp.abs(slopes) * (1 - xp.abs(slopes)) if loss == "logistic" else xp.ones_like(y)
    free = xp.astype(xp.abs(g) >= lam * (1 - EQUAL), X.dtype) if penalty == "l1" else xp.ones_like(g)
    used = X * free[:, None, :] * xp.sqrt(bend)[:, :, None]
    rest = (1 - free) * xp.sum(X**2, axis=(1, 2))[:, None] + (lam if penalty == "l2" else 0.0)
    eye = xp.eye(X.shape[2], dtype=X.dtype, device=X.device)
    least = xp.linalg.eigvalsh(xp.matrix_transpose(used) @ used / n + rest[:, :, None] * eye)[:, 0]
    return xp.clip(least, min=float(xp.finfo(X.dtype).smallest_normal))


@simulates(NuclearFit, cost=lambda rows, columns, m: 1e-3 + 1e-6 * rows * columns * m, block=128)
def nuclear_fit(*, rows: int, columns: int, m: int, lam: float, T: int, training: str,
                trials: int, rng: Stream) -> dict[str, Array]:
    """Draws measurements of a matrix of rank one, and a further one."""
    xp, Xs, X = rng.xp, rng.normal((trials, m, rows, columns)), rng.normal((trials, rows, columns))
    truth = rng.normal((trials, rows, 1)) * rng.normal((trials, 1, columns))
    flat = xp.reshape(Xs, (trials, m, rows * columns))
    y = (flat @ xp.reshape(truth, (trials, -1, 1)))[:, :, 0] + rng.normal((trials, m))

    def slopes(w: Array) -> Array:
        return (flat @ w[:, :, None])[:, :, 0] - y

    def slope(w: Array) -> Array:
        return (xp.matrix_transpose(flat) @ slopes(w)[:, :, None])[:, :, 0]

    def proximal(w: Array, step: Array) -> Array:
        U, values, V = xp.linalg.svd(xp.reshape(w, (trials, rows, columns)), full_matrices=False)
        return xp.reshape((U * xp.clip(values - step * lam, min=0.0)[:, None, :]) @ V, w.shape)

    curvature = xp.linalg.eigvalsh(xp.matrix_transpose(flat) @ flat)
    top, least = curvature[:, -1], xp.clip(curvature[:, 0], min=float(xp.finfo(X.dtype).smallest_normal))
    problem = Problem(slope, proximal, 1 / top[:, None])
    start = xp.zeros_like(flat[:, 0, :])
    w = problem.solved(start) if training == "optimum" else problem.after(T, start)
    eps, size = xp.finfo(X.dtype).eps, xp.sqrt(xp.sum(X**2, axis=(1, 2)))
    largest = 1 + xp.linalg.vector_norm(w, axis=1) + xp.max(xp.abs(y), axis=1)
    left = 4 * m * rows * columns * eps * largest * (1 + size) * (1 + top) * (1 + 1 / lam)
    if training == "optimum":
        apart = 2 * top * xp.linalg.vector_norm(problem.moved(w) - w, axis=1) / least
        left = left + size * apart * (1 + top * (1 + largest) / lam)
    return {"Xs": Xs, "X": X, "W": xp.reshape(w, (trials, rows, columns)), "slopes": slopes(w),
            "fit": xp.sum(xp.reshape(w, (trials, rows, columns)) * X, axis=(1, 2)), "left": left}
