"""Changed relations: what a claim asserts of its prediction, made another."""

import dataclasses
from collections.abc import Iterator
from functools import singledispatch

from theory.relation import Asymptotic, Bound, Ordering, Relation


@singledispatch
def relation_changes(relation: Relation) -> Iterator[tuple[str, str, Relation]]:
    """(kind, words, other relation) of every change that leaves the prediction alone."""
    return iter(())


@relation_changes.register
def _(relation: Bound) -> Iterator[tuple[str, str, Relation]]:
    other = {"<=": ">=", ">=": "<="}[relation.sense]
    yield "direction", f"{relation.sense} turned into {other}", dataclasses.replace(relation, sense=other)


@relation_changes.register
def _(relation: Ordering) -> Iterator[tuple[str, str, Relation]]:
    turned = dataclasses.replace(relation, lower=relation.upper, upper=relation.lower)
    yield "direction", "the ordering turned round", turned


@relation_changes.register
def _(relation: Asymptotic) -> Iterator[tuple[str, str, Relation]]:
    ladder = relation.ladder
    if not ladder.rate:  # left open by the claim
        return
    for words, factor in (("doubled", 2.0), ("halved", 0.5)):
        changed = type(ladder)(ladder.along, ladder.sizes, ladder.tie, ladder.rate * factor)
        yield "rate", f"rate of the ladder {words}", dataclasses.replace(relation, ladder=changed)
