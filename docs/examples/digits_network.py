"""A claim on a Torch network and real data: where gradient descent settles, the sharpness is at most 2/η.

A trial draws images, labels them by the flip of a coin, starts a network afresh and trains it, one network at a time.

    proofs-check check digits_network.py --workers 2
"""

from sklearn.datasets import load_digits

from numerics.data import subsample
from numerics.simulator import simulates
from theory import Bound, Claim, Curve, Data, Event, Observable, Real, Setting, Size, Source, Wrong


def digits():
    """The pixels, between 0 and 1."""
    return {"X": load_digits().data / 16}


class DigitNetwork(Setting):
    """A two-layer tanh network that learns random labels of n digits by full-batch gradient descent."""

    n = Size(typical=(4, 8))
    eta = Real(above=0, typical=(0.1, 0.3))
    data = Data(digits, X=("images", "pixels"))
    sharpness = Observable("λ_max of the Hessian of (1/2n) Σ (f(x) − y)² at the end", certificate="error")
    error = Observable("how far above the measured sharpness λ_max may lie")
    settled = Event("gradient norm below 1e-8")


S = DigitNetwork


@simulates(DigitNetwork, batched=False, backends=("numpy",), cost=0.1, block=24)
def digit_network(*, n, eta, data, rng):
    """Draws, labels, starts, trains; then the curvature of the model as `audit` measures it."""
    import torch

    from numerics.curvature.closed import curvature
    from numerics.curvature.examining import examine
    from numerics.curvature.lanczos import largest

    x = torch.tensor(subsample(data, n, rng)["X"])
    y = torch.tensor(rng.signs((n, 1)))
    model = torch.nn.Sequential(torch.nn.Linear(64, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)).double()
    for one in model.parameters():  # from rng, not from Torch's own: only then is a trial replayable
        one.data = torch.tensor(rng.normal(tuple(one.shape))) / one.shape[-1] ** 0.5

    def loss(outputs, targets):
        return (outputs - targets).square().mean() / 2

    for _ in range(3000):
        slopes = torch.autograd.grad(loss(model(x), y), [*model.parameters()])
        steepness = sum(slope.square().sum() for slope in slopes) ** 0.5
        if steepness < 1e-8 or not steepness.isfinite():
            break
        for one, slope in zip(model.parameters(), slopes, strict=True):
            one.data -= eta * slope
    if not steepness.isfinite():  # diverged: a trial that does not count
        return {"sharpness": 0.0, "error": 0.0, "settled": False}
    problem = examine(model, loss, (x, y))
    top = largest(curvature(problem).hessian, torch.tensor(rng.normal((1, problem.size))), rounding=1e-12, rtol=1e-4)
    return {"sharpness": top.value[0], "error": top.high[0] - top.value[0], "settled": bool(steepness < 1e-8)}


claims = [
    Claim(
        S, S.sharpness, 2 / S.eta, Bound("<=", excluded=0.2),
        title="Where gradient descent settles, the sharpness is at most 2/η",
        entry="digits_network",
        source=Source("Cohen, Kaur, Li, Kolter, Talwalkar: Gradient descent on neural networks typically occurs at "
                      "the edge of stability"),
        status="empirical",
        given=S.settled,
        points=[{S.n: 6, S.eta: "0.2"}, {S.n: 6, S.eta: "0.3"}],
        wrong=[Wrong("a tenth of the bound", prediction=S.eta**-1 / 5)],
        figure=Curve(S.eta, ("0.1", "0.2", "0.3"), fixing={S.n: 6}, label="learning rate"),
    ),
]
