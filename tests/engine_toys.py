"""Settings of known truth that exercise the engine: trials made up in memory for a judge, simulators for checks."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import bdtrc

from numerics.arrays import Array
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check.statistics import judged, trials_to_begin
from proofs_check.statistics.evidence import Measured, Outcome, Rule, Station
from proofs_check.statistics.sequential import looks
from theory.claim import Claim, Source
from theory.domain import Real, Size
from theory.evaluate import Prediction
from theory.relation import Equality
from theory.setting import Axis, Event, Observable, Point, Setting

SOURCE = Source("elementary")
ERROR_RATE = 1e-6  # of one comparison of a simulated share with its nominal value


class Draws(Setting):
    """u uniform on [1/2, 1] and z standard normal, the same at every eta."""

    n = Size(typical=(8, 64))
    m = Real(at_least=0, typical=(0.5, 2))
    s = Real(at_least=0, typical=(0.05, 0.2))
    eta = Real(above=0, typical=(0.5, 2), per_trial=True)
    y = Observable("m + s·z")
    x = Observable("m·u")
    square = Observable("x²")
    growth = Observable("log(eta/x)", certificate="slack")
    drift = Observable("eta/m − 1 + s·z")
    slack = Observable("bound of the error of growth: zero")
    met = Event("u above 3/4")


class Mean(Setting):
    """m (1 + c/n) + s·z."""

    n = Size(typical=(8, 64))
    m = Real(typical=(0.5, 2))
    c = Real(typical=(0, 1))
    s = Real(above=0, typical=(0.05, 0.2))
    y = Observable("the outcome")


class Turning(Setting):
    """A vector in the plane that turns towards the first axis: 1 − cosine falls like a/log(step)."""

    a = Real(at_least=0, typical=(0.01, 0.02))
    step = Axis([10, 100, 1000, 10_000, 100_000])
    v = Observable("the vector", shape=(step, 2))


@simulates(Draws, cost=1e-5)
def draws(*, n: int, m: float, s: float, eta: Array, trials: int, rng: Stream) -> dict[str, Array]:
    u, z = (1 + rng.uniform((trials,))) / 2, rng.normal((trials,))
    x = m * u
    return {
        "y": m + s * z,
        "x": x,
        "square": x**2,
        "growth": rng.xp.log(eta / x),
        "drift": eta / m - 1 + s * z,
        "slack": 0 * x,
        "met": u > 0.75,
    }


@simulates(Mean, cost=1e-5, block=256)
def mean(*, n: int, m: float, c: float, s: float, trials: int, rng: Stream) -> dict[str, Array]:
    return {"y": m * (1 + c / n) + s * rng.normal((trials,))}


def claim_of(observable: Any, prediction: Any, relation: Any, setting: type[Setting] = Draws, **more: Any) -> Claim:
    """A claim of the toys; `more` are fields of Claim."""
    return Claim(
        setting,
        observable,
        prediction,
        relation,
        **{"title": "a toy", "entry": "toys.engine", "source": SOURCE, **more},
    )


EQUALITY = claim_of(Draws.y, Draws.m, Equality())
POINT = Point.of(Draws, {"n": 16, "m": 1, "s": "0.1", "eta": 1})


def measured(
    values: Any,
    prediction: Any = 1.0,
    *,
    error: Any = 0.0,
    certificate: Any = None,
    factor: float | None = None,
    drawn: int | None = None,
    point: Point = POINT,
) -> Measured:
    """Trials made up in memory."""
    values = np.asarray(values, dtype=float)
    certificate = None if certificate is None else np.broadcast_to(np.asarray(certificate, dtype=float), (len(values),))
    return Measured(
        Station(point, factor=factor), values, Prediction(prediction, error, "toy"), certificate, drawn or len(values)
    )


def first(some: Measured, count: int) -> Measured:
    """The first trials of a sample."""

    def cut(part: Any) -> Any:
        return part if part is None or np.ndim(part) == 0 or len(part) != some.kept else part[:count]

    prediction = Prediction(cut(some.prediction.value), cut(some.prediction.error), some.prediction.guarantee)
    observable, certificate = some.observable[:count], cut(some.certificate)
    return Measured(some.station, observable, prediction, certificate, min(count, some.drawn), some.known)


def followed(claim: Claim, samples: Sequence[Measured], rule: Rule, start: int | None = None) -> Outcome:
    """The outcome of looking again and again at growing parts of the samples, as a check does."""
    size = min(sample.kept for sample in samples)
    start = min(start or trials_to_begin(claim.relation, rule), size)
    for count in looks(start, size):
        outcome = judged(claim, [first(sample, count) for sample in samples], rule)
        if outcome.answer != "open":
            break
    return outcome


def answers(runs: int, outcome: Callable[[np.random.Generator], Outcome], seed: int = 0) -> Counter[str]:
    """How often each answer comes out."""
    return Counter(outcome(np.random.default_rng([seed, run])).answer for run in range(runs))


def at_most(count: int, runs: int, nominal: float) -> bool:
    """Whether so many of the runs agree with a probability of at most `nominal`."""
    return count == 0 or bool(bdtrc(count - 1, runs, nominal) >= ERROR_RATE)


NOISE = """
\"\"\"A user's file: the mean of n squared Gaussians.\"\"\"

from numerics.simulator import simulates
from theory import Claim, Equality, Observable, Real, Setting, Size, Source, Wrong
{top}

class Noise(Setting):
    \"\"\"n Gaussians of variance s2.\"\"\"

    n = Size(at_least=2, typical=(4, 16))
    s2 = Real(above=0, typical=(0.5, 2))
    y = Observable("the mean of their squares")


@simulates(Noise, {simulated})
def noise(*, n, s2, trials, rng):
    {first}
    y = rng.xp.mean(s2 * rng.normal((trials, n)) ** 2, axis=1)
    return {returned}


claims = [
    Claim(
        Noise, Noise.y, {prediction}, Equality(), title="Mean square", entry="{entry}", source=Source("notes"), {fields}
        points=[{{Noise.n: 8, Noise.s2: 1}}], wrong=[Wrong("one less", prediction=Noise.s2 * (1 - 1 / Noise.n))],
    ),
]
"""


def user_file(folder: Path, name: str = "noise", **parts: str) -> Path:
    """A claim file as a user writes it, with some parts replaced.

    The parts are top, simulated, first, returned, prediction and fields.
    """
    usual = {
        "entry": name,
        "top": "",
        "simulated": "cost=1e-5",
        "first": "pass",
        "returned": '{"y": y}',
        "prediction": "Noise.s2",
        "fields": "",
    }
    path = folder / f"{name}.py"
    path.write_text(NOISE.lstrip().format(**{**usual, **parts}))
    return path
