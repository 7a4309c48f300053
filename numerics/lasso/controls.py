"""Controls: numbers of a draw whose mean is 0 at every size, by Gaussian integration by parts.

Where the rows of X are normal of covariance S/n, E Σᵢⱼ (XS⁻¹)ᵢⱼ·fᵢⱼ = E Σᵢⱼ ∂fᵢⱼ/∂xᵢⱼ / n for every f(X) that is smooth
but for kinks (Stein). The LASSO fit is: with A its support, s its signs, M = (X_AᵀX_A)⁻¹ (0 off A), w = fit − signal
and r the residual, ∂fit_k/∂xᵢⱼ = M_kj·rᵢ − (XM)ᵢ_k·wⱼ. So every fᵢⱼ = rᵢ·φ(fitⱼ, xⱼ·r) makes a control; and what the
LASSO does to a coordinate is almost a function of its fitⱼ and xⱼ·r, which a few φ nearly span.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from numerics.arrays import Array, device_of, namespace
from numerics.lasso.fit import aligned, restricted, times


@dataclass(frozen=True)
class Fitted:
    """Designs, signals, noise of variance s2 and the fits at lam; S has 1 on its diagonal and c elsewhere.

    Shapes: features (batch, n, p), signal, fit (batch, p), noise (batch, n).
    """

    features: Array
    signal: Array
    noise: Array
    fit: Array
    s2: float
    c: float
    lam: float

    @cached_property
    def wrong(self) -> Array:
        return self.fit - self.signal

    @property
    def labels(self) -> Array:
        return self.noise + times(self.features, self.signal)

    @cached_property
    def residual(self) -> Array:
        return self.noise - times(self.features, self.wrong)

    @cached_property
    def pulls(self) -> Array:
        """xⱼ·r.   Shapes: -> (batch, p)."""
        return aligned(self.features, self.residual)

    @cached_property
    def mask(self) -> Array:
        return namespace(self.fit).astype(self.fit != 0, self.fit.dtype)

    @cached_property
    def gram(self) -> Array:
        return namespace(self.fit).matrix_transpose(self.features) @ self.features

    @cached_property
    def inverse(self) -> Array:
        """M.   Shapes: -> (batch, p, p)."""
        inverted = namespace(self.fit).linalg.inv(restricted(self.gram, self.mask))
        return inverted * self.mask[:, None, :] * self.mask[..., None]

    @cached_property
    def along_signs(self) -> Array:
        """Ms.   Shapes: -> (batch, p)."""
        return times(self.inverse, namespace(self.fit).sign(self.fit))

    @cached_property
    def sizes(self) -> tuple[int, int]:
        return self.features.shape[1], self.features.shape[2]

    def unmixed(self, pulls: Array) -> Array:
        """S⁻¹v.   Shapes: (batch, p) -> (batch, p)."""
        xp, (_, p), c = namespace(pulls), self.sizes, self.c
        return (pulls - c / (1 - c + c * p) * xp.sum(pulls, axis=-1)[:, None]) / (1 - c)


def controls(of: Fitted) -> Array:
    """Fourteen controls of mean 0, per coordinate.   Shapes: -> (batch, 14)."""
    xp, (_, p) = namespace(of.fit), of.sizes
    return xp.stack([*of_noise(of), *of_coordinates(of)], axis=-1) / p


def of_noise(of: Fitted) -> Iterator[Array]:
    """From f = r and f = ε in the noise, and from fᵢⱼ = εᵢ·wⱼ in the design."""
    xp, (n, _) = namespace(of.fit), of.sizes
    left = xp.sum(of.noise * of.residual, axis=-1)
    felt = aligned(of.features, of.noise)
    trace = xp.linalg.trace(of.inverse)
    turned = xp.sum(of.wrong * times(of.inverse, felt), axis=-1)
    yield left - of.s2 * (n - xp.sum(of.mask, axis=-1))
    yield xp.sum(of.noise**2, axis=-1) - of.s2 * n
    yield xp.sum(of.unmixed(felt) * of.wrong, axis=-1) - (left * trace - turned) / n


def of_coordinates(of: Fitted) -> Iterator[Array]:
    """From fᵢⱼ = rᵢ·φ: each φ on the coordinates with a signal, turned so that it is positive, and on the others."""
    xp, lam = namespace(of.fit), of.lam
    steady, by_fit, by_pull = moved(of)
    spike = of.signal != 0
    turn = xp.where(spike, xp.sign(of.signal), xp.ones_like(of.signal))
    for phi, in_fit, in_pull, odd in shapes(turn * of.fit / lam, turn * of.pulls / lam):
        parts = turn * phi * steady - (in_fit * by_fit + in_pull * by_pull) / lam
        yield xp.sum(xp.where(spike, parts, xp.zeros_like(parts)), axis=-1)
        if odd:  # where there is no signal an even φ tells nothing
            yield xp.sum(xp.where(spike, xp.zeros_like(parts), parts), axis=-1)


def shapes(f: Array, g: Array) -> Iterator[tuple[Array, Array, Array, bool]]:
    """φ(f, g), ∂φ/∂f, ∂φ/∂g and whether φ is odd."""
    one, none = f * 0 + 1, f * 0
    yield one, none, none, False
    yield g**2, none, 2 * g, False
    yield f, one, none, True
    yield f / (4 + f**2), (4 - f**2) / (4 + f**2) ** 2, none, True
    yield abs(f), namespace(f).sign(f), none, False
    yield g, none, one, True
    yield g**3, none, 3 * g**2, True


def moved(of: Fitted) -> tuple[Array, Array, Array]:
    """Coefficients of φ, ∂φ/∂fit and ∂φ/∂(x·r) in the control of rᵢ·φ(fitⱼ, xⱼ·r).

    They are (S⁻¹Xᵀr)ⱼ less Σᵢ ∂rᵢ/∂xᵢⱼ / n, and Σᵢ rᵢ·∂fitⱼ/∂xᵢⱼ / n, Σᵢ rᵢ·∂(xⱼ·r)/∂xᵢⱼ / n; Xᵀr is lam·s on the
    support, where xⱼ·r does not move.   Shapes: -> three of (batch, p).
    """
    xp, lam, (n, _) = namespace(of.fit), of.lam, of.sizes
    freedom = n - xp.sum(of.mask, axis=-1)[:, None]
    square = xp.sum(of.residual**2, axis=-1)[:, None]
    steady = of.unmixed(of.pulls) + (freedom * of.wrong + lam * of.along_signs) / n
    diagonal = xp.sum(of.inverse * xp.eye(of.fit.shape[-1], dtype=of.fit.dtype, device=device_of(of.fit)), axis=-1)
    by_fit = (diagonal * square - lam * of.wrong * of.along_signs) / n
    pushed = lam * times(of.gram, of.along_signs) - of.pulls
    by_pull = (1 - of.mask) * (square + of.wrong * pushed) / n
    return steady, by_fit, by_pull


def steepness(of: Fitted) -> Array:
    """Bound of what a control, per coordinate, changes by for each unit of ‖Δfit‖ while support and signs stay.

    Term by term with ‖Δr‖ ≤ ‖G‖^½·‖Δfit‖ and ‖Δ(Xᵀr)‖ ≤ ‖G‖·‖Δfit‖, G the Gram matrix; twice that, for second orders.
    Shapes: -> (batch,).
    """
    xp, lam, (n, p) = namespace(of.fit), of.lam, of.sizes
    size = xp.linalg.matrix_norm(of.gram)
    felt = aligned(of.features, of.noise)
    steady, by_fit, by_pull, residual, noise, fit, wrong, unmixed, turned, signs = (
        xp.linalg.vector_norm(array, axis=-1)
        for array in (*moved(of), of.residual, of.noise, of.fit, of.wrong, of.unmixed(felt),
                      times(of.inverse, felt), of.along_signs)
    )  # fmt: skip
    trace, near = xp.linalg.trace(of.inverse), xp.sqrt(size)
    shape = (1 + 3 * size) * steady / lam + (by_fit + 6 * size * by_pull) / lam**2
    inner = 2 * near * residual * (trace + 3 * p) + lam * signs * (1 + 3 * size) + 6 * size * wrong + 3 * lam * p**0.5
    outer = (p**0.5 + fit / lam) * (1 + size / (1 - of.c))
    of_noise = noise * near + unmixed + (noise * near * trace + turned) / n
    return 2 * (shape + outer + inner / (n * lam) + of_noise) / p


def coefficients(values: Array, of: Array) -> Array:
    """Those of the regression of values on controls; any would do, these leave the least variance.

    Shapes: values (pilots, k), of (pilots, controls) -> (controls, k).
    """
    xp = namespace(of)
    scale = xp.sqrt(xp.mean(of**2, axis=0))
    scale = xp.where(scale > 0, scale, xp.ones_like(scale))
    units = (of - xp.mean(of, axis=0)) / scale
    centred = values - xp.mean(values, axis=0)
    firm = units.shape[0] * float(xp.finfo(of.dtype).eps) ** 0.5  # controls that are 0 in every pilot
    normal = xp.matrix_transpose(units) @ units + firm * xp.eye(of.shape[1], dtype=of.dtype, device=device_of(of))
    return xp.linalg.solve(normal, xp.matrix_transpose(units) @ centred) / scale[:, None]
