"""The phases of a search for the worst point: corners, Hypothesis with a target, differential evolution, deep looks."""

import itertools
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
from hypothesis import Phase, find, settings, target
from hypothesis.errors import NoSuchExample, Unsatisfiable
from scipy.optimize import differential_evolution, minimize

from proofs_check.search.counterexample import QUIET
from proofs_check.search.feasible import Case
from proofs_check.search.hunt import Enough, Hunt, Visit
from proofs_check.search.strategies import filled, points
from theory.setting import Point

EXAMPLES = 100
GENERATIONS = 12
RESTARTS = 2
WORST = -1e6  # the score of a point that cannot be looked at
RUNNERS = 8  # points that a deep search begins with
Place = tuple[dict[str, Any], Case]


def targeted(hunt: Hunt) -> None:
    """Hypothesis draws points and climbs."""

    def stop(point: Point) -> bool:
        try:
            visit = hunt.see(point)
        except Enough:
            return True
        if visit and np.isfinite(visit.tightness):
            target(visit.tightness)
        return False

    chosen = settings(QUIET, max_examples=EXAMPLES, phases=(Phase.generate, Phase.target))
    try:
        find(points(hunt.claim), stop, settings=chosen, random=random.Random(hunt.seed))
    except (NoSuchExample, Unsatisfiable):
        return


def optimised(hunt: Hunt) -> None:
    """Differential evolution, then Nelder–Mead, in the logarithms of numbers, choices held, from the best points."""
    rng, done = np.random.default_rng([hunt.seed, 1]), list[str]()
    for visit in hunt.ranked():
        place, start = _place(hunt, visit.point)
        key = str((place[0], place[1].order))
        if not start or key in done:
            continue
        done.append(key)
        starts = [shares for v in hunt.ranked()[:40] for other, shares in [_place(hunt, v.point)] if other == place]
        size = min(8 + 6 * len(start), 40)
        population = np.clip([*starts[: size // 2], *rng.random((size - len(starts[: size // 2]), len(start)))], 0, 1)
        climb = Climb(hunt, place)
        result = differential_evolution(
            climb, [(0, 1)] * len(start), init=population, maxiter=GENERATIONS, tol=0, polish=False, rng=rng
        )
        minimize(climb, result.x, method="Nelder-Mead", bounds=[(0, 1)] * len(start), options={"maxfev": 60})
        if len(done) == RESTARTS:
            return


class Climb:
    """−tightness as a function on the unit cube, each number its share of the way between the ends allowed to it."""

    def __init__(self, hunt: Hunt, place: Place) -> None:
        self.hunt, self.place = hunt, place

    def __call__(self, shares: Any) -> float:
        given = dict(zip(self.place[1].order, shares, strict=True))
        point = filled(self.hunt.region, *self.place, lambda scale, allowed, name: scale.at(allowed, given[name]))
        if point is None:
            return -WORST
        known = self.hunt.best.get(point)
        visit = known or self.hunt.see(point)
        return -visit.tightness if visit else -WORST


def _place(hunt: Hunt, point: Point) -> tuple[Place, list[float]]:
    """Choices and order of the numbers of a point, and where each lies between its ends."""
    for named, cases in hunt.region.cases:
        for case in cases:
            shares: list[float] = []

            def note(scale: Any, allowed: Any, name: str, shares: list[float] = shares) -> Any:
                shares.append(scale.share(allowed, point[name]))
                return point[name]

            if all(point[n] == v for n, v in named.items()) and filled(hunt.region, named, case, note) == point:
                return (named, case), shares
    return (hunt.region.cases[0][0], hunt.region.cases[0][1][0]), []


def deepened(hunt: Hunt, all_corners: list[Point]) -> None:
    """More draws, each look with a seed of its own: half where the bound came nearest, half at the corners in turn."""
    done = set[tuple[Point, int]]()
    for pair in zip(_runners(hunt), _rounds(hunt, all_corners), strict=False):
        for where, seed in pair:
            if (where, seed) not in done:
                hunt.see(where, seed, deep=True)
            done.add((where, seed))


def _runners(hunt: Hunt) -> Iterator[tuple[Point, int]]:
    """The tightest points, half as many in each round, with twice as many looks."""
    running, looks, seed = [visit.point for visit in hunt.ranked()[:RUNNERS]], 1, hunt.seed
    while running:
        for point in running:
            yield from ((point, seed + look) for look in range(looks))
        seed, looks = seed + looks, 2 * looks
        tight: dict[Point, Visit] = hunt.best
        running = sorted(running, key=lambda point: -tight[point].tightness)[: max(len(running) // 2, 2)]


def _rounds(hunt: Hunt, all_corners: list[Point]) -> Iterator[tuple[Point, int]]:
    places = [point for point in all_corners if point in hunt.best] or [visit.point for visit in hunt.ranked()[:1]]
    for look in itertools.count(1):
        yield from ((point, hunt.seed + look) for point in places)
