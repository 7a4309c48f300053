"""Linear prediction from inputs with zeros for missing values: population risks from the second moments of the mask."""

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.masks import ZeroImputation


@simulates(ZeroImputation, cost=lambda d: 3e-5 + 2e-10 * d**3 + 1e-8 * d**2)
def zero_imputation(*, d: int, k: int, rho: float, s2: float, own: float, spread: float, missing: str,
                    trials: int, rng: Stream) -> dict[str, Array]:
    """Draws the law of the inputs, the target and some weights."""
    xp, F, c = rng.xp, rng.unit((trials, d, k)), rng.unit((trials, k))
    a, w = xp.exp(spread * rng.normal((trials, d))), rng.normal((trials, d))
    beta = (F @ xp.linalg.solve(xp.matrix_transpose(F) @ F, c[:, :, None]))[:, :, 0] / a
    eye = xp.eye(d, dtype=a.dtype, device=rng.machine.place)
    moments = ((1 - own) * (F @ xp.matrix_transpose(F)) + own * eye) * a[:, :, None] * a[:, None, :]
    seen, both = chances(d, rho, missing, rng)
    target = (moments @ beta[:, :, None])[:, :, 0]
    power = xp.sum(beta * target, axis=1)

    def risk(weights: Array, observed: Array, pairs: Array) -> Array:
        """E(y − θ·x̃)², from E y², E y x̃ and E x̃x̃ᵀ."""
        square = xp.sum(weights * ((moments * pairs) @ weights[:, :, None])[:, :, 0], axis=1)
        return s2 + power - 2 * xp.sum(weights * observed * target, axis=1) + square

    cross = seen * target
    best = xp.linalg.solve(moments * both, cross[:, :, None])[:, :, 0]
    scale = d * xp.max(xp.abs(moments), axis=(1, 2)) * (xp.sum(w**2, axis=1) / rho**2 + xp.sum(beta**2, axis=1)) + s2
    return {
        "F": F, "a": a, "beta": beta, "c": c, "imputed": risk(w / rho, seen, both), "unscaled": risk(w, seen, both),
        "full": risk(w, xp.ones_like(seen), xp.ones_like(both)),
        "penalty": xp.sum(w**2 * xp.linalg.diagonal(moments), axis=1),
        "bias": risk(best, seen, both) - s2, "b2": xp.sum(beta**2, axis=1),
        "rounding": 100 * xp.finfo(a.dtype).eps * scale,
    }


def chances(d: int, rho: float, missing: str, rng: Stream) -> tuple[Array, Array]:
    """Probabilities that coordinate i is observed, and that i and j are.   Shapes: -> (d,), (d, d)."""
    xp = rng.xp
    each = rng.asarray([rho**2 if missing == "unequal" and i % 2 else rho for i in range(d)])
    eye = xp.eye(d, dtype=each.dtype, device=rng.machine.place)
    if missing == "together":
        return each, rho * xp.ones_like(eye)
    return each, (1 - eye) * each[:, None] * each + eye * each
