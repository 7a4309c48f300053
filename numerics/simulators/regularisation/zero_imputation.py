"""Linear prediction from inputs with zeros for missing values: population risks from the second moments of the mask."""

from dataclasses import dataclass

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.masks import ZeroImputation


@dataclass(frozen=True)
class Moments:
    """The second moments UUᵀ + diag(own), never formed.   Shapes: factors (trials, d, k), own (trials, d)."""

    factors: Array
    own: Array

    def times(self, v: Array) -> Array:
        """Shapes: (trials, d) -> (trials, d)."""
        return (self.factors @ (transposed(self.factors) @ v[:, :, None]))[:, :, 0] + self.own * v

    def diagonal(self) -> Array:
        return namespace(self.own).sum(self.factors**2, axis=2) + self.own

    def solve(self, v: Array) -> Array:
        """The solution by k × k systems; without own parts that of least norm, v among the factors' combinations."""
        xp, U = namespace(v), self.factors
        if not xp.any(self.own > 0):
            gram = transposed(U) @ U
            return (U @ xp.linalg.solve(gram, xp.linalg.solve(gram, transposed(U) @ v[:, :, None])))[:, :, 0]
        scaled = U / self.own[:, :, None]
        inner = xp.eye(U.shape[2], dtype=U.dtype, device=U.device) + transposed(U) @ scaled
        return v / self.own - (scaled @ xp.linalg.solve(inner, transposed(scaled) @ v[:, :, None]))[:, :, 0]

    def observed(self, each: Array, rho: float, missing: str) -> "Moments":
        """Those of the inputs with zeros: entries times the chance that both are observed."""
        if missing == "together":
            return Moments(rho**0.5 * self.factors, rho * self.own)
        return Moments(each[:, None] * self.factors, each * self.diagonal() - each**2 * (self.diagonal() - self.own))


def transposed(matrices: Array) -> Array:
    return namespace(matrices).matrix_transpose(matrices)


@simulates(ZeroImputation, cost=lambda d, k: 1e-5 + 1e-7 * d * k)
def zero_imputation(*, d: int, k: int, rho: float, s2: float, own: float, spread: float, missing: str,
                    trials: int, rng: Stream) -> dict[str, Array]:
    """Draws the law of the inputs, the target and some weights."""
    xp, F, c = rng.xp, rng.unit((trials, d, k)), rng.unit((trials, k))
    a, w = xp.exp(spread * rng.normal((trials, d))), rng.normal((trials, d))
    beta = (F @ xp.linalg.solve(xp.matrix_transpose(F) @ F, c[:, :, None]))[:, :, 0] / a
    moments = Moments((1 - own) ** 0.5 * a[:, :, None] * F, own * a**2)
    each = rng.asarray([rho**2 if missing == "unequal" and i % 2 else rho for i in range(d)])
    imputed = moments.observed(each, rho, missing)
    target = moments.times(beta)
    power = xp.sum(beta * target, axis=1)

    def risk(weights: Array, seen: Array, pairs: Moments) -> Array:
        """E(y − θ·x̃)², from E y², E y x̃ and E x̃x̃ᵀ."""
        return s2 + power - 2 * xp.sum(weights * seen * target, axis=1) + xp.sum(weights * pairs.times(weights), axis=1)

    best, diagonal = imputed.solve(each * target), moments.diagonal()
    scale = d * xp.max(diagonal, axis=1) * (xp.sum(w**2, axis=1) / rho**2 + xp.sum(beta**2, axis=1)) + s2
    return {
        "F": F, "a": a, "beta": beta, "c": c, "imputed": risk(w / rho, each, imputed),
        "unscaled": risk(w, each, imputed), "full": risk(w, xp.ones_like(each), moments),
        "penalty": xp.sum(w**2 * diagonal, axis=1), "bias": risk(best, each, imputed) - s2,
        "b2": xp.sum(beta**2, axis=1), "rounding": 100 * xp.finfo(a.dtype).eps * scale,
    }
