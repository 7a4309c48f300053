"""256 small networks trained: seconds of one core, by a loop with torch.optim, by vmap, and by the engine, in one run.

Two-layer tanh networks (32 neurons, 10 features, 64 samples), 100 steps in single precision. The loop trains 8 of the
networks and is scaled up. Medians of core seconds over rounds in which every way has its turn; `--threads 2` takes the
least wall-clock times on so many threads instead, which other work on the machine disturbs least.

    python -m benchmarks.training
    OMP_WAIT_POLICY=passive python -m benchmarks.training --threads 2
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import nn

from numerics.arrays import Machine
from numerics.networks.activations import TANH
from numerics.networks.models import two_layer
from numerics.streams import stream
from numerics.training.engine import Batches, Stopping, train
from numerics.training.optimisers import Adam, GradientDescent, Optimiser

COUNT, LOOPED, N, D, M, STEPS, ROUNDS = 256, 8, 64, 10, 32, 100, 7
CASES: list[tuple[str, Optimiser, int | None]] = [
    ("gradient descent", GradientDescent(0.05), None),
    ("SGD, batch 8", GradientDescent(0.05), 8),
    ("SGD, batch 1", GradientDescent(0.05), 1),
    ("Adam", Adam(0.01), None),
]
Start = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def start() -> Start:
    """W, v, inputs and targets of all networks."""
    torch.manual_seed(0)
    W, v = torch.randn(COUNT, M, D) / D**0.5, torch.randn(COUNT, 1, M) / M**0.5
    return W, v, torch.randn(COUNT, N, D), torch.randn(COUNT, N)


def by_engine(given: Start, optimiser: Optimiser, batch: int | None, backend: str) -> None:
    """All networks at once."""
    machine = Machine(backend, precision="float32")
    W, v, x, y = (machine.asarray(part.numpy()) for part in given)
    train(two_layer(TANH), (W, v), x, y, optimiser, Stopping(STEPS, STEPS), stream(machine, "bench", seed=0),
          batches=Batches(batch))  # fmt: skip


def by_loop(given: Start, optimiser: Optimiser, batch: int | None) -> None:
    """One network after the other."""
    for W, v, x, y in zip(*(part[:LOOPED] for part in given), strict=True):
        network = nn.Sequential(nn.Linear(D, M, bias=False), nn.Tanh(), nn.Linear(M, 1, bias=False))
        network[0].weight.data, network[2].weight.data = W.clone(), v.clone()
        make = torch.optim.Adam if isinstance(optimiser, Adam) else torch.optim.SGD
        steps = make(network.parameters(), lr=optimiser.eta)  # type: ignore[attr-defined]
        for _ in range(STEPS):
            picks = slice(None) if batch is None else torch.randint(N, (batch,))
            steps.zero_grad()
            (((network(x[picks])[:, 0] - y[picks]) ** 2).mean() / 2).backward()
            steps.step()


def by_vmap(given: Start, optimiser: Optimiser, batch: int | None) -> None:
    """All networks at once, gradients by vmap(grad), updates by torch.optim on the stacked weights."""
    def loss(W: torch.Tensor, v: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return ((torch.tanh(x @ W.T) @ v.T)[:, 0] - y).square().mean() / 2

    slopes = torch.func.vmap(torch.func.grad(loss, (0, 1)))
    W, v = (nn.Parameter(part.clone()) for part in given[:2])
    make = torch.optim.Adam if isinstance(optimiser, Adam) else torch.optim.SGD
    steps = make([W, v], lr=optimiser.eta)  # type: ignore[attr-defined]
    x, y = given[2:]
    for _ in range(STEPS):
        if batch is not None:
            picks = torch.randint(N, (COUNT, batch))
            x, y = given[2].take_along_dim(picks[..., None], 1), given[3].take_along_dim(picks, 1)
        W.grad, v.grad = slopes(W.detach(), v.detach(), x, y)
        steps.step()


def seconds(ways: Sequence[Callable[[], None]], threads: int | None) -> list[float]:
    """Of every way, after a first round."""
    clock, taken = time.perf_counter if threads else time.process_time, []
    for _ in range(ROUNDS + 1):
        row = []
        for way in ways:
            began = clock()
            way()
            row.append(clock() - began)
        taken.append(row)
    return (np.min if threads else np.median)(taken[1:], axis=0).tolist()


def table(threads: int | None) -> str:
    """Markdown, with ratios to the faster of our backends."""
    torch.set_num_threads(threads or 1)
    given = start()
    lines = ["| | engine, torch | engine, NumPy | loop | vmap | loop / engine | vmap / engine |", "|---" * 7 + "|"]
    for name, optimiser, batch in CASES:
        ways = [partial(by_engine, given, optimiser, batch, on) for on in ("torch", "numpy")]
        ways += [partial(by_loop, given, optimiser, batch), partial(by_vmap, given, optimiser, batch)]
        *ours, loop, vmap = seconds(ways, threads)
        loop, best = loop * COUNT / LOOPED, min(ours)
        figures = f"{ours[0]:.3f} | {ours[1]:.3f} | {loop:.2f} | {vmap:.3f} | {loop / best:.0f} | {vmap / best:.2f}"
        lines.append(f"| {name} | {figures} |")
        print(lines[-1], file=sys.stderr, flush=True)
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=None)
    print(table(parser.parse_args().threads))
