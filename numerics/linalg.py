"""Batched linear algebra, neutral to the array library."""

import functools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from threadpoolctl import ThreadpoolController

from numerics.arrays import Array, device_of, namespace
from theory.errors import BadInput

PROBES = 4


@contextmanager
def single_thread() -> Iterator[None]:
    """One thread for BLAS, OpenMP and Torch (if imported before): linear algebra changes bits with threads."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else 0
    with _pools(len(sys.modules)).limit(limits=1):
        if torch:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(before)


@functools.lru_cache(maxsize=1)
def _pools(imported: int) -> ThreadpoolController:
    """Thread pools of the loaded libraries; looking for them takes 2 ms, so only when something was imported since."""
    return ThreadpoolController()


def ridge_fit(features: Array, targets: Array, *, penalty: float) -> Array:
    """Minimiser of ‖y − Xw‖² + n·penalty·‖w‖² for every data set of the batch; least norm at penalty 0.

    Solves with the smaller Gram matrix, whose relative error is about ε·condition; where that exceeds √ε,
    rank-deficient data included, the singular value decomposition takes its place.

    Shapes: features (batch, n, p), targets (batch, n) -> weights (batch, p).
    """
    _refuse_negative(penalty)
    xp = namespace(features, targets)
    try:
        weights, condition = _gram_fit(features, targets, penalty)
    except (np.linalg.LinAlgError, RuntimeError):  # a Gram matrix is singular to the last bit
        return ridge_path(features, targets, penalties=[penalty])[..., 0, :]
    sure = condition < xp.finfo(features.dtype).eps ** -0.5
    if xp.all(sure):
        return weights
    return xp.where(sure[..., None], weights, ridge_path(features, targets, penalties=[penalty])[..., 0, :])


def ridge_path(features: Array, targets: Array, *, penalties: Sequence[float]) -> Array:
    """`ridge_fit` at several penalties from one singular value decomposition; any conditioning, any rank.

    Shapes: features (batch, n, p), targets (batch, n), penalties (k,) -> weights (batch, k, p).
    """
    _refuse_negative(*penalties)
    xp, (n, p) = namespace(features, targets), features.shape[-2:]
    left, values, right = xp.linalg.svd(features, full_matrices=False)
    negligible = max(n, p) * xp.finfo(features.dtype).eps * values[..., :1]
    kept = values > negligible
    values = xp.where(kept, values, xp.ones_like(values))[..., None, :]
    added = xp.asarray(n * np.asarray(penalties), dtype=features.dtype, device=device_of(features))[:, None]
    shrunk = xp.where(kept[..., None, :], values / (values**2 + added), xp.zeros_like(values))
    rotated = xp.matrix_transpose(left) @ targets[..., None]
    return (shrunk * xp.matrix_transpose(rotated)) @ right


def growing_ridge_fits(features: Array, targets: Array, *, added: float) -> Array:
    """Minimisers of ‖y − Xw‖² + added·‖w‖² on the first k samples, k = 1 … n, by updates of rank one.

    With P = (XᵀX + added·I)⁻¹ a sample x, y moves w by Px(y − x·w)/(1 + xᵀPx), and P by a matrix of rank one (Sherman
    and Morrison): p² each, where a fit anew takes p³. Relative rounding: about n·ε·‖X‖²/added.

    Shapes: features (batch, n, p), targets (batch, n) -> weights (batch, n, p).   Raises BadInput for added <= 0.
    """
    if not added > 0:
        raise BadInput(f"growing ridge fits at {added}: an update needs a matrix that is regular before the first "
                       "sample; give added > 0")
    xp, (batch, n, p) = namespace(features, targets), features.shape
    eye = xp.eye(p, dtype=features.dtype, device=device_of(features))
    P, w, found = xp.broadcast_to(eye / added, (batch, p, p)), 0.0 * features[:, 0, :], []
    for k in range(n):
        x = features[:, k, :]
        image = (P @ x[..., None])[..., 0]
        gain = image / (1 + xp.sum(x * image, axis=-1, keepdims=True))
        w = w + gain * (targets[:, k] - xp.sum(x * w, axis=-1))[:, None]
        P = P - gain[..., :, None] * image[..., None, :]
        found.append(w)
    return xp.stack(found, axis=1)


def singular_values(matrices: Array) -> Array:
    """Singular values of each matrix, largest first.   Shapes: (batch, n, p) -> (batch, min(n, p))."""
    return namespace(matrices).linalg.svdvals(matrices)


def _gram_fit(features: Array, targets: Array, penalty: float) -> tuple[Array, Array]:
    """Weights, and an estimate of the condition number of the Gram matrix that gave them."""
    xp, (n, p) = namespace(features, targets), features.shape[-2:]
    transposed, targets = xp.matrix_transpose(features), targets[..., None]
    few = p <= n
    gram = transposed @ features if few else features @ transposed
    gram = gram + n * penalty * xp.eye(min(n, p), dtype=features.dtype, device=device_of(features))
    solved, condition = _solve(gram, transposed @ targets if few else targets)
    return (solved if few else transposed @ solved)[..., 0], condition


def _solve(matrices: Array, column: Array) -> tuple[Array, Array]:
    """Solution of each system, and ‖A‖·max ‖A⁻¹v‖/‖v‖ over a few random signs v.

    The second estimates the condition number within a factor of about √m, and costs no further factorisation.
    """
    xp, m = namespace(matrices, column), matrices.shape[-1]
    signs = np.random.Generator(np.random.Philox(key=m)).choice([-1.0, 1.0], size=(m, PROBES))
    probes = xp.asarray(signs, dtype=matrices.dtype, device=device_of(matrices))
    probes = xp.broadcast_to(probes, (*matrices.shape[:-2], m, PROBES))
    solved = xp.linalg.solve(matrices, xp.concat([column, probes], axis=-1))
    growth = xp.max(xp.linalg.vector_norm(solved[..., 1:], axis=-2), axis=-1) / m**0.5
    return solved[..., :1], growth * xp.linalg.matrix_norm(matrices)


def _refuse_negative(*penalties: float) -> None:
    if not all(penalty >= 0 for penalty in penalties):
        raise BadInput(f"ridge penalty {min(penalties)} is negative; the minimiser exists for penalty >= 0")
