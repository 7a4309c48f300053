"""A mutant is tried where the simulator's certificate is below its error, not where rounding hides it."""

import math
from typing import Any

from numerics.arrays import Array
from numerics.measure import Laboratory
from numerics.simulator import simulates
from numerics.streams import Stream
from proofs_check.mutation.effects import Remembering, sites_of
from proofs_check.mutation.mutating import mutate
from theory.claim import Claim, Source
from theory.domain import Size
from theory.relation import Identity
from theory.setting import Observable, Setting


class Shrinking(Setting):
    """k^-12, known up to a quadrature's rounding."""

    k = Size(at_most=2000, typical=(1, 1))
    value = Observable("k^-12", values="fixed", certificate="rounding")
    rounding = Observable("of the quadrature", values="fixed")


@simulates(Shrinking, cost=1e-6)
def shrinking(*, k: int, trials: int, rng: Stream) -> dict[str, Array]:
    one = rng.xp.ones(trials, dtype=rng.machine.dtype, device=rng.machine.place)
    return {"value": k**-12.0 * one, "rounding": 1e-14 * one}


def claim(**more: Any) -> Claim:
    fields: dict[str, Any] = {"title": "toy", "entry": "toys.shrinking", "source": Source("elementary"), **more}
    S = Shrinking
    return Claim(S, S.value, S.k**-12, Identity(), **fields)


MORE = "the whole prediction 5 % more"


def test_a_point_serves_for_errors_above_its_certificate_alone() -> None:
    here = claim(points=[{Shrinking.k: 1000}, {Shrinking.k: 1}])
    hidden, shown = sites_of(here, Remembering(Laboratory()), 0, 0.02)[:2]
    told = hidden.foretold(here)
    assert math.isfinite(shown.trials_to_refute(0.05, told, 0.02))
    assert hidden.trials_to_refute(0.05, told, 0.02) == math.inf
    assert math.isfinite(hidden.trials_to_refute(2 * 1e-14 * 1000.0**12, told, 0.02))


def test_where_every_certificate_hides_it_a_mutant_survives() -> None:
    hidden, shown = (mutate(claim(fixing={Shrinking.k: k}))[0] for k in (1000, 2))
    assert MORE in [fate.name for fate in hidden.of("survived")]
    assert MORE in [fate.name for fate in shown.of("refuted")]
