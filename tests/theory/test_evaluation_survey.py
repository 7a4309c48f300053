"""Random points over the claims at hand: float64 within its bound, enclosures of two precisions that overlap."""

from benchmarks.evaluation import survey
from theory import discovery

CLAIMS = [claim for claim in discovery.find("all") if claim.is_per_point()]


def test_float64_lies_within_its_bound_of_the_enclosure_at_random_points() -> None:
    counts, broken = survey(CLAIMS, 5, seed=3)
    assert not broken
    assert counts["holds"] > 0.8 * counts.total() > 100


def test_a_bound_a_million_times_too_small_is_noticed() -> None:
    assert len(survey(CLAIMS, 2, seed=3, tighter=1e6)[1]) > 20
