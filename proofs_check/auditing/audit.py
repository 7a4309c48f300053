"""Audit of a trained Torch model: its curvature against what SGD with its learning rate and batch size can stay at.

Every number has an interval, every bound a verdict, and whether it applies here: most bounds are statements about one
batch size, or about minima where the gradient of every single sample vanishes.
"""

import dataclasses
import math
import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from theory.errors import BadInput
from theory.programs import second_moments as theory_of
from theory.programs.mean_square import batch_factor

if TYPE_CHECKING:
    from numerics.curvature.problem import Problem

MISS = 1e-6  # chance, over random starts, that an eigenvalue lies outside its interval
LEVEL = 1e-3  # of an estimated trace or norm
INTERPOLATES = 0.02  # ‖H − G‖_F/‖G‖_F below which samples count as fitted
MANY = 10**8  # parameters times samples from which all threads are worth it
SMALL_GRAM = 800  # samples times outputs up to which the threshold is computed exactly


@dataclass(frozen=True)
class Interval:
    """A number and what encloses it. how: exact (up to rounding), probable (random start), estimated, bounds."""

    value: float
    low: float
    high: float
    how: str

    def scaled(self, factor: float) -> "Interval":
        return Interval(factor * self.value, factor * self.low, factor * self.high, self.how)


@dataclass(frozen=True)
class Bound:
    """One statement: `measured` at most `limit`. verdict: supported, refuted or undecided; why it applies or not."""

    name: str
    statement: str
    measured: Interval
    limit: Interval
    applies: bool
    because: str

    @property
    def verdict(self) -> str:
        if self.measured.high <= self.limit.low:
            return "supported"
        return "refuted" if self.measured.low > self.limit.high else "undecided"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "verdict": self.verdict, "ratio": self.measured.value / self.limit.value}


@dataclass(frozen=True)
class Audit:
    """What an audit found. λ_max, tr H and ‖H‖_F are those of the mean of the samples' losses."""

    lambda_max: Interval
    trace: Interval
    frobenius: Interval
    threshold: Interval | None
    eta: float
    batch_size: int
    samples: int
    parameters: int
    loss: float
    gradient_norm: float
    residual: float
    verdicts: tuple[Bound, ...]
    notes: tuple[str, ...] = ()
    seconds: float = field(default=0.0, compare=False)

    @property
    def refuted(self) -> bool:
        """Whether a bound that applies is broken."""
        return any(bound.applies and bound.verdict == "refuted" for bound in self.verdicts)

    def as_json(self) -> dict[str, Any]:
        plain = {name: value for name, value in self.__dict__.items() if name != "verdicts"}
        shown = {name: asdict(value) if isinstance(value, Interval) else value for name, value in plain.items()}
        return shown | {"verdicts": [bound.as_json() for bound in self.verdicts]}

    def text(self) -> str:
        """A table for a terminal."""
        lines = [
            f"{self.samples:,} samples, {self.parameters:,} parameters, loss {self.loss:.3g}, "
            f"gradient {self.gradient_norm:.2g}, learning rate {self.eta:g}, batch size {self.batch_size}",
            *(f"{name:10} {_shown(value)}" for name, value in
              (("λ_max(H)", self.lambda_max), ("tr H", self.trace), ("‖H‖_F", self.frobenius))),
            "",
        ]
        for bound in self.verdicts:
            verdict = bound.verdict if bound.applies else "does not apply"
            lines.append(f"{bound.statement:52} {bound.measured.value:10.4g} against {bound.limit.value:10.4g}  "
                         f"{verdict}: {bound.because}")
        return "\n".join([*lines, *self.notes])

    __str__ = text


def _shown(value: Interval) -> str:
    return f"{value.value:.6g} in [{value.low:.6g}, {value.high:.6g}] ({value.how})"


def audit(
    model: Any, loss: Any, data: Any, *, eta: float, batch_size: int | None = None, sampling: str = "without",
    precision: str = "float64", seed: int = 0, exact: bool = True,
) -> Audit:
    """Curvature of the loss at the model's weights against the bounds for plain (stochastic) gradient descent.

    data: (inputs, targets), a Dataset or a DataLoader. batch_size: of the training run, all samples unless given.
    sampling: batches drawn afresh "with" or "without" replacement within a batch. exact: whether the mean-square
    threshold itself is computed where samples × outputs are few enough.   Raises BadInput.
    """
    asked = {"eta": eta, "batch_size": batch_size, "sampling": sampling, "seed": seed, "exact": exact}
    return audits([model], loss, data, precision=precision, **asked)[0]


def audits(
    models: Sequence[Any], loss: Any, data: Any, *, eta: float, batch_size: int | None = None,
    sampling: str = "without", precision: str = "float64", seed: int = 0, exact: bool = True,
) -> list[Audit]:
    """`audit` of several models on the same data; λ_max and tr H of all at once where they are the same dense chain."""
    from numerics.linalg import single_thread

    began = time.monotonic()
    if not (isinstance(eta, (int, float)) and 0 < eta < math.inf):
        raise BadInput(f"audit: eta={eta!r} is no learning rate; give a positive number")
    if precision not in ("float64", "float32"):
        raise BadInput(f"audit: precision {precision!r} is unknown; float64 or float32")
    if sampling not in ("with", "without"):
        raise BadInput(f"audit: sampling {sampling!r} is unknown; with or without")
    problems = _examined(models, loss, data, precision)
    alone = single_thread() if sum(one.size * one.samples for one in problems) < MANY else nullcontext()
    with alone:  # small matrices gain nothing from threads, and wait for each other
        known = _together(problems, seed)
        return [_audited(problem, eta, batch_size, sampling, seed, exact, began, one)
                for problem, one in zip(problems, known, strict=True)]


def _examined(models: Sequence[Any], loss: Any, data: Any, precision: str) -> list["Problem"]:
    from numerics.curvature.examining import examine, samples

    if len(models) == 1:
        return [examine(models[0], loss, data, precision)]
    held, found = samples(data), []
    for number, model in enumerate(models):
        try:
            found.append(examine(model, loss, held, precision))
        except BadInput as fault:
            raise BadInput(f"model {number} of {len(models)}: {fault}") from fault
    return found


def _together(problems: Sequence["Problem"], seed: int) -> list[Any]:
    """λ_max and tr H of each where they can be had at once, else None."""
    from numerics.curvature.many import stacked, tops_and_traces
    from numerics.curvature.problem import is_memory

    try:
        batch = stacked(problems)
        return [None] * len(problems) if batch is None else tops_and_traces(batch, seed=seed, miss=MISS)
    except (MemoryError, RuntimeError) as fault:
        if not is_memory(fault):
            raise
        return [None] * len(problems)  # one by one, then


def _audited(
    problem: "Problem", eta: float, batch_size: int | None, sampling: str, seed: int, exact: bool, began: float,
    known: Any,
) -> Audit:
    B = problem.samples if batch_size is None else batch_size
    if isinstance(B, bool) or not isinstance(B, int) or not 1 <= B <= problem.samples:
        raise BadInput(f"audit: batch_size={batch_size!r} of {problem.samples} samples; give a whole number from 1 to "
                       f"{problem.samples}")
    problem, found = _measured(problem, seed, known)
    lambda_max, trace, frobenius = (
        Interval(*one) for one in (found.lambda_max, found.trace, found.frobenius)
    )
    rate = eta * B if problem.reduction == "sum" else eta
    c = batch_factor(problem.samples, batch=B, sampling=sampling) if problem.samples > 1 else 0.0
    run = _Run(found, trace, frobenius, lambda_max, rate, B, c)
    verdicts, threshold = _verdicts(run, problem.samples, seed=seed, exact=exact)
    notes = [*_notes(problem, eta, rate), *found.notes]
    return Audit(lambda_max, trace, frobenius, threshold, float(eta), B, problem.samples, problem.size, found.loss,
                 found.gradient_norm, found.residual, tuple(verdicts), tuple(notes), time.monotonic() - began)


def _measured(problem: "Problem", seed: int, known: Any) -> tuple["Problem", Any]:
    """The problem as it fits into memory, and what was found: each time that memory runs out chunks become smaller."""
    from numerics.curvature.measuring import measure
    from numerics.curvature.problem import is_memory

    while True:
        try:
            return problem, measure(problem, seed=seed, miss=MISS, level=LEVEL, known=known)
        except (MemoryError, RuntimeError) as fault:
            sizes = [len(x) for x, _ in problem.chunks()]
            if not is_memory(fault):
                raise
            if sizes[0] == 1 or problem.reduction == "joint":
                few = "1 sample at once does" if sizes[0] == 1 else f"{sizes[0]} samples at once do"
                raise BadInput(f"audit: {few} not fit into memory; give a smaller model"
                               + (", or fewer samples" if problem.reduction == "joint" else "")) from fault  # fmt: skip
        while max(len(x) for x, _ in problem.chunks()) == sizes[0]:
            problem = dataclasses.replace(problem, smaller=2 * problem.smaller)


def _notes(problem: "Problem", eta: float, rate: float) -> list[str]:
    if problem.reduction == "joint":
        return ["the loss is neither a mean nor a sum over samples: only its own Hessian is audited"]
    if problem.reduction == "sum":
        return [f"the loss is a sum over samples: bounds are on their mean, at the learning rate {eta:g}·B = {rate:g}"]
    if problem.smaller > 1:
        return [f"memory ran out: samples were taken {max(len(x) for x, _ in problem.chunks())} at a time"]
    return []


@dataclass(frozen=True)
class _Run:
    """What the bounds are about: the found curvature, and the run's learning rate on the mean of the losses."""

    found: Any
    trace: Interval
    frobenius: Interval
    lambda_max: Interval
    eta: float
    batch: int
    c: float

    @property
    def fitted(self) -> bool:
        return self.found.blocks is not None and self.found.residual <= INTERPOLATES

    def bound(self, name: str, statement: str, measured: Interval, limit: Interval, where: bool, why: str) -> Bound:
        """A bound that samples enter: it applies only where they are fitted."""
        because = why if self.fitted else _unfitted(self.found)
        return Bound(name, statement, measured, limit, where and self.fitted, because)


def _sure(value: float) -> Interval:
    return Interval(value, value, value, "exact")


def _verdicts(run: _Run, samples: int, *, seed: int, exact: bool) -> tuple[list[Bound], Interval | None]:
    """Each bound as an upper limit; those that samples enter need their curvatures Hᵢ = JᵢᵀSᵢJᵢ."""
    found, full = run.found, samples == run.batch
    words = "necessary and sufficient at full batch" if full else "necessary at every batch size"
    if found.gradient_norm > 0:
        words += "; it is about a stationary point"
    edge = Bound("lambda_max", "λ_max(H) <= 2/η", run.lambda_max, _sure(2 / run.eta), True, words)
    verdicts = [edge, _trace_bound(run, samples), _frobenius_bound(run)]
    if found.blocks is None:
        return verdicts, None
    moments, threshold = _moments_bound(run), _threshold(run, seed=seed, exact=exact)
    words = "between a sufficient and a necessary rate" if threshold.how == "bounds" else "necessary and sufficient"
    statement = "η <= η*, the mean-square threshold"
    last = run.bound("mean_square", statement, _sure(run.eta), threshold, True, words)
    return [*verdicts, moments, last], threshold


def _trace_bound(run: _Run, samples: int) -> Bound:
    rank = run.found.rank
    statement = "tr H <= 2/η" if rank == 1 else f"tr H <= {rank}·2/η ({rank} outputs)"
    one = run.batch == 1 and samples > 1
    words = "necessary at batch size 1" if one else f"a statement about batch size 1, not {run.batch}"
    return run.bound("trace", statement, run.trace, _sure(2 * rank / run.eta), one, words)


def _frobenius_bound(run: _Run) -> Bound:
    limit = theory_of.frobenius_rate(1.0, run.c, run.found.rank) / run.eta
    statement = f"‖H‖_F <= √({run.found.rank}/(c(1−c)))/η, c = {run.c:.3g}"
    finite = math.isfinite(limit)
    words = "necessary" if finite else f"says nothing at batch size {run.batch}, c = {run.c:g}"
    return run.bound("frobenius", statement, run.frobenius, _sure(limit), finite, words)


def _moments(run: _Run) -> tuple[float, float, float]:
    """Necessary rates at the middle and the ends of what is known of tr H and ‖H‖_F."""
    squares = (run.frobenius.high**2, run.frobenius.value**2, run.frobenius.low**2)
    traces = (run.trace.low, run.trace.value, run.trace.high)
    low, value, high = (theory_of.necessary_rate(t, square, run.found.quartic, run.c)
                        for t, square in zip(traces, squares, strict=True))  # fmt: skip
    return value, low, high


def _moments_bound(run: _Run) -> Bound:
    words = "necessary" if run.c > 0 else "full batch: λ_max decides"
    return run.bound("moments", "η <= 2 tr H/((1−c)‖H‖_F² + c q)", _sure(run.eta),
                     Interval(*_moments(run), run.frobenius.how), run.c > 0, words)  # fmt: skip


def _threshold(run: _Run, *, seed: int, exact: bool) -> Interval:
    """η*: computed where the samples are few, else between the sufficient rate and the smallest necessary one."""
    top, found = run.lambda_max, run.found
    if run.c == 0:
        return Interval(2 / top.value, 2 / top.high, 2 / top.low, top.how)
    if exact and run.fitted and len(found.blocks) * found.outputs <= SMALL_GRAM:
        return _exact_threshold(found, run.c, seed=seed)
    low = theory_of.sufficient_rate(top.high, found.largest, run.c)
    high = min(_moments(run)[2], 2 / top.low)
    return Interval(math.sqrt(low * high), low, high, "bounds")


def _exact_threshold(found: Any, c: float, *, seed: int) -> Interval:
    """2/λ_max of the pencil of second moments in the span of all rows, by Lanczos' method."""
    from numerics.arrays import Machine
    from numerics.curvature.lanczos import largest
    from numerics.streams import stream

    pencil = theory_of.pencil_of_gram(found.curvature.gram().numpy(force=True).astype(float), found.outputs, c)
    rng = stream(Machine(), "audit", "threshold", seed=seed)
    rounding = pencil.factors.size * sys.float_info.epsilon
    top = largest(pencil.apply, rng.normal((1, pencil.size)), rounding=rounding, rtol=1e-4, miss=MISS)
    value, low, high = (float(part[0]) for part in (top.value, top.low, top.high))
    return Interval(2 / value, 2 / high, 2 / low, "probable")


def _unfitted(found: Any) -> str:
    if found.blocks is None:
        return "the loss gives no curvature of single samples (not convex in the outputs, or not a mean of them)"
    return (f"not at an interpolating minimum: ‖H − G‖_F is {found.residual:.2g} of ‖G‖_F, G without the curvature of "
            "the outputs")

