"""My bound on a trained Torch model and my own data: one model at a time, nothing batched.

    proofs-check check my_net.py
    proofs-check plot my_net.py --out my_net.pdf
    pytest --claims my_net.py
"""

import numpy as np

from numerics.simulator import simulates
from theory import Bound, Claim, Curve, Data, Event, Observable, Real, Setting, Source, Wrong


def my_data():
    """Inputs X (samples, features) and targets y. Put your own here, or declare Data("my_data.npz")."""
    rng = np.random.default_rng(7)
    X = rng.normal(size=(12, 6))
    return {"X": X, "y": np.tanh(X @ rng.normal(size=6))}


class TrainedNetwork(Setting):
    """A small Torch network trained by full-batch gradient descent on my data, from a random start in every trial."""

    eta = Real(above=0, typical=(0.05, 0.2))
    data = Data(my_data)
    sharpness = Observable("λ_max of the Hessian of the loss (1/2n) Σ (f(x) − y)² at the end")
    settled = Event("gradient norm below 1e-2")


S = TrainedNetwork


@simulates(TrainedNetwork, batched=False, backends=("numpy",), cost=0.2, block=24)
def trained_network(*, eta, data, rng):
    """Trains one network and takes the Hessian by automatic differentiation."""
    import torch

    X, y = torch.tensor(data["X"]), torch.tensor(data["y"])
    sizes = [(8, X.shape[1]), (1, 8)]
    weights = torch.cat([torch.tensor(rng.normal(size)).flatten() / size[1] ** 0.5 for size in sizes]).requires_grad_()

    def loss(w):
        hidden, out = (part.reshape(size) for part, size in zip(w.split([a * b for a, b in sizes]), sizes, strict=True))
        return ((torch.tanh(X @ hidden.T) @ out.T).squeeze(1) - y).square().mean() / 2

    for _ in range(500):
        (gradient,) = torch.autograd.grad(loss(weights), weights)
        if gradient.norm() < 1e-2:
            break
        with torch.no_grad():
            weights -= eta * gradient
    hessian = torch.autograd.functional.hessian(loss, weights.detach())
    return {"sharpness": float(torch.linalg.eigvalsh(hessian)[-1]), "settled": bool(gradient.norm() < 1e-2)}


claims = [
    Claim(
        S, S.sharpness, 2 / S.eta, Bound("<=", excluded=0.1),
        title="Where gradient descent settles, the sharpness is at most 2/η",
        entry="my_net",
        source=Source("my notes"),
        status="empirical",
        given=S.settled,
        points=[{S.eta: "0.1"}],
        wrong=[Wrong("a hundredth of the bound", prediction=S.eta**-1 / 50)],
        figure=Curve(S.eta, ("0.05", "0.1", "0.2"), label="learning rate"),
    ),
]
