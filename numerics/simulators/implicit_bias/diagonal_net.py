"""Diagonal linear networks, alone or beside a linear layer, along the gradient flow or by gradient descent."""

import numpy as np

from numerics.arrays import Array, namespace
from numerics.networks.models import DiagonalBesideLinear
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.many_flows import Velocity, followed
from theory.settings.implicit_bias.diagonal import DiagonalNet

TOLERANCES = (1e-9, 3e-8)
DESCENT_STEPS = 4000
RATIOS = "l1_ratio", "l2_ratio"
SMALL, INTERPOLATING, LAST = 1e-8, 1e-7, 500.0


@simulates(DiagonalNet, cost=4e-3, block=512)
def diagonal_net(*, n: int, p: int, alpha: float, lam: float, eta: float, trials: int,
                 rng: Stream) -> dict[str, Array]:
    """Data of their own; the state of a flow is u, v, q and ∫r dt, one beside the other."""
    xp, y = rng.xp, rng.unit((trials, n)) * n**0.5
    X = xp.matrix_transpose(xp.linalg.qr(rng.normal((trials, p, n)))[0])
    begin = rng.asarray(np.repeat([[alpha, 0.0]], [2 * p, p + n], axis=1) * np.ones((trials, 1)))
    unit = 1 / (10 + 80 * alpha**2)
    if eta > 0:
        early, end = early_coarse, end_coarse = descended(X, y, begin, lam, eta, unit)
    else:
        early, end, rounds = flowed(X, y, begin, lam, unit, TOLERANCES[0], rng)
        early_coarse, end_coarse, _ = flowed(X, y, begin, lam, unit, TOLERANCES[1], rng, rounds)
    both = [xp.max(xp.abs(observed(a, lam, p) - observed(b, lam, p)), axis=1)
            for a, b in ((early, early_coarse), (end, end_coarse))]
    w, first, second, product = (observed(end, lam, p)[:, k * p : (k + 1) * p] for k in range(4))
    early_first, early_second = (observed(early, lam, p)[:, k * p : (k + 1) * p] for k in (1, 2))
    residual = y - xp.sum(X * w[:, None, :], axis=2)
    missed = xp.linalg.vector_norm(residual, axis=1) / xp.linalg.vector_norm(y, axis=1)
    chosen = xp.argmax(xp.abs(w), axis=1)[:, None]
    least = [rng.asarray(norms) for norms in least_norms(*map(rng.machine.to_host, (X, y)))]
    norms = xp.sum(xp.abs(w), axis=1), xp.linalg.vector_norm(w, axis=1)
    flow_error = both[0] + both[1] + 2 * still_to_go(X, end, residual, lam, p)
    return {
        "X": X, "y": y, "integral": end[:, 3 * p :], "early_integral": early[:, 3 * p :], "w": w, "b1": first,
        "b2": second, "early": early_first, "early_b2": early_second,
        "product": xp.take_along_axis(product, chosen, axis=1)[:, 0],
        "l1": norms[0], **{name: xp.clip(a / b, 0.0, 1.0) for name, a, b in zip(RATIOS, least, norms, strict=True)},
        "interpolates": missed < INTERPOLATING,
        "flow_error": flow_error, "ratio_error": 2 * p**0.5 * flow_error / norms[1],
    }


def observed(state: Array, lam: float, p: int) -> Array:
    """β, b₁, b₂ and uv, one beside the other."""
    u, v, q = (state[:, k * p : (k + 1) * p] for k in range(3))
    return namespace(state).concat([u**2 - v**2 + lam * q, u**2 - v**2, lam * q, u * v], axis=1)


def velocity_of(X: Array, y: Array, lam: float) -> Velocity:
    """−∇L for u, v and q, and r for its integral."""
    model, p = DiagonalBesideLinear(lam), X.shape[2]

    def velocity(_: Array, state: Array) -> Array:
        f, pull = model.forward(tuple(state[:, k * p : (k + 1) * p] for k in range(3)), X)
        return namespace(X).concat([*pull(y - f), y - f], axis=1)

    return velocity


def descended(X: Array, y: Array, begin: Array, lam: float, eta: float, unit: float) -> tuple[Array, Array]:
    """Gradient descent up to about that time, and to the end."""
    state, early, velocity = begin, begin, velocity_of(X, y, lam)
    for step in range(DESCENT_STEPS):
        state = state + eta * velocity(begin[:, 0], state)
        early = state if step * eta <= unit else early
    return early, state


def flowed(X: Array, y: Array, begin: Array, lam: float, unit: float, rtol: float, rng: Stream,
           rounds: np.ndarray | None = None) -> tuple[Array, Array, np.ndarray]:
    """The states at that time and at the end, to which the time is doubled in so many rounds, those asked for or found.

    A model leaves when it interpolates.   Shapes: -> (trials, 3p + n), (trials, 3p + n), (trials,).
    """
    (early,) = followed(velocity_of(X, y, lam), begin, [unit], rtol=rtol, atol=rtol / 1000)
    host = np.array(rng.machine.to_host(early))
    going, done = np.arange(len(host)), np.zeros(len(host), int)
    while len(going) and unit * 2 ** done[going[0]] < LAST:
        part = rng.asarray(going)
        velocity = velocity_of(*(rng.xp.take(array, part, axis=0) for array in (X, y)), lam)
        time = unit * 2 ** float(done[going[0]])
        (moved,) = followed(velocity, rng.asarray(host[going]), [time], rtol=rtol, atol=rtol / 1000)
        host[going], done[going] = rng.machine.to_host(moved), done[going] + 1
        residual = rng.machine.to_host(velocity(moved[:, 0], moved)[:, 3 * X.shape[2] :])
        open_ones = np.linalg.norm(residual, axis=1) > SMALL * X.shape[1] ** 0.5
        going = going[open_ones if rounds is None else done[going] < rounds[going]]
    return early, rng.asarray(host), done


def still_to_go(X: Array, state: Array, residual: Array, lam: float, p: int) -> Array:
    """‖D Xᵀ(XDXᵀ)⁻¹r‖_∞, D = 4(u² + v²) + lam²: how far the flow of the linearised network would still move β."""
    xp = namespace(X)
    speed = 4 * (state[:, :p] ** 2 + state[:, p : 2 * p] ** 2) + lam**2
    gram = (X * speed[:, None, :]) @ xp.matrix_transpose(X)
    pull = xp.linalg.solve(gram, residual[:, :, None])
    return xp.max(xp.abs(speed * (xp.matrix_transpose(X) @ pull)[:, :, 0]), axis=1)


def least_norms(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The least ‖w‖₁, by a linear program, and the least ‖w‖₂ with Xw = y.   Shapes: -> (trials,), (trials,)."""
    from scipy.optimize import linprog

    p = X.shape[2]
    ones = [linprog(np.ones(2 * p), A_eq=np.hstack([x, -x]), b_eq=t).fun for x, t in zip(X, y, strict=True)]
    return np.array(ones), np.array([np.linalg.norm(np.linalg.lstsq(x, t)[0]) for x, t in zip(X, y, strict=True)])
