"""Linear systems and traces too large to factor: conjugate gradients and random probes on products alone.

A matrix is a function that multiplies a batch of columns; `StreamedDesign` is one that is never formed, only drawn
again, block by block of rows, at each product.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from numerics.arrays import Array, namespace
from numerics.curvature.traces import Estimate, Moments, hutchpp
from numerics.streams import Stream
from theory.errors import BadInput, BadSample

Product = Callable[[Array], Array]
SOLVED = 1e-4  # of the relative width asked for: what a solver may leave undone
RESTART = 50  # steps between two residuals computed from the definition


@dataclass(frozen=True)
class Solved:
    """Approximate solution of Ax = b, column by column.

    `residual`: ‖b − Ax‖/‖b‖, from the definition; with A ⪰ c·I the error is at most residual·‖b‖/c.
    Shapes: solution (m, k), residual (k,).
    """

    solution: Array
    residual: Array
    steps: int


def conjugate_gradient(product: Product, right: Array, *, tolerance: float, most: int = 2000) -> Solved:
    """Conjugate gradients for a symmetric positive definite A = `product`, all columns at once.

    Stops where every true residual is below `tolerance`·‖b‖.   Raises BadSample where that does not happen in `most`
    steps: an answer without its accuracy is none.

    Shapes: product (m, k) -> (m, k), right (m, k).
    """
    xp = namespace(right)
    size = xp.linalg.vector_norm(right, axis=0)
    size = xp.where(size > 0, size, xp.ones_like(size))
    solution, rest = xp.zeros_like(right), right
    search, square = rest, xp.sum(rest**2, axis=0)
    for step in range(1, most + 1):
        image = product(search)
        length = _ratio(square, xp.sum(search * image, axis=0))
        solution, rest = solution + length * search, rest - length * image
        after = xp.sum(rest**2, axis=0)
        if step % RESTART == 0 or bool(xp.all(xp.sqrt(after) <= tolerance * size)):
            rest = right - product(solution)  # the recurrence drifts from the residual that it stands for
            after = xp.sum(rest**2, axis=0)
            if bool(xp.all(xp.sqrt(after) <= tolerance * size)):
                return Solved(solution, xp.sqrt(after) / size, step)
            search, square = rest, after
            continue
        search, square = rest + _ratio(after, square) * search, after
    worst = float(xp.max(xp.sqrt(square) / size))
    raise BadSample(
        f"conjugate gradients reach a residual of {worst:.2g} in {most} steps, not {tolerance:g}; the system is too "
        "ill-conditioned for this precision, raise the penalty or take float64"
    )


def _ratio(above: Array, below: Array) -> Array:
    """above/below, and 0 where both are done."""
    xp = namespace(above)
    return xp.where(below > 0, above / xp.where(below > 0, below, xp.ones_like(below)), xp.zeros_like(above))


@dataclass(frozen=True)
class StreamedDesign:
    """An n × p standard normal matrix that is drawn again at each product: memory is that of `rows` of its rows.

    Shapes: times (p, k) -> (n, k); transposed_times (n, k) -> (p, k).
    """

    rng: Stream
    n: int
    p: int
    rows: int = 1024

    def blocks(self) -> Iterator[tuple[slice, Array]]:
        """The rows of each block, and where they stand; the same numbers whenever it is asked."""
        for begin in range(0, self.n, self.rows):
            end = min(begin + self.rows, self.n)
            yield slice(begin, end), self.rng.child("rows", begin).normal((end - begin, self.p))

    def times(self, columns: Array) -> Array:
        return namespace(columns).concat([block @ columns for _, block in self.blocks()], axis=0)

    def transposed_times(self, columns: Array) -> Array:
        xp, total = namespace(columns), None
        for place, block in self.blocks():
            part = xp.matrix_transpose(block) @ columns[place, :]
            total = part if total is None else total + part
        return total

    def gram_times(self, columns: Array) -> Array:
        """XᵀX times (p, k) columns in one pass over the rows."""
        xp, total = namespace(columns), None
        for _, block in self.blocks():
            part = xp.matrix_transpose(block) @ (block @ columns)
            total = part if total is None else total + part
        return total


def streamed_ridge_risk(
    design: StreamedDesign, signal: Array, *, penalty: float, probes: int, rng: Stream, tolerance: float
) -> tuple[Array, Array, float]:
    """Bias, variance per unit of noise by random probes, and a bound on the relative error of both, of one design.

    β̂ − β in the mean is −a·(XᵀX + a)⁻¹β, a = n·penalty. The variance tr (XᵀX + a)⁻¹XᵀX(XᵀX + a)⁻¹ is the mean of
    ‖(XᵀX + a)⁻¹Xᵀz‖² over random signs z: each probe is an unbiased draw of it. One solve for all columns.

    Shapes: signal (p,) -> (), (probes,).
    """
    xp, added = namespace(signal), design.n * penalty
    signs = rng.child("probes").signs((design.n, probes))
    right = xp.concat([signal[:, None], design.transposed_times(signs)], axis=1)
    found = conjugate_gradient(lambda columns: design.gram_times(columns) + added * columns, right, tolerance=tolerance)
    bias = xp.sum((added * found.solution[:, 0]) ** 2)
    error = float(xp.max(found.residual) * xp.max(xp.linalg.vector_norm(right, axis=0) /
                                                  xp.linalg.vector_norm(found.solution, axis=0)) / added)
    return bias, xp.sum(found.solution[:, 1:] ** 2, axis=0), float(np.expm1(2 * np.log1p(error)))


def effective_dimensions(
    design: StreamedDesign, *, penalty: float, rng: Stream, rtol: float = 0.02, level: float = 1e-3, most: int = 2000
) -> Moments:
    """tr A and tr A², A = XᵀX(XᵀX + n·penalty)⁻¹: the effective degrees of freedom of a ridge fit, of both orders.

    By Hutch++ on products A·v = v − a·(XᵀX + a)⁻¹v, each by conjugate gradients: probes are doubled until both
    intervals, at the level given, are as narrow as ±rtol, or after `most` products. What the solver leaves undone, at
    most 2p times its tolerance, widens them.   Raises BadSample where a system is too ill-conditioned, BadInput for a
    penalty that is not positive.
    """
    if not penalty > 0:
        raise BadInput(f"effective dimensions at penalty {penalty}: they are the rank then; give penalty > 0")
    added, tolerance = design.n * penalty, rtol * SOLVED
    turned = namespace(rng.signs((1, 1))).matrix_transpose

    def product(rows: Array) -> Array:
        columns = turned(rows)
        found = conjugate_gradient(lambda v: design.gram_times(v) + added * v, columns, tolerance=tolerance)
        return turned(columns - added * found.solution)

    found = hutchpp(product, design.p, rng, level=level, rtol=rtol, most=most)
    room = 2 * design.p * tolerance
    return Moments(_widened(found.trace, room), _widened(found.square, 2 * room))


def _widened(one: Estimate, room: float) -> Estimate:
    return replace(one, low=one.low - room, high=one.high + room)
