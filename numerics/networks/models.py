"""Small models that are trained many at once. Each knows its outputs and pulls seeds back to its parameters.

Parameters are a tuple of arrays whose first axis counts models. `forward(parameters, x)` gives the outputs f and a
function that maps seeds s to Σᵢ sᵢ ∂f(xᵢ) for each parameter. Inputs have the model axis too, of length 1 if shared.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from numerics.arrays import Array, namespace
from numerics.networks import mlp
from numerics.networks.activations import IDENTITY, Activation

Parameters: TypeAlias = tuple[Array, ...]
Pulled: TypeAlias = tuple[Array, Callable[[Array], Parameters]]
CUT = -80.0  # e⁻⁸⁰ is lost beside 1 in any precision, and exp is slow where it underflows


class Model(Protocol):
    """What training needs of a model."""

    def forward(self, parameters: Parameters, x: Array) -> Pulled: ...


def norm(parts: Parameters) -> Array:
    """Euclidean norm of each model's parts together.   Shapes: -> (B,)."""
    xp = namespace(parts[0])
    return xp.sqrt(sum(xp.sum(xp.reshape(part, (part.shape[0], -1)) ** 2, axis=1) for part in parts))


def over(part: Array, scale: Array) -> Array:
    """A number of each model as a factor of its part."""
    return namespace(part).reshape(scale, (-1, *([1] * (part.ndim - 1))))


@dataclass(frozen=True)
class Linear:
    """f(x) = w·x.   Shapes: w (B, d), x (B, n, d) -> (B, n)."""

    def forward(self, parameters: Parameters, x: Array) -> Pulled:
        (w,) = parameters
        return _column(x @ w[..., None]), lambda seeds: (_applied(x, seeds),)


@dataclass(frozen=True)
class Normalised:
    """Another model at its parameters over their norm, that of all of them together: their scale does not matter."""

    model: Model

    def forward(self, parameters: Parameters, x: Array) -> Pulled:
        length, xp = norm(parameters), namespace(x)
        units = tuple(part / over(part, length) for part in parameters)
        f, pull = self.model.forward(units, x)

        def across(seeds: Array) -> Parameters:
            slopes = pull(seeds)
            pairs = list(zip(units, slopes, strict=True))
            along = sum(xp.sum(xp.reshape(u * g, (u.shape[0], -1)), axis=1) for u, g in pairs)
            return tuple((g - over(u, along) * u) / over(u, length) for u, g in pairs)

        return f, across


@dataclass(frozen=True)
class Diagonal:
    """f(x) = Σⱼ u_j v_j x_j, or Σⱼ (u_j² − v_j²) x_j when `squares`.   Shapes: u, v (B, d), x (B, n, d) -> (B, n)."""

    squares: bool = False

    def forward(self, parameters: Parameters, x: Array) -> Pulled:
        u, v = parameters
        w = u**2 - v**2 if self.squares else u * v

        def pull(seeds: Array) -> Parameters:
            slope = _applied(x, seeds)
            return (2 * u * slope, -2 * v * slope) if self.squares else (v * slope, u * slope)

        return _column(x @ w[..., None]), pull


@dataclass(frozen=True)
class DiagonalBesideLinear:
    """f(x) = Σⱼ (u_j² − v_j² + scale·q_j) x_j.   Shapes: u, v, q (B, d), x (B, n, d) -> (B, n)."""

    scale: float

    def forward(self, parameters: Parameters, x: Array) -> Pulled:
        u, v, q = parameters

        def pull(seeds: Array) -> Parameters:
            slope = _applied(x, seeds)
            return 2 * u * slope, -2 * v * slope, self.scale * slope

        return _column(x @ (u**2 - v**2 + self.scale * q)[..., None]), pull


@dataclass(frozen=True)
class Dense:
    """Dense layers with an activation after each: parameters W₁, b₁, W₂, … (no b where `biases` is False).

    Deep linear with identities, two-layer with one activation. One output is given without its axis.
    Shapes: W (B, out, in), b (B, out), x (B, n, d) -> (B, n) or (B, n, C).
    """

    activations: tuple[Activation, ...]
    biases: bool = False

    def forward(self, parameters: Parameters, x: Array) -> Pulled:
        run = mlp.forward(self.layers(parameters), self.activations, x)
        single = run.outputs.shape[-1] == 1

        def pull(seeds: Array) -> Parameters:
            deltas = mlp.backward(run, seeds[..., None] if single else seeds)
            return tuple(part for layer in mlp.gradients(run, deltas) for part in layer if part is not None)

        return (run.outputs[..., 0] if single else run.outputs), pull

    def layers(self, parameters: Parameters) -> list[mlp.Layer]:
        """The parameters as layers of numerics.networks.mlp, where their curvature is."""
        if not self.biases:
            return [(W, None) for W in parameters]
        return list(zip(parameters[::2], parameters[1::2], strict=True))


def two_layer(activation: Activation) -> Dense:
    """f(x) = Σⱼ vⱼ φ(wⱼ·x), parameters W (B, m, d) and v as (B, 1, m)."""
    return Dense((activation, IDENTITY))


@dataclass(frozen=True)
class Attention:
    """f(X, z) = Σ_t softmax(X W z)_t s_t with fixed scores s: one attention layer before a fixed head.

    `factored`: W = K Qᵀ with parameters K, Q (B, d, r). The input joins tokens X, query and scores, x = (X flat, z, s),
    along the features.   Shapes: W (B, d, d), x (B, n, T·d + d + T) -> (B, n).
    """

    tokens: int
    factored: bool = False

    def forward(self, parameters: Parameters, x: Array) -> Pulled:
        xp, (X, z, s) = namespace(x), _sequences(x, self.tokens)
        keys = parameters[0] @ xp.matrix_transpose(parameters[1]) if self.factored else parameters[0]
        logits = _column(X @ (z @ xp.matrix_transpose(keys))[..., None])
        weights = xp.exp(logits - xp.max(logits, axis=-1, keepdims=True))
        weights = weights / xp.sum(weights, axis=-1, keepdims=True)
        f = xp.sum(weights * s, axis=-1)

        def pull(seeds: Array) -> Parameters:
            pulls = weights * (s - f[..., None]) * seeds[..., None]
            slope = xp.matrix_transpose(_column(xp.matrix_transpose(X) @ pulls[..., None])) @ z
            if not self.factored:
                return (slope,)
            K, Q = parameters
            return slope @ Q, xp.matrix_transpose(slope) @ K

        return f, pull


@dataclass(frozen=True)
class SaturatedAttention:
    """`Attention`, not factored, whose gradients keep their digits where a softmax rounds to 0 and 1.

    The gradient of each model is known up to a positive factor, which does for optimisers that use its direction alone.
    The pulls of Σᵢ seedᵢ Σ_{t<u} a_it a_iu (s_it − s_iu) (x_it − x_iu) zᵢᵀ stay logarithms, but for sign and
    direction, until the largest one of the model is out.
    """

    tokens: int

    def forward(self, parameters: Parameters, x: Array) -> Pulled:
        (W,), xp, (X, z, s) = parameters, namespace(x), _sequences(x, self.tokens)
        logits = _column(X @ (z @ xp.matrix_transpose(W))[..., None])
        logits = logits - xp.max(logits, axis=-1, keepdims=True)
        log_a = logits - xp.log(xp.sum(xp.exp(logits), axis=-1, keepdims=True))

        def pull(seeds: Array) -> Parameters:
            gaps = (s[..., :, None] - s[..., None, :]) * seeds[..., None, None]
            sizes = log_a[..., :, None] + log_a[..., None, :] + xp.log(xp.where(gaps == 0, 1.0, xp.abs(gaps)))
            sizes = xp.where(gaps == 0, -xp.inf, sizes)
            largest = xp.max(sizes, axis=(1, 2, 3), keepdims=True)
            sizes = xp.clip(sizes - xp.where(largest > -xp.inf, largest, 0.0 * largest), min=CUT)
            force = xp.sum(xp.sign(gaps) * xp.exp(sizes), axis=-1)
            return (xp.matrix_transpose(_column(xp.matrix_transpose(X) @ force[..., None])) @ z,)

        return xp.sum(xp.exp(log_a) * s, axis=-1), pull


@dataclass(frozen=True)
class LinearAttention:
    """f(X, z) = uᵀ (XᵀX/T) W z: linear self-attention of a query z to tokens X; parameters u (B, d), W (B, d, d).

    The input joins X flat and z.   Shapes: x (B, n, T·d + d) -> (B, n).
    """

    tokens: int

    def forward(self, parameters: Parameters, x: Array) -> Pulled:
        (u, W), xp, T = parameters, namespace(x), self.tokens
        d = x.shape[-1] // (T + 1)
        X = xp.reshape(x[..., : T * d], (*x.shape[:-1], T, d))
        z = x[..., T * d :]
        moved = z @ xp.matrix_transpose(W)
        seen = _column(xp.matrix_transpose(X) @ (X @ moved[..., None])) / T
        f = xp.sum(seen * u[:, None, :], axis=-1)

        def pull(seeds: Array) -> Parameters:
            back = _column(xp.matrix_transpose(X) @ (X @ u[:, None, :, None])) / T * seeds[..., None]
            return _applied(seen, seeds), xp.matrix_transpose(back) @ z

        return f, pull


def _sequences(x: Array, T: int) -> tuple[Array, Array, Array]:
    """Tokens, query and scores of inputs of attention.   Shapes: -> (B, n, T, d), (B, n, d), (B, n, T)."""
    d = (x.shape[-1] - T) // (T + 1)
    X = namespace(x).reshape(x[..., : T * d], (*x.shape[:-1], T, d))
    return X, x[..., T * d : T * d + d], x[..., T * d + d :]


def _column(array: Array) -> Array:
    return array[..., 0]


def _applied(x: Array, seeds: Array) -> Array:
    """Σᵢ sᵢ xᵢ.   Shapes: x (B, n, d), seeds (B, n) -> (B, d)."""
    return (seeds[..., None, :] @ x)[..., 0, :]
