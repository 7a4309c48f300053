"""Cauchy–Schwarz regularisers as areas, and gradient descent on the binary one."""

from collections.abc import Callable

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.weights import CauchySchwarz

STEPS = 1500
ROUNDING = 1e-13


@simulates(CauchySchwarz, cost=lambda N: 5e-5 * N)
def cauchy_schwarz(*, N: int, K: int, spread: float, zeros: int, trials: int, rng: Stream) -> dict[str, Array]:
    """Draws a point near each zero set."""
    xp, kept = rng.xp, spread * rng.normal((trials, N))
    a = 0.5 + rng.uniform((trials, 1))
    x = a * (rng.signs((trials, N)) + kept)
    bits = (1 + rng.signs((trials, N))) / 2
    bits = xp.concat([xp.ones_like(bits[:, :1]), bits[:, 1:]], axis=1)
    one = a * (bits + spread * rng.normal((trials, N)))
    three = a * (bits * rng.signs((trials, N)) + spread * rng.normal((trials, N)))
    start = rng.normal((trials, N)) * rng.asarray([0.0] * min(zeros, N - 1) + [1.0] * (N - min(zeros, N - 1)))
    end = descend(start)
    areas = {"binary": squared_area(x**2, xp.ones_like(x)), "one_sided": squared_area(one**2, one),
             "ternary": squared_area(three**3, three)}
    powers = {"b2": _sum(x**2), "b4": _sum(x**4), "o2": _sum(one**2), "o3": _sum(one**3), "o4": _sum(one**4),
              "t2": _sum(three**2), "t4": _sum(three**4), "t6": _sum(three**6)}
    line = xp.concat([xp.ones_like(x[:, :1]), xp.zeros_like(x[:, 1:])], axis=1)
    matrices = {**_eigenvector(a, N, spread, rng), **_orthonormal(a, N, K, spread, rng)}
    size = sum(xp.abs(value) for value in (*powers.values(), *matrices.values()))
    return {
        **areas, **powers, **matrices, "x1": x[:, 0],
        "spread_of_squares": xp.max(x**2, axis=1) - xp.min(x**2, axis=1),
        "slope": derivative(lambda t: regulariser(x + t * line)),
        "radial": derivative(lambda t: regulariser(x + t * x)),
        "doubled": regulariser(2 * x),
        "imbalance": _imbalance(end), "start_imbalance": _imbalance(start), "level": xp.max(xp.abs(end), axis=1),
        "rounding": ROUNDING * (N + size) ** 2,
    }


def squared_area(f: Array, g: Array) -> Array:
    """‖f‖² times the squared distance of g from the line of f.   Shapes: (trials, m) both -> (trials,)."""
    unit = f / namespace(f).linalg.vector_norm(f, axis=1, keepdims=True)
    for _ in range(2):  # the second time removes what rounding left along f
        g = g - unit * _sum(unit * g)[:, None]
    return _sum(f**2) * _sum(g**2)


def regulariser(x: Array) -> Array:
    """The binary regulariser as it is written.   Shapes: (trials, N) -> (trials,)."""
    return x.shape[1] * _sum(x**4) - _sum(x**2) ** 2


def derivative(function: Callable[[float], Array]) -> Array:
    """At 0, by five points: without error of truncation for a polynomial of degree four."""
    return (8 * (function(0.5) - function(-0.5)) - (function(1.0) - function(-1.0))) / 6


def descend(x: Array) -> Array:
    """Gradient descent on the regulariser.   Shapes: (trials, N) -> the same."""
    xp, n = namespace(x), x.shape[1]
    for _ in range(STEPS):
        square = x**2
        slope = 4 * n * x**3 - 4 * x * xp.sum(square, axis=1, keepdims=True)
        x = x - slope / (8 * n * xp.max(square, axis=1, keepdims=True))
    return x


def _eigenvector(a: Array, n: int, spread: float, rng: Stream) -> dict[str, Array]:
    xp, entries = rng.xp, rng.normal((a.shape[0], n, n))
    matrix = (entries + xp.matrix_transpose(entries)) / (2 * n**0.5)
    vector = xp.linalg.eigh(matrix)[1][:, :, 0]
    vector = vector * xp.sign(vector[:, :1])  # its sign is the library's choice
    x = a * (vector + spread * rng.normal((a.shape[0], n)))
    image = (matrix @ x[:, :, None])[:, :, 0]
    return {"eigenvector": squared_area(image, x), "Ax": _sum(image**2), "xx": _sum(x**2), "xAx": _sum(x * image)}


def _orthonormal(a: Array, n: int, k: int, spread: float, rng: Stream) -> dict[str, Array]:
    xp, trials = rng.xp, a.shape[0]
    columns, upper = xp.linalg.qr(rng.normal((trials, n, k)))
    columns = columns * xp.sign(xp.linalg.diagonal(upper))[:, None, :]
    x = a[:, :, None] * (columns + spread * rng.normal((trials, n, k)))
    gram = xp.reshape(xp.matrix_transpose(x) @ x, (trials, k * k))
    identity = xp.reshape(xp.eye(k, dtype=rng.machine.dtype, device=rng.machine.place), (1, k * k))
    return {"orthonormal": squared_area(gram, identity + xp.zeros_like(gram)), "gram": _sum(gram**2),
            "frobenius": _sum(xp.reshape(x, (trials, n * k)) ** 2)}


def _imbalance(x: Array) -> Array:
    xp, size = namespace(x), namespace(x).abs(x)
    return 1 - xp.min(size, axis=1) / xp.max(size, axis=1)


def _sum(entries: Array) -> Array:
    return namespace(entries).sum(entries, axis=1)
