"""The gradient of a two-layer ReLU network at random weights and fresh inputs."""

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.stability.networks import ReluNetwork

SCALE = 1.6
PAIRS = 32


@simulates(ReluNetwork, cost=1e-4)
def relu_network(*, m: int, d: int, law: str, trials: int, rng: Stream) -> dict[str, Array]:
    """Draws weights and inputs; ∂f/∂wⱼ = vⱼ 1{wⱼ·x > 0} x and ∂f/∂vⱼ = relu(wⱼ·x), summed over parameters as they are.

    Each x comes with −x, which keeps the law and leaves no neuron silent on both.   Shapes: -> (trials,) each.
    """
    xp = rng.xp
    hidden = SCALE / d**0.5 * rng.normal((trials, m, d))
    out = SCALE / m**0.5 * rng.normal((trials, m))
    inputs = rng.normal((trials, PAIRS, d)) if law == "gaussian" else d**0.5 * rng.unit((trials, PAIRS, d))
    inputs = xp.concat([inputs, -inputs], axis=1)
    active = inputs @ xp.matrix_transpose(hidden)
    to_out = xp.sum(xp.where(active > 0, active, xp.zeros_like(active)) ** 2, axis=-1)
    length = xp.sum(inputs**2, axis=-1)
    to_hidden = length * xp.sum(xp.where(active > 0, (out**2)[:, None, :], xp.zeros_like(active)), axis=-1)
    norms = xp.sqrt(xp.sum(hidden**2, axis=-1))
    return {
        "w2": xp.sum(norms**2, axis=-1),
        "v2": xp.sum(out**2, axis=-1),
        "path_norm": xp.sum(xp.abs(out) * norms, axis=-1),
        "gradient": xp.mean(to_out + to_hidden, axis=-1),
    }
