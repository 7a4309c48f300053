"""Networks of one kind, many at once: the trial is the last axis, so that a step is a few operations on long rows."""

from numerics.arrays import Array, namespace


def response(W: Array, v: Array, x: Array) -> tuple[Array, Array, Array]:
    """f(x), ∂f/∂v, and the factor of x in ∂f/∂W.   Shapes: x (d, trials) -> (trials,), (m, trials), (m, trials)."""
    xp = namespace(W)
    drive = xp.sum(x[:, None, :] * W, axis=0)
    active = xp.maximum(drive, 0.0)
    return xp.sum(v * active, axis=0), active, xp.where(drive > 0, v, 0.0)


def half_mean_square(W: Array, v: Array, inputs: Array, targets: Array) -> Array:
    """(1/2n) Σ (f(xᵢ) − yᵢ)² of each network.   Shapes: -> (trials,)."""
    xp, n = namespace(W), inputs.shape[0]
    outputs = xp.stack([response(W, v, inputs[i, ...])[0] for i in range(n)])
    return xp.mean((outputs - targets) ** 2, axis=0) / 2


def sample_gradients(W: Array, v: Array, inputs: Array) -> Array:
    """∇f(xᵢ), the parts of v and of W joined.   Shapes: -> (trials, n, m + d·m)."""
    xp, (n, _, trials), gradients = namespace(W), inputs.shape, []
    for i in range(n):
        _, active, slope = response(W, v, inputs[i, ...])
        gradients.append(xp.concat([active, xp.reshape(inputs[i, :, None, :] * slope, (-1, trials))]))
    return xp.permute_dims(xp.stack(gradients), (2, 0, 1))
