"""`plot`: which points a figure needs, their records from the store or from new checks, and the figure of these records."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sympy import sympify

from numerics.measure import Laboratory
from numerics.sources import digest_of, source_digest, versions
from numerics.store import Store
from proofs_check.check import Request, check_claim
from proofs_check.record import Record
from theory.claim import Claim, Curve
from theory.computed import Computed
from theory.domain import Data, Domain, Real, Size
from theory.errors import BadInput, NotBuilt
from theory.points import boundary_points, complete, default_points, ladder_top, point_values
from theory.relation import Asymptotic, Bound, Direction, Equality, Ladder, Threshold
from theory.setting import Axis, Point
from theory.values import exact

GRID, FINE = 60, 240  # points of a theory curve: where roots are solved for each, and where they are not
COUNT = 6  # points of a sweep whose values nobody gave
MOST = 500
TRIES = 50
HOW = "write n=20:400:12 for 12 values from 20 to 400, or n=20,40,80"


@dataclass(frozen=True)
class Plan:
    """What a figure shows: the requests behind its records with their points, and the swept symbol, if there is one."""

    checks: tuple[tuple[Request, tuple[Point, ...]], ...]
    curve: Curve | None


def plot(claim: Claim, *, over: str | Curve | None = None, out: Path | str, lab: Laboratory | None = None, venue: str = "neurips",
         **request: Any) -> list[Path]:
    """Checks and records the points that are missing, then draws from Records; returns the figure, its caption and its data.

    `over`: "n=20:400:12", "n=20,40,80" or a Curve; otherwise the claim's own figure, or its default points. Further keywords are
    the fields of `Request`; the error rate is divided over the checks.   Raises BadInput, before any simulation where it can.
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
    records = records_of(claim, plan, asked, lab or Laboratory(store=Store()))
    spec = spec_of(claim.variant(asked.wrong) if asked.wrong else claim, plan, venue)
    figure, marks = comparison(records, spec)
    return write_figure(figure, caption(records, spec, marks), [*theory_marks(spec), *marks], path, venue)


def parse_over(claim: Claim, text: str) -> Curve:
    """The sweep that a user's text asks for.   Raises BadInput.

    "n=20:400:12" are 12 values from 20 to 400, evenly spaced in the logarithm, whole numbers for a Size; "n=20,40,80" are these.
    """
    name, equals, values = (part.strip() for part in text.partition("="))
    domain = _sweepable(claim, name)
    if not equals or not values:
        raise BadInput(f"--over {text}: no values are given for {name}; {HOW}")
    found = _range(domain, values, text) if ":" in values else [domain.accept(exact(part)) for part in values.split(",")]
    found = sorted(set(found))
    return Curve(domain.symbol, found, log=found[0] > 0 and found[-1] > 5 * found[0])


def plan_of(claim: Claim, over: str | Curve | None, asked: Request) -> Plan:
    """The points of a figure: a sweep, the claim's own, what `--set` gives, or the default points."""
    curve = parse_over(claim, over) if isinstance(over, str) else over or claim.figure
    subject = claim.variant(asked.wrong) if asked.wrong else claim
    given = {str(key): value for key, value in {**(curve.fixing if curve else {}), **asked.values}.items()}
    if curve and str(curve.over) not in _own_axes(claim):
        points = _sweep(subject, curve, given, asked)
        curve = Curve(curve.over, [point[str(curve.over)] for point in points], log=curve.log, label=curve.label)
    else:
        curve, points = None, [_completed(subject, given, asked.seed)] if given else _unswept(subject, asked)
    return Plan(tuple(_checks(claim, points, asked, curve)), curve)


def records_of(claim: Claim, plan: Plan, asked: Request, lab: Laboratory) -> list[Record]:
    """A record of every check of a plan: from the store where the same was checked before, otherwise new, and kept at once."""
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
    """The address of a check: everything that decides its record, the sources of claim, simulator and judges included."""
    machine = lab.machine
    asked = {**dataclasses.asdict(dataclasses.replace(request, values={})), "level": level}
    content = {name: domain.digest() for name, domain in claim.setting.of_kind(Data).items()}
    content |= {str(point): [modes.tobytes().hex() for modes in point.spectra().values()] for point in points if "@" in str(point)}
    return digest_of([
        claim.id, _statement(claim.variant(request.wrong) if request.wrong else claim), asked, [point.text() for point in points], content,
        machine.backend, machine.device, machine.precision, versions(machine.backend), source_digest(lab.simulator(claim.setting).function),
        source_digest(check_claim),
    ])  # fmt: skip


def spec_of(claim: Claim, plan: Plan, venue: str) -> Any:
    """The names and plain numbers that a figure needs beside Records."""
    from proofs_check.report.marks import Spec

    part = claim.setting.part_of(claim.observable)
    curve, relation = plan.curve, claim.relation
    along = relation.along if isinstance(relation, Direction) else relation.of if isinstance(relation, Threshold) else next(iter(ladder_top(claim)), "")
    return Spec(
        observable=str(claim.observable).replace("_", " ") if part is not None else str(claim.observable), about=getattr(part, "text", ""),
        over=str(curve.over) if curve else "", along=str(along), label=curve.label if curve else _own_label(claim), log=curve.log if curve else True,
        curve=_theory(claim, plan.checks[0][1][0], curve), sense=relation.sense if isinstance(relation, Bound) else "<=",
        scaled=claim.scale is not None, source=str(claim.source), venue=venue,
    )  # fmt: skip


def _checks(claim: Claim, points: Sequence[Point], asked: Request, curve: Curve | None) -> list[tuple[Request, tuple[Point, ...]]]:
    """One check for each point; then, where they belong on the figure, the wrong variants and the points of the boundary."""
    def at(point: Point, **changes: Any) -> tuple[Request, tuple[Point, ...]]:
        return dataclasses.replace(asked, values=point_values(claim, point), **changes), (point,)

    checks = [at(point) for point in points]
    if asked.wrong:
        return checks
    if isinstance(claim.relation, Direction):
        checks += [at(points[0], wrong=wrong.name) for wrong in claim.wrong]
    beyond = tuple(boundary_points(claim, asked.seed)) if claim.fails_at else ()
    if beyond and _comparable(claim, points[0], beyond, curve):
        checks.append((dataclasses.replace(asked, values={}, boundary=True), beyond))
    return checks


def _comparable(claim: Claim, base: Point, beyond: Sequence[Point], curve: Curve | None) -> bool:
    """Whether points of the boundary belong on the figure: ratios do always, means only where all else is held as in the sweep."""
    if not isinstance(claim.relation, (Equality, Asymptotic)):
        return True
    return curve is not None and all(point.replace({str(curve.over): base[str(curve.over)]}) == base for point in beyond)


def _unswept(claim: Claim, asked: Request) -> list[Point]:
    """The default points; where each is a curve of its own, the declared ones alone."""
    declared = len((*claim.points, *claim.tight_at)) if _own_axes(claim) else 0
    return default_points(claim, min(asked.points, declared or asked.points), asked.seed)


def _completed(claim: Claim, given: Mapping[str, Any], seed: int) -> Point:
    return complete(claim, given, np.random.default_rng([seed, *claim.id.encode()]))


def _sweep(claim: Claim, curve: Curve, given: Mapping[str, Any], asked: Request) -> list[Point]:
    """The points of a sweep: what nobody gave is the claim's own choice, or drawn, and held."""
    name = str(curve.over)
    if name in asked.values:
        raise BadInput(f"{claim.id}: {name} is what the figure sweeps, so --set {name}=… contradicts it; leave it out, or sweep another symbol with --over")
    domain = _sweepable(claim, name)
    values = [domain.accept(value) for value in curve.values] or _spaced(domain, *map(float, domain._typical()), COUNT)
    rng, fault = np.random.default_rng([asked.seed, *claim.id.encode()]), ""
    starts = [{str(key): value for key, value in start.items()} for start in (claim.figure.fixing if claim.figure else {}, *claim.points[:1]) if start]
    for attempt in range(TRIES):
        known = {**(starts[attempt] if attempt < len(starts) else {}), **given, name: values[-(attempt % 2)]}
        try:
            base = complete(claim, known, rng)
        except BadInput as broken:
            fault = str(broken)
            if attempt < len(starts):
                continue
            break  # no typical draw goes with these values
        try:
            return [claim.point({**point_values(claim, base), name: value}) for value in values]
        except BadInput as broken:
            fault = str(broken)
    raise BadInput(f"{fault}; give the other symbols with --set, or another range with --over")


def _own_axes(claim: Claim) -> set[str]:
    """Symbols along which one check already runs: the axis, the ladder, the threshold's parameter."""
    relation = claim.relation
    own = {str(relation.along)} if isinstance(relation, Direction) else {str(relation.of)} if isinstance(relation, Threshold) else set()
    return own | set(ladder_top(claim))


def _own_label(claim: Claim) -> str:
    figure = claim.figure
    return figure.label if figure and str(figure.over) in _own_axes(claim) else ""


def _sweepable(claim: Claim, name: str) -> Any:
    """The domain of a symbol that can be swept.   Raises BadInput."""
    domains = claim.setting.domains()
    free = [key for key in claim.free() if isinstance(domains[key], (Size, Real)) and key not in _own_axes(claim)]
    advice = f"sweep {' or '.join(free)}" if free else "leave --over out"
    if name in _own_axes(claim):
        raise BadInput(f"--over {name}: every check of {claim.id} runs along {name} by itself; leave --over out for that figure, or {advice}")
    if isinstance(claim.setting.parts.get(name), Axis):
        raise BadInput(f"--over {name}: {name} is an axis of {claim.setting.name()}, not a parameter; {advice}")
    if name not in domains:
        raise BadInput(f"--over {name or '…'}: {claim.setting.name()} has no parameter {name or 'of that name'}; {advice}, and {HOW}")
    if name not in free:
        why = "holds it fixed" if name not in claim.free() else "takes no numbers for it"
        raise BadInput(f"--over {name}: {claim.id} {why}; {advice}")
    return domains[name]


def _range(domain: Domain, values: str, text: str) -> list[Any]:
    """The values of low:high:count."""
    parts = [exact(part) for part in values.split(":")]
    if len(parts) != 3 or parts[2].q != 1 or not 2 <= parts[2] <= MOST or not parts[0] < parts[1]:
        raise BadInput(f"--over {text}: a range is low:high:count with low < high and a whole count from 2 to {MOST}; {HOW}")
    low, high = domain.accept(parts[0]), domain.accept(parts[1])
    return [low, *_spaced(domain, float(low), float(high), int(parts[2]))[1:-1], high]


def _spaced(domain: Domain, low: float, high: float, count: int) -> list[Any]:
    """Evenly spaced values, in the logarithm where that is possible, without repetition."""
    spaced = np.geomspace(low, high, count) if low > 0 else np.linspace(low, high, count)
    if isinstance(domain, Size):
        return sorted({round(value) for value in spaced})
    return [exact(f"{value:.4g}") for value in spaced]


def _theory(claim: Claim, base: Point, curve: Curve | None) -> tuple[list[float], list[float]] | None:
    """The prediction over the swept symbol, or along the ladder, where the assumptions hold; none where it depends on the draw."""
    ladder = claim.relation.ladder if isinstance(claim.relation, Asymptotic) else None
    if claim.is_per_trial() or not (ladder or curve and isinstance(claim.relation, Equality)):
        return None
    values = point_values(claim, base)
    if curve:
        places = [(value, {**values, str(curve.over): value}) for value in _grid(claim, curve)]
    else:
        assert ladder is not None
        sizes = range(ladder.sizes[0], ladder.sizes[-1] + 1)
        whole = [size for size in sizes if all(sympify(tied).subs(ladder.along, size).is_integer for tied in ladder.tie.values())]
        kept = whole[:: max(1, len(whole) // GRID)] + whole[-1:]
        places = [(size, {**values, **Ladder(ladder.along, (size, size + 1, size + 2), ladder.tie).rungs()[0]}) for size in sorted(set(kept))]
    heights = [(float(x), _height(claim, where)) for x, where in places]
    drawn = [(x, height) for x, height in heights if height is not None]
    return ([x for x, _ in drawn], [height for _, height in drawn]) if drawn else None


def _grid(claim: Claim, curve: Curve) -> list[Any]:
    """Many values from end to end of a sweep, those of the sweep among them."""
    low, high = float(min(curve.values)), float(max(curve.values))
    count = GRID if claim.roots else FINE
    spaced = np.geomspace(low, high, count) if curve.log and low > 0 else np.linspace(low, high, count)
    whole = isinstance(claim.setting.domains()[str(curve.over)], Size)
    return sorted({*curve.values, *(round(value) if whole else exact(f"{value:.6g}") for value in spaced[1:-1])})


def _height(claim: Claim, values: Mapping[str, Any]) -> float | None:
    """The prediction at a point; none outside the assumptions or without a root, where a curve has a gap."""
    try:
        height = float(claim.predict(claim.point(values)).value)
    except BadInput:
        return None
    return height if math.isfinite(height) else None


def _statement(claim: Claim) -> list[str]:
    """Everything that a claim asserts, as text that is the same in every process."""
    prediction: Any = claim.prediction
    if isinstance(prediction, Computed):
        function: Any = prediction.function
        settled = function.keywords if isinstance(function, partial) else {}
        function = function.func if isinstance(function, partial) else function
        prediction = [function.__module__, function.__qualname__, source_digest(function), settled, prediction.reads, prediction.using, prediction.error]
    parts = (prediction, claim.observable, claim.relation, claim.roots, claim.scale, claim.fixing, claim.assuming, claim.regime, claim.given, claim.title,
             claim.status, claim.fails_at)
    return [str(part) for part in parts]
