"""Audits of networks trained on scikit-learn's digits (8 × 8 pixels): a dense one and a small convolutional one.

    proofs-check audit digits_audit.py:squares
    proofs-check audit digits_audit.py:classes
    proofs-check audit digits_audit.py:convolutions
    python digits_audit.py               # the run of `squares` with an audit every 500 steps, into digits_audit.png
"""

import torch
from sklearn.datasets import load_digits
from torch import nn

from proofs_check import AuditTrail


def digits():
    """All 1,797 images as rows of 64 numbers in [0, 1], and their digits."""
    images, labels = load_digits(return_X_y=True)
    return torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels)


def descend(model, loss, data, *, eta, batch_size, steps, heard=lambda model, step: None):
    """Plain SGD with fresh batches."""
    inputs, targets = data
    for step in range(steps):
        heard(model, step)
        batch = torch.randperm(len(inputs))[:batch_size]
        value = loss(model(inputs[batch]), targets[batch])
        for parameter, slope in zip(model.parameters(), torch.autograd.grad(value, [*model.parameters()]), strict=True):
            parameter.data -= eta * slope
    return model


def half_mean_square(outputs, targets):
    """(1/2n) Σ (f − y)², so that the Hessian of a fitted network is the mean of the rows' outer products."""
    return ((outputs - targets) ** 2).mean() / 2


def parity():
    """Odd or even, as ±1, of 100 digits, and a network that can fit them."""
    torch.manual_seed(0)
    inputs, labels = digits()
    data = inputs[:100], (2 * (labels[:100] % 2) - 1).float()[:, None]
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
    for layer in (model[0], model[2]):
        layer.weight.data *= 1.5
    return model, half_mean_square, data


def squares():
    """A dense network fitted to parity by SGD with batches of one sample: every bound applies."""
    model, loss, data = parity()
    eta, batch_size = 0.1, 1
    return descend(model, loss, data, eta=eta, batch_size=batch_size, steps=12_000), loss, data, eta, batch_size


def classes():
    """A dense network that tells all ten digits apart by cross-entropy: only λ_max applies."""
    torch.manual_seed(0)
    model, loss, data = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)), nn.CrossEntropyLoss(), digits()
    return descend(model, loss, data, eta=0.2, batch_size=32, steps=1500), loss, data, 0.2, 32


def convolutions():
    """A convolutional network for the same, on 500 images."""
    torch.manual_seed(0)
    inputs, labels = digits()
    data = inputs[:500].reshape(-1, 1, 8, 8), labels[:500]
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64, 10),
    )  # fmt: skip
    loss, eta, batch_size = nn.CrossEntropyLoss(), 0.2, 32
    return descend(model, loss, data, eta=eta, batch_size=batch_size, steps=600), loss, data, eta, batch_size


if __name__ == "__main__":
    model, loss, data = parity()
    trail = AuditTrail(loss, data, eta=0.1, batch_size=1, every=500)
    descend(model, loss, data, eta=0.1, batch_size=1, steps=12_001, heard=trail)
    print(trail.text(), trail.plot("digits_audit.png"))
