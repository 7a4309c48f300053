"""Convolutions as dense matrices, and the penalty on their kernels' correlations."""

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from theory.settings.regularisation.matrices import ConvolutionKernel


@simulates(ConvolutionKernel, cost=lambda M, C, N: 1e-5 + 2e-9 * M * (M + C) * M * N**3)
def convolution_kernel(*, M: int, C: int, k: int, N: int, spread: float, padding: str,
                       trials: int, rng: Stream) -> dict[str, Array]:
    """Draws kernels."""
    xp, noise = rng.xp, rng.normal((trials, M, C, k)) * spread / (C * k) ** 0.5
    basis = xp.linalg.qr(rng.normal((trials, max(M, C), max(M, C))))[0][:, :M, :C]
    kernel = xp.concat([basis[:, :, :, None] + noise[:, :, :, :1], noise[:, :, :, 1:]], axis=3)
    matrix = unfolded(kernel, N, padding, rng)
    values = xp.linalg.svdvals(matrix)
    apart, longer = deviation(matrix, rng), deviation(unfolded(kernel, 2 * N, padding, rng), rng)
    bottom = values[:, M * N - 1] ** 2 if M <= C else 0.0 * values[:, 0]
    return {
        "penalty": penalty(kernel, rng), "orthonormal": penalty(basis[:, :, :, None], rng),
        "frobenius": xp.sum(apart**2, axis=(1, 2)),
        "spectral": spectral(apart), "doubled": spectral(longer), "top": values[:, 0] ** 2, "bottom": bottom,
        "rounding": 20 * xp.finfo(matrix.dtype).eps * M * N * (1 + values[:, 0] ** 2) ** 2,
    }


def unfolded(kernel: Array, N: int, padding: str, rng: Stream) -> Array:
    """The matrix of the convolution.   Shapes: (trials, M, C, k) -> (trials, M·N, C·N)."""
    xp, (trials, M, C, k) = namespace(kernel), kernel.shape
    total = xp.zeros((trials, M, N, C, N), dtype=kernel.dtype, device=rng.machine.place)
    for t in range(k):
        places = [[float((i + t) % N == j if padding == "circular" else i + t == j) for j in range(N)]
                  for i in range(N)]
        total = total + kernel[:, :, None, :, None, t] * rng.asarray(places)[None, None, :, None, :]
    return xp.reshape(total, (trials, M * N, C * N))


def deviation(matrix: Array, rng: Stream) -> Array:
    """AAᵀ − I."""
    xp = namespace(matrix)
    gram = matrix @ xp.matrix_transpose(matrix)
    return gram - xp.eye(gram.shape[-1], dtype=gram.dtype, device=rng.machine.place)


def spectral(symmetric: Array) -> Array:
    """Norm of each symmetric matrix."""
    xp = namespace(symmetric)
    return xp.max(xp.abs(xp.linalg.eigvalsh(symmetric)), axis=1)


def penalty(kernel: Array, rng: Stream) -> Array:
    """Squares of all correlations between output channels, the one at lag 0 of each with itself less 1."""
    xp, (_, M, _, k) = namespace(kernel), kernel.shape
    total = 0.0 * kernel[:, 0, 0, 0]
    for lag in range(1 - k, k):
        first, second = kernel[:, :, :, max(0, -lag): k - max(0, lag)], kernel[:, :, :, max(0, lag): k + min(0, lag)]
        both = xp.sum(first[:, :, None, :, :] * second[:, None, :, :, :], axis=(3, 4))
        wanted = float(lag == 0) * xp.eye(M, dtype=kernel.dtype, device=rng.machine.place)
        total = total + xp.sum((both - wanted) ** 2, axis=(1, 2))
    return total
