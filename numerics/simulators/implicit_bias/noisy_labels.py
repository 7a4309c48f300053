"""Two Gaussian clouds with flipped labels: the law of the first gradient direction, and training to the end."""

import numpy as np

from numerics.arrays import Array
from numerics.networks.models import Linear
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.engine import Stopping, train
from numerics.training.losses import LOGISTIC
from numerics.training.optimisers import GradientDescent
from theory.settings.implicit_bias.noisy_labels import NoisyMixture, NoisyTraining

ETA = 2.0


@simulates(NoisyMixture, cost=lambda n, p: 2e-8 * (3 * p + 2 * n), block=256)
def noisy_mixture(*, n: int, p: int, sig: float, f: float, trials: int, rng: Stream) -> dict[str, Array]:
    """w = ā·v + (sig/√n)·g exactly, as y z is standard normal; ā is the mean of label times true label."""
    xp = rng.xp
    signs = 1 - 2 * xp.astype(rng.uniform((trials, n)) < f, rng.machine.dtype)
    g = rng.normal((trials, p))
    first = xp.mean(signs, axis=1) + sig / n**0.5 * g[:, 0]
    size = xp.sqrt(first**2 + sig**2 / n * xp.sum(g[:, 1:] ** 2, axis=1))
    return {"accuracy": below(first / (sig * size), rng), "kept": kept(signs, rng.normal((trials, p)), sig, rng)}


def kept(signs: Array, g: Array, sig: float, rng: Stream) -> Array:
    """Chance over one flipped sample's own noise that its true label wins, given the other samples.

    With ζ the sample's noise times its label, and u the rest of w, its margin is (v − sig·ζ)·(u + (sig/n)·ζ), a
    quadratic in the part of ζ along u, which is integrated; the rest of ζ is drawn.
    """
    xp, (trials, n), p = rng.xp, signs.shape, g.shape[1]
    mean = (xp.sum(signs[:, 1:], axis=1) - 1) / n
    along_v = mean + sig * (n - 1) ** 0.5 / n * g[:, 0]
    size = xp.sqrt(along_v**2 + sig**2 * (n - 1) / n**2 * xp.sum(g[:, 1:] ** 2, axis=1))
    cosine = along_v / size
    own = rng.normal((trials, p - 1))
    square, h = sig**2 / n, own[:, 0]
    slope = sig * size - sig / n * cosine
    level = along_v + sig / n * h * xp.sqrt(1 - cosine**2) - square * xp.sum(own**2, axis=1)
    root = slope**2 + 4 * square * level
    reach = xp.sqrt(xp.where(root > 0, root, 0.0 * root))
    between = below(2 * level / (slope + reach), rng) - below(-(slope + reach) / (2 * square), rng)
    return xp.where(root > 0, between, 0.0 * root)


def below(x: Array, rng: Stream) -> Array:
    """The standard normal distribution function, on the host."""
    from scipy.special import ndtr

    return rng.asarray(ndtr(rng.machine.to_host(x)))


@simulates(NoisyTraining, cost=lambda steps: 2e-3 + 1e-5 * steps, block=64)
def noisy_training(*, n: int, p: int, sig: float, f: float, steps: int, trials: int, rng: Stream) -> dict[str, Array]:
    """Descent stays in the span of the samples, so each batch is turned into coordinates of that span."""
    xp, ones = rng.xp, rng.asarray(np.ones((trials, n)))
    true, signs = rng.signs((trials, n)), 1 - 2 * xp.astype(rng.uniform((trials, n)) < f, rng.machine.dtype)
    x = sig * rng.normal((trials, n, p))
    x = xp.concat([x[:, :, :1] + true[:, :, None], x[:, :, 1:]], axis=2)
    labels = true * signs
    basis, coordinates = xp.linalg.qr(xp.matrix_transpose(x), mode="reduced")
    inputs, v = xp.matrix_transpose(coordinates), basis[:, 0, :]  # v is the first unit vector
    start, accuracies, w = 0.0 * v, [], 0.0 * v
    for some in (1, steps):
        (w,) = train(Linear(), (start,), inputs, labels, GradientDescent(ETA), Stopping(some, stride=some),
                     rng.child("training", some), loss=LOGISTIC).parameters
        cosine = xp.sum(w * v, axis=1) / xp.linalg.vector_norm(w, axis=1)
        accuracies.append(below(cosine / sig, rng))
    won = xp.sum(inputs * w[:, None, :], axis=2) * true > 0
    flipped = signs < 0
    return {"labels": labels, "first": accuracies[0], "late": accuracies[1],
            "kept": xp.mean(xp.where(won & flipped, ones, 0.0 * ones), axis=1)}
