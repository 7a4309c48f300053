"""Toys of limits: ladders with first and second terms, trajectories of a direction."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator

from proofs_check.calibration.laws import LAWS, Law
from proofs_check.calibration.toys import REFUTATION, SUPPORT, Abstract, Draw, Toy, Wrong, claim_of, measured
from proofs_check.statistics.evidence import Measured
from theory.relation import Asymptotic, Direction, Ladder

M = Abstract
TOLERANCE, LIMIT = 0.02, 0.005
SIZES = (32, 64, 128, 256, 512)
NOISE = 0.05
STEPS: np.ndarray = M.parts["step"].values  # type: ignore[attr-defined]

LADDER = claim_of(M.x, M.m, Asymptotic(Ladder(M.n, SIZES)))
DIRECTION = claim_of(M.v, None, Direction(along=M.step, limit=LIMIT))


def ladder(terms: Callable[[float], float], law: Law = LAWS["Gauss"]) -> Draw:
    """Relative gaps θδ + terms(n) at every size, with independent noise."""

    def draw(theta: float, rng: Generator, trials: int) -> list[Measured]:
        return [measured(1 + TOLERANCE * theta + terms(n) + NOISE * law(rng, trials)) for n in SIZES]

    return draw


def trajectory(apart: Callable[[float, np.ndarray], np.ndarray], common: bool = True) -> Draw:
    """Vectors at 1 − cosine = apart(θ, step) × exponential noise from a random direction.

    The noise is common to the steps or independent at each.
    """

    def draw(theta: float, rng: Generator, trials: int) -> list[Measured]:
        phi = 2 * np.pi * rng.random(trials)[:, None]
        noise = rng.standard_exponential((trials, 1 if common else len(STEPS)))
        turned = phi + np.arccos(1 - apart(theta, STEPS) * noise)
        found = np.stack([np.cos(turned), np.sin(turned)], axis=-1)
        wanted = np.concatenate([np.cos(phi), np.sin(phi)], axis=1)
        return [measured(found, wanted, error=np.zeros(trials))]

    return draw


def still_falling(theta: float) -> Wrong:
    """The limit is 0, whatever the end: refuting is wrong; supporting is, where the end is above the limit."""
    return REFUTATION | (SUPPORT if theta >= 1 else frozenset())


def not_falling(theta: float) -> Wrong:
    return SUPPORT | REFUTATION


def off(theta: float) -> Wrong:
    """The limit itself is θ times what is allowed; the end is a little above it."""
    return (REFUTATION if theta <= 1 else frozenset()) | (SUPPORT if theta >= 1 else frozenset())


def _ladders() -> list[Toy]:
    terms: dict[str, Callable[[float], float]] = {
        "first term": lambda n: 5 / n,
        "second term": lambda n: 5 / n + 80 / n**2,
        "second term against the first": lambda n: 5 / n - 80 / n**2,
        "half a power more": lambda n: 5 / n + 20 / n**1.5,
    }
    few: dict[str, Any] = {"others": (0.0, 0.5, -2.5, 2.5)}
    toys = [Toy(Asymptotic.label, name, LADDER, ladder(gap), **few) for name, gap in terms.items()]
    skewed = ladder(terms["second term"], LAWS["exponential"])
    return [*toys, Toy(Asymptotic.label, "second term, exponential noise", LADDER, skewed, **few)]


def _directions() -> list[Toy]:
    label, last = Direction.label, float(np.log(STEPS[-1]))
    few: dict[str, Any] = {"others": (0.5, 1.2, 2.5)}
    return [
        Toy(
            label, "falling to 0", DIRECTION, trajectory(lambda theta, t: theta * LIMIT * last / np.log(t)),
            wrong=still_falling, edges=(1.0,), **few,
        ),
        Toy(
            label, "falling to a limit", DIRECTION,
            trajectory(lambda theta, t: theta * LIMIT + 0.002 * last / np.log(t)),
            wrong=off, edges=(1.0,), **few,
        ),
        Toy(
            label, "flat below the limit", DIRECTION, trajectory(lambda theta, t: theta * LIMIT + 0 * t, common=False),
            wrong=not_falling, edges=(0.5,), others=(),
        ),
    ]  # fmt: skip


def toys() -> list[Toy]:
    return [*_ladders(), *_directions()]
