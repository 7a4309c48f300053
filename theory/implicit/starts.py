"""Candidates for the solutions of a system, in float64: damped iteration, then Newton from many places at once."""

import numpy as np

from theory.evaluation.vectorise import as_float
from theory.implicit.root import Root
from theory.implicit.system import System

STARTS, FEW = 96, 4
ITERATED = 60  # damped steps of x ← x − F(x)/2, which find the fixed point x = f(x) where f is monotone
NEWTON = 80
FARTHEST = 2.0  # of one step: a factor e² for positive unknowns, twice its size otherwise
SETTLED = 1e-9
SAME = 1e-7
MOST = 24
ELEMENTS = 2_000_000  # starts × modes at once


def candidates(system: System, only: bool = False) -> list[np.ndarray]:
    """Different places where Newton's iteration settles, inside the brackets.   Shapes: (d,) each.

    `only`: there is at most one, so a few starts are tried before many.
    """
    starts = _starts(system, np.random.default_rng(0))
    with np.errstate(all="ignore"):
        first = _settled(system, starts[:FEW]) if only else np.empty((0, starts.shape[1]))
    if len(first):
        return [first[0]]
    with np.errstate(all="ignore"):
        settled = _settled(system, np.concatenate([starts, _damped(system, starts)]))
    found: list[np.ndarray] = []
    for place in settled:
        if not any(np.all(np.abs(place - other) <= SAME * np.abs(other) + 1e-300) for other in found):
            found.append(place)
    return found[:MOST]


def _starts(system: System, rng: np.random.Generator) -> np.ndarray:
    """Random places, half of them at the sizes that the parameters have, half anywhere in the brackets."""
    modes = max((np.size(as_float(value)) for value in system.read), default=1)
    count = max(16, min(STARTS, ELEMENTS // modes))
    return np.stack([_column(system, i, count, rng) for i in range(len(system.roots))], axis=1)


def _column(system: System, index: int, count: int, rng: np.random.Generator) -> np.ndarray:
    root = system.roots[index]
    low, high = root.interval
    near = np.abs(np.concatenate([np.ravel(as_float(value)) for value in system.read] or [np.ones(1)]))
    near = near[near > 0] if np.any(near > 0) else np.ones(1)
    ends = np.log(np.clip([min(near.min(), 1e-2) / 100, max(near.max(), 1e2) * 100], 1e-60, 1e60))
    sizes = np.exp(rng.uniform(*ends, size=count))
    if root.positive:
        whole = np.exp(rng.uniform(np.log(low), np.log(high), size=count))
        sizes = np.where((sizes > low) & (sizes < high), sizes, whole)
        return np.where(np.arange(count) % 4 == 3, whole, sizes)
    if system.complex:
        angle = rng.uniform(0, 2 * np.pi, size=count)
        angle = np.where(np.arange(count) % 2, np.abs(np.sin(angle)) * np.pi, angle)
        return (sizes if root.bracket is None else np.clip(sizes, max(low, 0), high)) * np.exp(1j * angle)
    if high - low < 1e6:
        return rng.uniform(low, high, size=count)
    return np.clip(sizes * rng.choice([-1, 1], size=count), low, high)


def _damped(system: System, starts: np.ndarray) -> np.ndarray:
    places = starts[: max(8, len(starts) // 4)]
    for _ in range(ITERATED):
        values, _ = system.floats(places)
        moved = places - values / 2
        places = np.where(np.isfinite(moved), moved, places)
    return _within(system, places)


def _within(system: System, places: np.ndarray) -> np.ndarray:
    """Positive unknowns kept positive."""
    columns = [
        np.clip(np.real(places[:, i]), *root.interval) if root.positive and not root.complex else places[:, i]
        for i, root in enumerate(system.roots)
    ]
    return np.stack(columns, axis=1)


def _settled(system: System, places: np.ndarray) -> np.ndarray:
    """Newton's iteration, in the logarithms of positive unknowns; only what settles inside the brackets is kept."""
    logarithmic = np.array([root.positive and not root.complex for root in system.roots])
    done = np.zeros(len(places), dtype=bool)
    for _ in range(NEWTON):
        values, slopes = system.floats(places)
        scale = np.where(logarithmic, places, np.where(np.abs(places) > 0, np.abs(places), 1.0))
        steps = -_solved(slopes * scale[:, None, :], values)
        size = np.max(np.abs(steps), axis=1)
        steps = steps * np.minimum(1, FARTHEST / np.maximum(size, 1e-300))[:, None]
        moved = np.where(logarithmic, places * np.exp(np.where(logarithmic, np.real(steps), 0)), places + steps * scale)
        good = np.all(np.isfinite(moved), axis=1)
        places = np.where(good[:, None], moved, places)
        done = good & (size < SETTLED)
        if np.all(done | ~good):
            break
    inside = np.all([_inside(root, places[:, i]) for i, root in enumerate(system.roots)], axis=0)
    return places[done & inside]


def _inside(root: Root, column: np.ndarray) -> np.ndarray:
    low, high = root.interval
    if root.complex:
        return (np.abs(column) >= max(low, 0)) & (np.abs(column) <= high)
    return (np.real(column) >= low) & (np.real(column) <= high)


def _solved(matrices: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The solutions of many small linear equations; not finite where a matrix is singular or not finite."""
    usable = np.all(np.isfinite(matrices), axis=(1, 2)) & np.all(np.isfinite(values), axis=1)
    size = np.max(np.abs(matrices), axis=2, keepdims=True)
    size = np.where(size > 0, size, 1)
    safe = np.where(usable[:, None, None], matrices / size, np.eye(matrices.shape[1]))
    singular = np.abs(np.linalg.det(safe)) == 0
    safe = np.where(singular[:, None, None], np.eye(matrices.shape[1]), safe)
    found = np.linalg.solve(safe, np.where(usable[:, None], values / size[:, :, 0], 0)[:, :, None])[:, :, 0]
    return np.where((usable & ~singular)[:, None], found, np.nan)
