"""How cost grows with n, p, width, steps and trials: measured slopes of core seconds beside the expected ones.

    python -m benchmarks.growth
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from numerics.arrays import Machine
from numerics.linalg import single_thread
from numerics.networks.activations import TANH
from numerics.networks.models import two_layer
from numerics.regression import ridge_risks
from numerics.streams import stream
from numerics.training.engine import Batches, Stopping, train
from numerics.training.optimisers import GradientDescent

ROUNDS = 3


@dataclass(frozen=True)
class Growth:
    """What grows, and the exponent that the count of operations says for large sizes."""

    what: str
    sizes: tuple[int, ...]
    expected: float
    work: Callable[[int], object]


def path(n: int, p: int, trials: int, coloured: bool = False) -> object:
    """A path of five penalties of as many designs."""
    rng = np.random.default_rng(0)
    spectrum = np.linspace(1, 2, p) if coloured else None
    return ridge_risks(rng.normal(size=(trials, n, p)), np.ones((1, p)), penalties=[0.1, 0.3, 1, 3, 10],
                       spectrum=spectrum)  # fmt: skip


def trained(width: int, count: int, steps: int) -> object:
    """Two-layer networks by gradient descent on 64 samples of 10 features."""
    rng = stream(Machine(), "growth", seed=0)
    W, v = rng.normal((count, width, 10)) / 10**0.5, rng.normal((count, 1, width)) / width**0.5
    x, y = rng.normal((count, 64, 10)), rng.normal((count, 64))
    return train(two_layer(TANH), (W, v), x, y, GradientDescent(0.02), Stopping(steps, steps), rng,
                 batches=Batches(None))  # fmt: skip


CASES = [
    Growth("ridge path, features p, n = 32", (128, 256, 512, 1024), 1, lambda p: path(32, p, 64)),
    Growth("ridge path, samples n, p = 2n", (64, 128, 256, 512), 3, lambda n: path(n, 2 * n, 8)),
    Growth("ridge path, any covariance, samples n, p = 2n", (64, 128, 256, 512), 3, lambda n: path(n, 2 * n, 8, True)),
    Growth("ridge path, trials, n = 32, p = 64", (64, 256, 1024, 4096), 1, lambda trials: path(32, 64, trials)),
    Growth("trained networks, width, 32 of them", (64, 256, 1024), 1, lambda width: trained(width, 32, 20)),
    Growth("trained networks, their number, width 32", (64, 256, 1024), 1, lambda count: trained(32, count, 20)),
    Growth("trained networks, steps, 64 of them", (50, 100, 200, 400), 1, lambda steps: trained(32, 64, steps)),
]


def seconds(work: Callable[[], object]) -> float:
    """The least core seconds of some rounds after a first one."""
    work()
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def table() -> Iterator[str]:
    """Markdown: the slope over the whole range, and between the two largest sizes."""
    yield "| what grows | from, to | seconds | slope, whole range | slope, last two | expected |"
    yield "|---" * 6 + "|"
    with single_thread():
        for case in CASES:
            taken = [seconds(lambda case=case, size=size: case.work(size)) for size in case.sizes]
            logs = np.log(case.sizes), np.log(taken)
            whole = np.polyfit(*logs, 1)[0]
            last = np.diff(logs[1])[-1] / np.diff(logs[0])[-1]
            ends = f"{case.sizes[0]:,}, {case.sizes[-1]:,} | {taken[0]:.2g}, {taken[-1]:.2g}"
            yield f"| {case.what} | {ends} | {whole:.2f} | {last:.2f} | {case.expected:g} |"


if __name__ == "__main__":
    print(*table(), sep="\n")
