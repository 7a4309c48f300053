"""`plot`: which points a figure needs, their records from the store or from new checks, and the figure of these."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from numerics.measure import Laboratory
from numerics.sources import digest_of, source_digest, versions
from numerics.store import Store
from proofs_check.check import Request, check_claim
from proofs_check.record import Record
from proofs_check.report.marks import Line, member_of
from proofs_check.sweep import own_axes, parse_over, sweep, theory_curve
from theory.claim import Claim, Curve
from theory.computed import Computed
from theory.data import Data
from theory.errors import BadInput, NotBuilt
from theory.points import boundary_points, complete, default_points, ladder_top, point_values
from theory.relation import Asymptotic, Bound, Direction, Equality, Ordering, Relation
from theory.setting import Point
from theory.words.notation import inline, places

SHORT = 60  # letters of an observable's description that stand on an axis


@dataclass(frozen=True)
class Plan:
    """What a figure shows: the requests behind its records with their points, and the swept symbol, if there is one."""

    checks: tuple[tuple[Request, tuple[Point, ...]], ...]
    curve: Curve | None


def plot(
    claim: Claim,
    *,
    over: str | Curve | None = None,
    out: Path | str,
    lab: Laboratory | None = None,
    venue: str = "neurips",
    at_hand: Sequence[Record] = (),
    **request: Any,
) -> list[Path]:
    """Checks and records the points that are missing, then draws from Records: the figure, its caption and its data.

    `at_hand`: records to draw as they are, unless the figure is a sweep of means, which they do not hold.
    `over`: "n=20:400:12", "n=20,40,80" or a Curve; otherwise the claim's own figure, or its default points. Further
    keywords are the fields of `Request`; the error rate is divided over the checks.   Raises BadInput, before any
    simulation where it can.
    """
    from proofs_check.report.caption import caption
    from proofs_check.report.figures import comparison
    from proofs_check.report.files import require_place, write_figure
    from proofs_check.report.marks import MARKS, theory_marks
    from proofs_check.report.style import venue_of

    path, _ = require_place(out), venue_of(venue)
    if claim.relation.label not in MARKS:
        raise NotBuilt(f"{claim.id}: the relation {claim.relation.label} has no figure in this version")
    asked = Request(**request)
    plan = plan_of(claim, over, asked)
    sweeps = plan.curve is not None and isinstance(claim.relation, Equality)
    records = (
        list(at_hand) if at_hand and not sweeps else records_of(claim, plan, asked, lab or Laboratory(store=Store()))
    )
    spec = spec_of(claim.variant(asked.wrong) if asked.wrong else claim, plan, venue)
    figure, marks = comparison(records, spec)
    return write_figure(figure, caption(records, spec, marks), [*theory_marks(spec), *marks], path, venue)


def plan_of(claim: Claim, over: str | Curve | None, asked: Request) -> Plan:
    """The points of a figure: a sweep, the claim's own, what `--set` gives, or the default points."""
    curve = parse_over(claim, over) if isinstance(over, str) else over or claim.figure
    subject = claim.variant(asked.wrong) if asked.wrong else claim
    climbed = [name for name in map(str, asked.values) if name in ladder_top(claim)]
    if climbed:
        raise BadInput(f"{claim.id}: {', '.join(climbed)} runs through the sizes of its ladder; leave it out")
    given = {str(key): value for key, value in {**(curve.fixing if curve else {}), **asked.values}.items()}
    if curve and str(curve.over) not in own_axes(claim):
        family = curve.family if curve.family and str(curve.family[0]) not in map(str, asked.values) else None
        members = [{str(family[0]): value} for value in family[1]] if family else [{}]
        points = [
            point for one in members for point in sweep(subject, curve, {**given, **one}, asked.values, asked.seed)
        ]
        places = [point[str(curve.over)] for point in points]
        curve = Curve(curve.over, places, log=curve.log, label=curve.label, family=family)
    else:
        curve, points = None, [_completed(subject, given, asked.seed)] if given else _unswept(subject, asked)
    return Plan(tuple(_checks(claim, points, asked, curve)), curve)


def records_of(claim: Claim, plan: Plan, asked: Request, lab: Laboratory) -> list[Record]:
    """A record of every check of a plan: from the store where the same was checked before, otherwise new and kept."""
    level = asked.level or asked.error_rate / len(plan.checks)
    known = {record.get("key"): record for record in lab.store.records(claim.id)} if lab.store and lab.reuse else {}
    records = []
    for request, points in plan.checks:
        key = check_key(claim, request, points, level, lab)
        stored = known.get(key)
        if stored and not (asked.budget and stored["verdict"] == "undecided"):
            records.append(Record(stored))
            continue
        record = Record(check_claim(claim, request, level, lab), key=key)
        if lab.store:
            lab.store.put_record(dict(record))
        records.append(record)
    return records


def check_key(claim: Claim, request: Request, points: Sequence[Point], level: float, lab: Laboratory) -> str:
    """The address of a check: all that decides its record, the sources of claim, simulator and judges included."""
    machine = lab.machine
    asked = {**dataclasses.asdict(dataclasses.replace(request, values={})), "level": level}
    content = {name: domain.digest() for name, domain in claim.setting.of_kind(Data).items()}
    content |= {
        point.settings_flags(): [modes.tobytes().hex() for modes in point.spectra().values()]
        for point in points
        if "@" in point.settings_flags()
    }
    return digest_of(
        [
            claim.id,
            _statement(claim.variant(request.wrong) if request.wrong else claim),
            asked,
            [point.text() for point in points],
            content,
            machine.backend,
            machine.device,
            lab.precision,
            versions(machine.backend),
            source_digest(lab.simulator(claim.setting).function),
            source_digest(check_claim),
        ]
    )


def spec_of(claim: Claim, plan: Plan, venue: str) -> Any:
    """The names and plain numbers that a figure needs beside Records."""
    from proofs_check.report.marks import Spec

    curve, relation = plan.curve, claim.relation
    observable, about = _named(claim)
    along = next(iter(own_axes(claim)), "")
    return Spec(
        observable=observable,
        about=about,
        words=about if claim.setting.part_of(claim.observable) and len(about) <= SHORT else "",
        over=str(curve.over) if curve else "",
        along=along,
        label=curve.label if curve else _own_label(claim),
        log=curve.log if curve else claim.figure.log if claim.figure else True,
        family=_family(curve),
        curves=_curves(claim, plan),
        sense=relation.sense if isinstance(relation, Bound) else "<=",
        kind=_kind(relation),
        scaled=claim.scale is not None,
        sides=_sides(relation),
        floor=getattr(relation, "floor", False),
        source=str(claim.source),
        venue=venue,
    )


def _curves(claim: Claim, plan: Plan) -> tuple[Line, ...]:
    """The prediction on a fine grid, for every member of a family."""
    bases: dict[str, Point] = {}
    for request, points in plan.checks:
        if not request.boundary:
            bases.setdefault(member_of(points[0].text(), _family(plan.curve)), points[0])
    lines = {name: theory_curve(claim, point, plan.curve) for name, point in bases.items()}
    return tuple((name, *line) for name, line in lines.items() if line)


def _family(curve: Curve | None) -> str:
    return str(curve.family[0]) if curve and curve.family else ""


def _kind(relation: Relation) -> str:
    """What a bound is of: every draw, the mean, or a share of the draws."""
    kind = getattr(relation, "kind", "pathwise")
    return kind if isinstance(kind, str) else "share"


def _checks(
    claim: Claim, points: Sequence[Point], asked: Request, curve: Curve | None
) -> list[tuple[Request, tuple[Point, ...]]]:
    """One check for each point; then, where they belong on the figure, wrong variants and points of the boundary."""

    def at(point: Point, **changes: Any) -> tuple[Request, tuple[Point, ...]]:
        values = {name: value for name, value in point_values(claim, point).items() if name not in ladder_top(claim)}
        return dataclasses.replace(asked, values=values, **changes), (point,)

    checks = [at(point) for point in points]
    if asked.wrong:
        return checks
    if isinstance(claim.relation, Direction):
        others = [wrong.name for wrong in claim.wrong if claim.variant(wrong.name).prediction != claim.prediction]
        checks += [at(points[0], wrong=name) for name in others]  # another rate alone is the same curve
    beyond = tuple(boundary_points(claim, asked.seed)) if claim.fails_at else ()
    if beyond and _comparable(claim, points[0], beyond, curve):
        checks.append((dataclasses.replace(asked, values={}, boundary=True), beyond))
    return checks


def _comparable(claim: Claim, base: Point, beyond: Sequence[Point], curve: Curve | None) -> bool:
    """Whether points of the boundary belong on the figure: ratios always, means only where all else is held."""
    if not isinstance(claim.relation, (Equality, Asymptotic)):
        return True
    return curve is not None and all(
        point.replace({str(curve.over): base[str(curve.over)]}) == base for point in beyond
    )


def _unswept(claim: Claim, asked: Request) -> list[Point]:
    """The default points; where each is a curve of its own, the declared ones alone."""
    declared = len((*claim.points, *claim.tight_at)) if own_axes(claim) else 0
    return default_points(claim, min(asked.points, declared or asked.points), asked.seed)


def _completed(claim: Claim, given: Mapping[str, Any], seed: int) -> Point:
    return complete(claim, given, np.random.default_rng([seed, *claim.id.encode()]))


def _named(claim: Claim) -> tuple[str, str]:
    """The observable on one line, and what it is: the text of its declaration, or of those that it is made of."""
    from proofs_check.report.style import lettered

    name = lettered(inline(claim.observable).replace("_", " "))
    part = claim.setting.part_of(claim.observable)
    if part is not None:
        return name, lettered(getattr(part, "text", ""))
    parts = {symbol: claim.setting.part_of(symbol) for symbol in sorted(claim.observable.free_symbols, key=str)}
    told = [(symbol, getattr(part, "text", "")) for symbol, part in parts.items()]
    return name, "; ".join(f"{str(symbol).replace('_', ' ')}: {text}" for symbol, text in told if text)


def _sides(relation: Relation) -> tuple[str, str]:
    """What the two sides of an ordering set, as a legend says it."""
    if not isinstance(relation, Ordering):
        return ("lower", "upper")
    from proofs_check.report.style import lettered

    lower, upper = (
        "at the point" if all(symbol == value for symbol, value in side.items()) else lettered(places(side))
        for side in (relation.lower, relation.upper)
    )
    return lower, upper


def _own_label(claim: Claim) -> str:
    figure = claim.figure
    return figure.label if figure and str(figure.over) in own_axes(claim) else ""


def _statement(claim: Claim) -> list[str]:
    """Everything that a claim asserts, as text that is the same in every process."""
    prediction: Any = claim.prediction
    if isinstance(prediction, Computed):
        function: Any = prediction.function
        given = function.keywords if isinstance(function, partial) else {}
        settled = {name: source_digest(value) if callable(value) else value for name, value in given.items()}
        function = function.func if isinstance(function, partial) else function
        prediction = [
            function.__module__,
            function.__qualname__,
            source_digest(function),
            settled,
            prediction.reads,
            prediction.using,
            prediction.error,
        ]
    parts = (
        prediction,
        claim.observable,
        claim.relation,
        claim.roots,
        claim.scale,
        claim.fixing,
        claim.assuming,
        claim.regime,
        claim.given,
        claim.title,
        claim.status,
        claim.fails_at,
    )
    return [str(part) for part in parts]
