"""Property tests of claims in ordinary tests."""

from typing import Any

from numerics.measure import Laboratory
from numerics.store import Store
from proofs_check.search.counterexample import Searched, search_counterexample
from proofs_check.verbs.console import finding
from theory.claim import Claim


def assert_holds_everywhere(
    claim: Claim, *, error_rate: float = 1e-6, lab: Laboratory | None = None, max_examples: int = 100, **search: Any
) -> Searched:
    """Fail when a point of the claim's domain is found at which it is refuted, with the simplest such point.

    `error_rate`: the chance that this fails for a true claim. Keywords as for `search_counterexample`.
    """
    if lab is None:
        with Store() as store:
            lab = Laboratory(store=store)
            return assert_holds_everywhere(claim, error_rate=error_rate, lab=lab, max_examples=max_examples, **search)
    searched = search_counterexample(claim, lab=lab, level=error_rate, max_examples=max_examples, **search)
    record = searched.counterexample
    if record is not None:  # no assert statement: `python -O` would take it out
        raise AssertionError(f"{record['id']}: refuted: {finding(record)}\nreplay: {record['replay']}")
    return searched
