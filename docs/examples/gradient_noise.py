"""Three statements on gradient noise and the batch size; the third is wrong on purpose, so `check` exits with 1.

    proofs-check check gradient_noise.py
"""

from numerics.simulator import simulates
from theory import Choice, Claim, Curve, Equality, Observable, Real, Setting, Size, Source, Wrong


class NoisyStep(Setting):
    """One step of SGD on L(w) = (1/2N) Σ (aᵢ·w − yᵢ)² at a random w; N samples, d features of unequal scale.

    A batch of B samples is drawn with or without replacement. G and Σ are mean and covariance of the gradients of
    single samples, H is the Hessian.
    """

    N = Size(at_least=2, typical=(16, 64))
    d = Size(typical=(2, 10))
    B = Size(typical=(2, 16))
    eta = Real(above=0, typical=(0.05, 0.3))
    sampling = Choice("with", "without")
    loss = Observable("L before the step")
    loss_after = Observable("L after the step")
    G2 = Observable("‖G‖²")
    GHG = Observable("Gᵀ H G")
    trace = Observable("tr Σ")
    trace_H = Observable("tr HΣ")
    batch_G2 = Observable("‖gradient of the batch‖²")


S = NoisyStep


@simulates(NoisyStep, cost=1e-4)
def noisy_step(*, N, d, B, eta, sampling, trials, rng):
    """Draws data, weights and a batch, and takes the step."""
    xp = rng.xp
    scales = xp.linspace(0.2, 1.5, d)
    A = rng.normal((trials, N, d)) * scales
    w, y = rng.normal((trials, d, 1)), rng.normal((trials, N, 1))

    def loss(weights):
        return xp.mean((A @ weights - y)[..., 0] ** 2, axis=1) / 2

    gradients = A * (A @ w - y)  # of each sample
    mean = xp.mean(gradients, axis=1)
    noise = gradients - mean[:, None, :]
    picks = rng.integers(N, (trials, B)) if sampling == "with" else rng.permutation(N, trials)[:, :B]
    batch = xp.mean(xp.take_along_axis(gradients, picks[..., None], axis=1), axis=1)
    return {
        "loss": loss(w),
        "loss_after": loss(w - eta * batch[..., None]),
        "G2": xp.sum(mean**2, axis=1),
        "GHG": xp.mean((A @ mean[..., None])[..., 0] ** 2, axis=1),
        "trace": xp.mean(xp.sum(noise**2, axis=2), axis=1),
        "trace_H": xp.mean(xp.mean((noise @ xp.matrix_transpose(A)) ** 2, axis=2), axis=1),
        "batch_G2": xp.sum(batch**2, axis=1),
    }


PAPER = {
    "entry": "gradient_noise",
    "source": Source("McCandlish, Kaplan, Amodei: An empirical model of large-batch training, 2018"),
}

claims = [
    Claim(
        S, S.batch_G2, S.G2 + S.trace / S.B, Equality(),
        title="Squared length of a batch gradient",
        fixing={S.sampling: "with"},
        wrong=[Wrong("covariance over the root of B", prediction=S.G2 + S.trace / S.B**0.5)],
        **PAPER,
    ),
    Claim(
        S, S.loss_after, S.loss - S.eta * S.G2 + S.eta**2 / 2 * (S.GHG + S.trace_H / S.B), Equality(),
        quantity="step",
        title="Loss after a step of SGD on a quadratic",
        fixing={S.sampling: "with"},
        wrong=[Wrong("noise not divided by B", at=[{S.N: 32, S.d: 8, S.B: 16, S.eta: 0.3}],
                     prediction=S.loss - S.eta * S.G2 + S.eta**2 / 2 * (S.GHG + S.trace_H))],
        figure=Curve(S.B, (1, 2, 4, 8, 16), fixing={S.N: 32, S.d: 8, S.eta: 0.3}, label="batch size"),
        **PAPER,
    ),
    Claim(
        S, S.batch_G2, S.G2 + S.trace / S.B, Equality(),
        quantity="shuffled",
        title="Wrong on purpose: the same for batches of a shuffled epoch",
        status="doubtful",
        assuming=[S.B <= S.N],
        fixing={S.sampling: "without"},
        **PAPER,
    ),
]
