"""Changed relations: what a claim asserts of its prediction, made another."""

import dataclasses
from collections.abc import Iterator
from functools import singledispatch

from theory.relation import Asymptotic, Bound, Exponent, Order, Ordering, Relation

IMPLIED = {("Theta", "O"), ("o", "O")}  # a sense of an order, and another that follows from it


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


@relation_changes.register
def _(relation: Exponent) -> Iterator[tuple[str, str, Relation]]:
    if relation.floor:
        yield "drop", "the floor dropped", dataclasses.replace(relation, floor=False)
    if relation.correction is not None:
        yield "drop", "the finite-size term dropped", dataclasses.replace(relation, correction=None)


@relation_changes.register
def _(relation: Order) -> Iterator[tuple[str, str, Relation]]:
    for sense in ("Theta", "O", "o"):
        if sense != relation.sense:
            yield "sense", f"{relation.sense} turned into {sense}", dataclasses.replace(relation, sense=sense)


@singledispatch
def follows(other: Relation, relation: Relation) -> bool:
    """Whether the other relation of the same prediction asserts less, so that it is true where this one is."""
    return False


@follows.register
def _(other: Order, relation: Relation) -> bool:
    """Theta and o are both O."""
    return isinstance(relation, Order) and (relation.sense, other.sense) in IMPLIED


@follows.register
def _(other: Exponent, relation: Relation) -> bool:
    """Without its finite-size term a slope is the same slope, read in one way fewer."""
    fewer = other.correction is None and isinstance(relation, Exponent) and relation.correction is not None
    return fewer and other == dataclasses.replace(relation, correction=None)
