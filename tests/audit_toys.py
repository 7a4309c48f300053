"""Models with known curvature, and data, for audits."""

from typing import Any

import numpy as np
import torch
from torch import nn

N, D = 12, 4


def half(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return ((outputs - targets) ** 2).sum(dim=-1).mean() / 2


def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(N, D))


def linear(outputs: int = 1) -> tuple[nn.Module, Any, tuple[np.ndarray, np.ndarray]]:
    """Fitted least squares, whose Hessian is (1/n) Σ xᵢxᵢᵀ for each output."""
    model = nn.Linear(D, outputs, bias=False)
    nn.init.zeros_(model.weight)
    return nn.Sequential(model), half, (rows(), np.zeros((N, outputs)))


def model_with(*parts: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(D, 6), *parts, nn.Linear(6, 1))


X, Y = rows(), np.zeros((N, 1))
