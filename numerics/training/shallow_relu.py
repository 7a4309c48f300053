"""Networks with one hidden layer of ReLUs and a penalty on their weights, trained many at once.

The loss has kinks where a neuron turns on at a sample, and its least points often lie on them. So phases alternate:
Adam on all weights; Adam along the kinks on which neurons have come to lie; and neurons that are idle, or do the work
of another, start afresh. What is reported is the loss of the network at the end, whatever the way to it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from numerics.arrays import Array, device_of, namespace
from numerics.streams import Stream

Weights: TypeAlias = tuple[Array, Array]

BETA1, BETA2, EPS = 0.8, 0.9, 1e-12  # short memories: a kink turns a gradient at once
FIRST, LATER, ALONG = 0.1, 0.01, 0.03  # learning rates at the begin of a phase
END, LAST = 1e-4, 1e-8  # and at its end, and at the end of all
STEPS, REST, FINAL = 400, 150, 600  # of the first phase, of each later one, of the last
ROUNDS = 4  # in which neurons start afresh
ON_KINK = 1e-3  # |cosine| of a neuron and a sample
SAME = 1e-8  # 1 − cosine of two neurons that are one
IDLE = 1e-4  # share of a network's size
START, AFRESH = 0.7, 0.15  # size of weights
NEAR_KINKS, OFF_KINK = 0.7, 0.02  # share of fresh neurons that start near a kink, and how near


@dataclass(frozen=True)
class PenalisedFit:
    """½‖P(Σⱼ relu(X wⱼ)vⱼ − y)‖² + (beta/2)·Σⱼ (Σ_k charged_k·w_jk² + vⱼ²) of every model.

    P projects on what is orthogonal to `free`, orthonormal columns: features that are fitted at no price.
    Shapes: inputs (B, n, D), targets (B, n), charged (D,), free (B, n, s) or None; weights are W (B, m, D), v (B, m).
    """

    inputs: Array
    targets: Array
    beta: float
    charged: Array
    free: Array | None = None

    @cached_property
    def turned(self) -> Array:
        """Xᵀ of every model, in one piece of memory, which products are quicker with."""
        return namespace(self.inputs).matrix_transpose(self.inputs) + 0.0

    def residual(self, weights: Weights, off: Array | None = None) -> tuple[Array, Array]:
        """P(f − y), and what the neurons give; `off`: pairs (B, m, n) that lie on a kink have 0 there, the others 1."""
        xp, (W, v) = namespace(self.inputs), weights
        given = xp.clip(W @ self.turned, min=0.0)
        given = given if off is None else given * off
        rest = (v[:, None, :] @ given)[:, 0, :] - self.targets
        if self.free is not None:
            rest = rest - (self.free @ (rest[:, None, :] @ self.free)[:, 0, :, None])[..., 0]
        return rest, given

    def penalty(self, weights: Weights) -> Array:
        """½ Σⱼ (Σ_k charged_k·w_jk² + vⱼ²).   Shapes: -> (B,)."""
        xp, (W, v) = namespace(self.inputs), weights
        return (xp.sum(self.charged * W**2, axis=(1, 2)) + xp.sum(v**2, axis=1)) / 2

    def value(self, weights: Weights) -> Array:
        """The loss.   Shapes: -> (B,)."""
        rest, _ = self.residual(weights)
        return namespace(rest).sum(rest**2, axis=1) / 2 + self.beta * self.penalty(weights)

    def gradient(self, weights: Weights, off: Array | None = None) -> Weights:
        """Of the loss."""
        xp, (W, v) = namespace(self.inputs), weights
        rest, given = self.residual(weights, off)
        pull = xp.astype(given > 0, rest.dtype) @ (rest[..., None] * self.inputs)
        return v[..., None] * pull + self.beta * self.charged * W, (given @ rest[..., None])[..., 0] + self.beta * v


@dataclass(frozen=True)
class Kinks:
    """Where neurons lie on kinks: `off` is 0 at such pairs and 1 elsewhere, `along` projects on the kinks of a neuron.

    Shapes: off (B, m, n), along (B, m, D, D).
    """

    off: Array
    along: Array

    def projected(self, W: Array) -> Array:
        """along·w for every neuron, by products with large matrices, which are quicker than many small ones."""
        xp, (B, m, D) = namespace(W), W.shape
        eye, one = xp.eye(D, dtype=W.dtype, device=device_of(W)), xp.ones((D, 1), dtype=W.dtype, device=device_of(W))
        copied = xp.reshape(W, (B * m, D)) @ xp.tile(eye, (1, D))
        summed = xp.reshape(copied * xp.reshape(self.along, (B * m, D * D)), (B * m * D, D)) @ one
        return xp.reshape(summed, (B, m, D))


def trained(fit: PenalisedFit, width: int, rng: Stream) -> Weights:
    """Weights after all phases, from normal ones."""
    B, _, D = fit.inputs.shape
    begin = START * rng.normal((B, width, D)), START * rng.normal((B, width))
    weights = along_kinks(fit, descend(fit, begin, STEPS, FIRST, END), END)
    for _ in range(ROUNDS):
        weights = descend(fit, afresh(fit, weights, rng), REST, LATER, END)
        weights = along_kinks(fit, weights, END)
    return along_kinks(fit, gathered(fit, weights), LAST, FINAL)


def descend(fit: PenalisedFit, weights: Weights, steps: int, first: float, last: float,
            kinks: Kinks | None = None) -> Weights:
    """Adam, its rate falling geometrically; a neuron's weights share their second moment: axes do not matter."""
    xp, (W, v), (B, m, D) = namespace(fit.inputs), weights, weights[0].shape
    mean_W, mean_v, square_W, square_v = 0 * W, 0 * v, 0 * v, 0 * v
    one = xp.ones((D, 1), dtype=W.dtype, device=device_of(W))
    for t in range(1, steps + 1):
        slope_W, slope_v = fit.gradient((W, v), kinks.off if kinks else None)
        slope_W = kinks.projected(slope_W) if kinks else slope_W
        mean_W, mean_v = (BETA1 * mean + (1 - BETA1) * g for mean, g in ((mean_W, slope_W), (mean_v, slope_v)))
        square_W = BETA2 * square_W + (1 - BETA2) * xp.reshape(xp.reshape(slope_W**2, (B * m, D)) @ one, (B, m))
        square_v = BETA2 * square_v + (1 - BETA2) * slope_v**2
        rate = first * (last / first) ** (t / steps) * (1 - BETA2**t) ** 0.5 / (1 - BETA1**t)
        W = W - (rate / (xp.sqrt(square_W) + EPS))[..., None] * mean_W
        v = v - rate / (xp.sqrt(square_v) + EPS) * mean_v
    return W, v


def along_kinks(fit: PenalisedFit, weights: Weights, last: float, steps: int = REST) -> Weights:
    """Neurons that are within ON_KINK of kinks are put on them, and stay there."""
    xp, (W, v), X = namespace(fit.inputs), weights, fit.inputs
    sizes = xp.linalg.vector_norm(W, axis=-1)[..., None] * xp.linalg.vector_norm(X, axis=-1)[:, None, :]
    on = xp.astype(xp.abs(W @ fit.turned) < ON_KINK * sizes, X.dtype)
    unit = X / xp.linalg.vector_norm(X, axis=-1, keepdims=True)
    gram = xp.matrix_transpose(on[..., None] * unit[:, None, :, :]) @ unit[:, None, :, :]
    values, vectors = xp.linalg.eigh(gram)
    kept = xp.astype(values < 1e-6, X.dtype)
    kinks = Kinks(1 - on, (vectors * kept[..., None, :]) @ xp.matrix_transpose(vectors))
    return descend(fit, (kinks.projected(W), v), steps, ALONG, last, kinks)


def gathered(fit: PenalisedFit, weights: Weights) -> Weights:
    """Neurons of one direction become one, and all are balanced; those that are left over, and idle ones, become 0."""
    xp, (W, v) = namespace(fit.inputs), weights
    tiny = float(xp.finfo(W.dtype).smallest_normal) ** 0.5
    U = W / (xp.linalg.vector_norm(W, axis=-1, keepdims=True) + tiny)
    size = v * xp.sqrt(xp.sum(fit.charged * W**2, axis=-1))
    of_group = xp.where(U @ xp.matrix_transpose(U) > 1 - SAME, size[:, None, :], 0 * size[:, None, :])
    total, largest = xp.sum(of_group, axis=-1), xp.max(xp.abs(of_group), axis=-1)
    kept = (xp.abs(size) >= largest) & (xp.abs(total) > IDLE * xp.sum(xp.abs(size), axis=1)[:, None])
    root = xp.where(kept, xp.sqrt(xp.abs(total)), 0 * total)
    charged = xp.sqrt(xp.sum(fit.charged * U**2, axis=-1)) + tiny
    return (root / charged)[..., None] * U, xp.sign(total) * root


def interpolating(fit: PenalisedFit, weights: Weights) -> Weights:
    """v moved by the least Σ (δvⱼ)²/vⱼ² that leaves no residual; then neurons are balanced. Fits with `free` alone."""
    xp, (W, v), Q = namespace(fit.inputs), weights, fit.free
    rest, given = fit.residual(weights)
    hinges = xp.matrix_transpose(given) * v[:, None, :]
    hinges = hinges - Q @ (xp.matrix_transpose(Q) @ hinges)
    gram = hinges @ xp.matrix_transpose(hinges)
    eye = xp.eye(gram.shape[-1], dtype=v.dtype, device=device_of(v))
    least = xp.finfo(v.dtype).eps * (1 + xp.max(xp.abs(gram), axis=(1, 2)))[:, None, None]
    v = v * (1 - (xp.matrix_transpose(hinges) @ xp.linalg.solve(
        gram + Q @ xp.matrix_transpose(Q) + least * eye, rest[..., None]))[..., 0])
    length = xp.sqrt(xp.sum(fit.charged * W**2, axis=-1))
    ratio = xp.sqrt(xp.abs(v) / xp.where(length > 0, length, xp.ones_like(length)))
    return ratio[..., None] * W, v / xp.where(ratio > 0, ratio, xp.ones_like(ratio))


def afresh(fit: PenalisedFit, weights: Weights, rng: Stream) -> Weights:
    """`gathered`, and neurons that are 0 are drawn again."""
    xp, (W, v) = namespace(fit.inputs), gathered(fit, weights)
    new, signs = AFRESH * directions(fit, W.shape[1], rng), AFRESH * rng.signs(v.shape)
    return xp.where((v == 0)[..., None], new, W), xp.where(v == 0, signs, v)


def directions(fit: PenalisedFit, width: int, rng: Stream) -> Array:
    """Directions of neurons: most near the kink of a sample, the others anywhere.   Shapes: -> (B, width, D)."""
    xp, (B, n, D) = rng.xp, fit.inputs.shape
    anywhere, pick = rng.unit((B, width, D)), rng.integers(n, (B, width))
    index = xp.broadcast_to(pick[..., None], (B, width, D))
    sample = xp.take_along_axis(fit.inputs, index, axis=1)
    sample = sample / xp.linalg.vector_norm(sample, axis=-1, keepdims=True)
    near = anywhere - xp.sum(anywhere * sample, axis=-1, keepdims=True) * sample
    near = near / xp.linalg.vector_norm(near, axis=-1, keepdims=True) + OFF_KINK * rng.normal((B, width, D))
    return xp.where(rng.uniform((B, width))[..., None] < NEAR_KINKS, near, anywhere)


def best(fit: PenalisedFit, weights: Weights, starts: int) -> tuple[Weights, Array]:
    """The best of every `starts` models in a row, and its loss.   Shapes: (trials·starts, …) -> (trials, …)."""
    xp, value = namespace(fit.inputs), fit.value(weights)
    trials = value.shape[0] // starts
    least = xp.argmin(xp.reshape(value, (trials, starts)), axis=1)
    chosen = least + starts * xp.arange(trials, device=device_of(least))
    W, v = (xp.take(part, chosen, axis=0) for part in weights)
    return (W, v), xp.take(value, chosen, axis=0)
