"""Gradient flow with gradient regularisation on diagonal linear networks, all trials at once.

The classical Runge-Kutta method; a second run at twice the step says how well the flow was followed.
"""

from collections.abc import Callable

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.implicit_bias.diagonal import GradientDifference, RegularisedDiagonalNet

END = 20.0
STEP = 0.01
INTERPOLATING = 1e-3

State = tuple[Array, Array, Array]


@simulates(RegularisedDiagonalNet, cost=0.02, block=256)
def regularised_diagonal_net(*, n: int, d: int, alpha: float, gamma: float, trials: int,
                             rng: Stream) -> dict[str, Array]:
    """Flows on data of their own."""
    xp, inputs, targets = rng.xp, rng.normal((n, d, trials)), rng.normal((n, trials))
    ends = [flow(inputs, targets, alpha, gamma, step) for step in (STEP, 2 * STEP)]
    (fine, coarse) = (observed(end) for end in ends)
    p, q, integrals = ends[0]
    beta, outputs = p**2 - q**2, xp.sum(inputs * (p**2 - q**2)[None, :, :], axis=1)
    plain = flow(inputs, targets, alpha, 0.0, 2 * STEP)
    missed = xp.linalg.vector_norm(outputs - targets, axis=0) / xp.linalg.vector_norm(targets, axis=0)
    largest = xp.argmax(integrals, axis=0)[None, :]
    chosen = [xp.take_along_axis(array, largest, axis=0)[0, :] for array in (integrals, xp.sqrt(p * q))]
    return {
        "X": xp.permute_dims(inputs, (2, 0, 1)), "outputs": outputs.T, "integrals": integrals.T, "beta": beta.T,
        "integral": chosen[0], "effective": chosen[1], "interpolates": missed < INTERPOLATING,
        "l1": xp.sum(xp.abs(beta), axis=0), "plain_l1": xp.sum(xp.abs(plain[0] ** 2 - plain[1] ** 2), axis=0),
        "flow_error": xp.max(xp.abs(fine - coarse), axis=0),
    }


def observed(state: State) -> Array:
    """β, √(pq) and the integrals, one below the other."""
    p, q, integrals = state
    xp = namespace(p)
    return xp.concat([p**2 - q**2, xp.sqrt(p * q), integrals])


def flow(inputs: Array, targets: Array, alpha: float, gamma: float, step: float) -> State:
    """(p, q, ∫g²) at the end.   Shapes: inputs (n, d, trials), targets (n, trials) -> (d, trials) each."""
    xp = namespace(inputs)
    start = alpha * xp.ones_like(inputs[0, ...])
    state = start, start, xp.zeros_like(start)

    def velocity(state: State) -> State:
        return slopes(inputs, targets, gamma, state)

    for _ in range(round(END / step)):
        state = runge_kutta(velocity, state, step)
    return state


def slopes(inputs: Array, targets: Array, gamma: float, state: State) -> State:
    """−∇(L + (γ/2)‖∇L‖²) and g², with ∇L = (2gp, −2gq)."""
    xp, (p, q, _) = namespace(inputs), state
    n = targets.shape[0]
    g = along(inputs, xp.sum(inputs * (p**2 - q**2)[None, :, :], axis=1) - targets) / n
    # ½‖∇L‖² = 2 Σ g² (p² + q²); its derivative through g is that of 2 Σ g_k c_k along the Gram matrix
    through = along(inputs, xp.sum(inputs * (g * (p**2 + q**2))[None, :, :], axis=1)) / n
    return (-2 * g * p - gamma * (4 * g**2 * p + 8 * through * p),
            2 * g * q - gamma * (4 * g**2 * q - 8 * through * q), g**2)


def along(inputs: Array, residuals: Array) -> Array:
    """Xᵀr.   Shapes: (n, d, trials), (n, trials) -> (d, trials)."""
    return namespace(inputs).sum(inputs * residuals[:, None, :], axis=0)


def runge_kutta(velocity: Callable[[State], State], state: State, step: float) -> State:
    """One step of order four."""
    first = velocity(state)
    second = velocity(moved(state, first, step / 2))
    third = velocity(moved(state, second, step / 2))
    fourth = velocity(moved(state, third, step))
    mean = tuple((a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(first, second, third, fourth, strict=True))
    return moved(state, mean, step)  # type: ignore[arg-type]


def moved(state: State, velocity: State, step: float) -> State:
    """state + step·velocity."""
    p, q, integrals = (part + step * speed for part, speed in zip(state, velocity, strict=True))
    return p, q, integrals


@simulates(GradientDifference, cost=1e-5)
def gradient_difference(*, n: int, d: int, rate: int, model: str, trials: int, rng: Stream) -> dict[str, Array]:
    """At points of their own."""
    xp, inputs, targets = rng.xp, rng.normal((n, d, trials)), rng.normal((n, trials))
    theta = [rng.normal((d, trials)) for _ in range(2 if model == "network" else 1)]
    here = gradient(inputs, targets, theta)
    ahead = gradient(inputs, targets, [w + g / rate for w, g in zip(theta, here, strict=True)])
    found = xp.concat([(b - a) * rate for a, b in zip(here, ahead, strict=True)])
    if model == "network":
        state = theta[0], theta[1], 0 * theta[0]
        plain, regularised = (slopes(inputs, targets, gamma, state)[:2] for gamma in (0.0, 1.0))
        true = xp.concat([a - b for a, b in zip(plain, regularised, strict=True)])
    else:
        true = along(inputs, xp.sum(inputs * here[0][None, :, :], axis=1)) / n
    size, steep = (xp.linalg.vector_norm(one, axis=0) for one in (true, xp.concat([*here, *ahead])))
    eps = 10 * (n + d) * xp.finfo(true.dtype).eps
    return {"apart": xp.linalg.vector_norm(found - true, axis=0) / size, "rounding": eps * (1 + steep * rate / size)}


def gradient(inputs: Array, targets: Array, theta: list[Array]) -> list[Array]:
    """∇L by the chain rule.   Shapes: inputs (n, d, trials), targets (n, trials), (d, trials) each."""
    beta = theta[0] ** 2 - theta[1] ** 2 if len(theta) == 2 else theta[0]
    g = along(inputs, namespace(inputs).sum(inputs * beta[None, :, :], axis=1) - targets) / targets.shape[0]
    return [2 * g * theta[0], -2 * g * theta[1]] if len(theta) == 2 else [g]
