"""Logistic regression of separable data along the gradient flow, in logarithmic time."""

from numerics.arrays import Array, namespace
from numerics.networks.models import Linear
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.losses import LOGISTIC
from numerics.training.many_flows import Velocity, certified
from theory.settings.implicit_bias.logistic import LOG_TIMES, SeparableLogistic


@simulates(SeparableLogistic, cost=5e-3, block=512)
def separable_logistic(*, n: int, d: int, support: int, margin: float, gap: float, log_time: int, loss: str,
                       trials: int, rng: Stream) -> dict[str, Array]:
    """Data of their own, from 0."""
    xp, z = rng.xp, margin * separable(n, d, support, gap, trials, rng)
    times = sorted({*LOG_TIMES, log_time, 2 * log_time})
    begin = 0.0 * z[:, 0, :]
    flow = certified(velocity_of(z, loss), begin, [float(s) for s in times], atol=1e-10)
    found = dict(zip(times, flow, strict=True))
    (now, error), (later, later_error) = found[log_time], found[2 * log_time]
    size, longest = xp.linalg.vector_norm(now, axis=1), xp.max(xp.linalg.vector_norm(z, axis=2), axis=1)
    far = error * d**0.5
    scaled = xp.exp(float(log_time) + xp.log(value(now, z, loss)))
    gaps = [margin - xp.min(xp.sum(z * w[:, None, :], axis=2), axis=1) / xp.linalg.vector_norm(w, axis=1)
            for w in (now, later)]
    return {
        "z": z, "path": xp.stack([found[s][0] for s in LOG_TIMES], axis=1),
        "path_error": xp.max(xp.stack([found[s][1] for s in LOG_TIMES]), axis=0),
        "advance": (later - now) / log_time, "advance_error": (far + later_error) / log_time,
        "scaled_loss": scaled, "loss_error": scaled * xp.expm1(longest * far),
        "pace": (xp.linalg.vector_norm(later, axis=1) - size) / log_time,
        "gap_ratio": gaps[1] / gaps[0], "gap_error": 4 * longest * (far + later_error * d**0.5) / size / gaps[0],
    }


def separable(n: int, d: int, support: int, gap: float, trials: int, rng: Stream) -> Array:
    """Samples z_i of margin 1.   Shapes: -> (trials, n, d)."""
    xp = rng.xp
    basis = xp.linalg.qr(rng.normal((trials, d, d)))[0]  # its first column is e
    e, others = basis[:, None, :, 0], xp.matrix_transpose(basis[:, :, 1:])
    q, weights = others[:, : support - 1, :], 0.7 + 0.6 * rng.uniform((trials, support))
    last = -xp.sum(weights[:, :-1, None] * q, axis=1, keepdims=True) / weights[:, -1:, None]
    heights = gap + rng.exponential((trials, n - support, 1))
    around = rng.normal((trials, n - support, d - 1)) @ others
    return xp.concat([e + 2 * q, e + 2 * last, heights * e + 2 * around], axis=1)


def velocity_of(z: Array, loss: str) -> Velocity:
    """dw/ds = −eˢ ∇L for s = log(1 + t)."""
    xp, ones, model = namespace(z), z[:, :, 0] * 0.0 + 1.0, Linear()

    def velocity(s: Array, w: Array) -> Array:
        f, pull = model.forward((w,), z)
        return -xp.exp(s)[:, None] * pull(LOGISTIC.slope(f, ones))[0] * (z.shape[1] if loss == "sum" else 1)

    return velocity


def value(w: Array, z: Array, loss: str) -> Array:
    """L.   Shapes: (B, d), (B, n, d) -> (B,)."""
    found = LOGISTIC.value(Linear().forward((w,), z)[0], z[:, :, 0] * 0.0 + 1.0)
    return found * (z.shape[1] if loss == "sum" else 1)
