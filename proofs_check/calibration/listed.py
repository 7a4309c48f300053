"""All toys there are, by relation and name."""

from functools import cache

from proofs_check.calibration import comparisons, draws, fits, means, scalings
from proofs_check.calibration.toys import Toy
from proofs_check.statistics.judging import require_judged
from theory.errors import NotBuilt


@cache
def listed() -> dict[tuple[str, str], Toy]:
    """The toys of the relations that this version judges."""
    found = [toy for topic in (means, draws, fits, scalings, comparisons) for toy in topic.toys() if _is_judged(toy)]
    return {(toy.relation, toy.name): toy for toy in found}


def _is_judged(toy: Toy) -> bool:
    try:
        require_judged(toy.claim)
    except NotBuilt:
        return False
    return True
