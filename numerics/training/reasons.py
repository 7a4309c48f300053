"""Why training stopped: the words, and their numbers in samples."""

from typing import Any

import numpy as np

from numerics.arrays import Array, namespace

REASONS = ("steps spent", "small loss", "small gradient", "diverged")
SPENT, SMALL_LOSS, SMALL_GRADIENT, DIVERGED = range(4)


def by_loss(loss: Array, small: float) -> Array:
    """The number of each model's reason, where a small loss ends its training.   Shapes: (B,) -> (B,)."""
    xp = namespace(loss)
    number = xp.where(loss < small, xp.full_like(loss, float(SMALL_LOSS)), xp.full_like(loss, float(SPENT)))
    return xp.astype(xp.where(xp.isfinite(loss), number, xp.full_like(loss, float(DIVERGED))), xp.int64)


def numbered(stopped: Any) -> np.ndarray | None:
    """Words or numbers of REASONS as numbers; None where something else is among them."""
    found = np.asarray(stopped)
    if found.dtype.kind == "U":
        places = [REASONS.index(word) if word in REASONS else -1 for word in found.ravel()]
        found = np.array(places).reshape(found.shape)
    fine = found.dtype.kind in "iu" and np.all((found >= 0) & (found < len(REASONS)))
    return found.astype(np.int64) if fine else None


def counted(stopped: np.ndarray) -> dict[str, int]:
    """How many trials stopped for each reason that occurs."""
    counts = np.bincount(stopped, minlength=len(REASONS))
    return {word: int(count) for word, count in zip(REASONS, counts, strict=True) if count}
