"""Symmetries of the simulator: parameters rescaled, the same random numbers, the observable of every draw compared.

What formula and simulator get wrong alike no comparison of them shows; a symmetry that only one side has, this does.
"""

from collections.abc import Iterator

import numpy as np

from numerics.arrays import Machine
from numerics.measure import Arrays, Laboratory, Unit
from theory.audit import Finding, audit
from theory.claim import Claim
from theory.domain import Real
from theory.errors import BadDeclaration, BadInput
from theory.points import default_points
from theory.proof import Degree
from theory.setting import Point
from theory.values import exact

FACTORS = ("4", "1/4")  # exact in binary, and so is their square root
CONDITION = 1e3  # of an identity's roundings
STAGE = "symmetry"
REMARKS = ("domain", "wrong")  # of where a claim is tested, and of its variants: no contradiction in itself
_found: dict[tuple[int, Machine, int], tuple[Claim, list[Finding]]] = {}  # a claim is audited once in a process


def require_consistent(claim: Claim, lab: Laboratory, seed: int = 0) -> None:
    """Raises BadDeclaration where the claim contradicts itself, before it is compared with a simulation."""
    findings = consistency(claim, lab, seed)
    faults = [finding for finding in findings if not finding.passed and finding.name not in REMARKS]
    if faults:
        found = "; ".join(f"{finding.name}: {finding.detail}" for finding in faults)
        raise BadDeclaration(f"{claim.id} contradicts itself, mend formula or declaration: {found}")


def consistency(claim: Claim, lab: Laboratory, seed: int = 0) -> list[Finding]:
    """The findings of the audit, and of the simulator's symmetries."""
    key = id(claim), lab.machine, seed
    if key not in _found:
        _found[key] = claim, [*audit(claim, seed=seed), *symmetries(claim, lab, seed)]
    return _found[key][1]


def symmetries(claim: Claim, lab: Laboratory, seed: int = 0) -> Iterator[Finding]:
    """A finding for every scaling that is declared to hold draw by draw."""
    for scaling in claim.scaling:
        if scaling.pathwise:
            yield _symmetry(claim, scaling, lab, default_points(claim, 1, seed)[0], seed)


def _symmetry(claim: Claim, scaling: Degree, lab: Laboratory, point: Point, seed: int) -> Finding:
    names = tuple(map(str, scaling.symbols))
    words = f"degree {scaling.degree} in {', '.join(names)}, draw by draw"
    moved = _scaled(claim, point, names)
    if moved is None:
        return Finding("symmetry", False, f"{words}: no rescaled point lies in the domain")
    factor, there = moved
    here, then = lab.measure([Unit(place, 0, seed, STAGE, names) for place in (point, there)])
    gap, allowed = _compared(claim, (point, here), (there, then), float(factor) ** float(scaling.degree), lab)
    lost = int(np.sum(~(gap <= allowed)))
    if lost:
        worst = float(np.nanmax(gap / allowed)) if np.any(np.isfinite(gap)) else np.nan
        detail = f"{words}: fails in {lost} of {len(gap)} draws at {point}, by up to {worst:.2g} times rounding"
        return Finding("symmetry", False, detail)
    return Finding("symmetry", True, f"{words}: {len(gap)} draws of the simulator at {point}")


def _scaled(claim: Claim, point: Point, names: tuple[str, ...]) -> tuple[float, Point] | None:
    """The point with these parameters multiplied, where it stays in the domain."""
    domains = claim.setting.domains()
    strange = [name for name in names if not isinstance(domains.get(name), Real)]
    if strange:
        raise BadDeclaration(f"{claim.id}: only real parameters scale draw by draw, not {', '.join(strange)}")
    values = dict(point.values)
    for factor in FACTORS:
        try:
            there = claim.point({**values, **{name: values[name] * exact(factor) for name in names}})
        except BadInput:
            continue
        return float(exact(factor)), there
    return None


def _compared(
    claim: Claim, one: tuple[Point, Arrays], other: tuple[Point, Arrays], ratio: float, lab: Laboratory
) -> tuple[np.ndarray, np.ndarray]:
    """|X' − ratio·X| in every draw, and what rounding and certificates allow.   Shapes: (trials,) both."""
    (x, x_error), (y, y_error) = (_measured(claim, *side) for side in (one, other))
    eps = float(np.finfo(lab.machine.precision).eps)
    scale = np.maximum(np.abs(ratio * x), np.abs(y)).reshape(len(x), -1).max(axis=1)
    gap = np.abs(y - ratio * x).reshape(len(x), -1).max(axis=1)
    return gap, CONDITION * eps * scale + abs(ratio) * x_error + y_error + np.finfo(float).tiny


def _measured(claim: Claim, point: Point, arrays: Arrays) -> tuple[np.ndarray, np.ndarray]:
    observable, certificate = claim.measure(point, arrays), claim.certificate(point, arrays)
    error = np.zeros(len(observable)) if certificate is None else np.abs(certificate)
    return np.asarray(observable, dtype=float), error.reshape(len(observable), -1).max(axis=1)
