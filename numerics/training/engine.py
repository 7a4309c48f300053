"""Training of B models at once, each until its own stopping criterion, and why each of them stopped."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from numerics.arrays import Array, device_of, namespace
from numerics.networks.models import Model, Parameters, norm
from numerics.streams import Stream
from numerics.training.losses import HALF_SQUARE, Loss
from numerics.training.optimisers import Gradient, Optimiser, chosen
from numerics.training.reasons import DIVERGED, REASONS, SMALL_GRADIENT, SMALL_LOSS, SPENT
from theory.errors import BadInput

CACHED_NUMBERS = 2**19  # that a chunk of models works on in a step: what stays in a processor's cache, 4 MiB
STREAMED_NUMBERS = 2**27  # and on a GPU, 1 GiB


@dataclass(frozen=True)
class Batches:
    """Samples of a step: all, or `size` drawn afresh, "with" or "without" replacement, or in turn through "epochs".

    An epoch is a new order of the samples; those that do not fill a last batch are left out of it.

    label_noise: standard deviation of normal noise that is added to the targets of each step.
    dropout: chance that a feature of a step is dropped from a sample; the others are divided by 1 − dropout.
    """

    size: int | None = None
    sampling: str = "with"
    label_noise: float = 0.0
    dropout: float = 0.0


@dataclass(frozen=True)
class Stopping:
    """When a model is done, looked at every `stride` steps on all of its samples."""

    steps: int
    stride: int = 100
    small_loss: float = 0.0
    small_gradient: float = 0.0


@dataclass(frozen=True)
class Step:
    """One step: where it began, the gradient of its batch that the optimiser first asked for, and where it ended."""

    before: Parameters
    slope: Parameters
    after: Parameters


@dataclass(frozen=True)
class Trained:
    """The models at their ends. reason indexes REASONS; steps: the look at which a model stopped.

    Shapes: parameters like the start, loss, steps, reason (B,).
    """

    parameters: Parameters
    loss: Array
    steps: np.ndarray
    reason: np.ndarray

    def why(self) -> list[str]:
        """The reason of each model, with the step of those that diverged."""
        words = [REASONS[reason] for reason in self.reason]
        return [f"{word} by step {step}" if word == "diverged" else word
                for word, step in zip(words, self.steps, strict=True)]  # fmt: skip


def train(
    model: Model, parameters: Parameters, inputs: Array, targets: Array, optimiser: Optimiser, stopping: Stopping,
    rng: Stream, *, batches: Batches = Batches(), loss: Loss = HALF_SQUARE,
) -> Trained:
    """Every model trained as if alone, in chunks whose size depends on the shapes alone.

    Inputs and targets have the model axis, of length 1 where all models share them. The batches of a chunk are drawn
    for all of its models, so that none depends on when another stops. Calls with the same rng and shapes have the same
    batches, so that twins can be told apart by nothing else; so have those of `visited` and `averaged`.
    Shapes: parameters (B, …), inputs (B or 1, n, …), targets (B or 1, n[, C]).
    """
    run = _Chunk(model, inputs, targets, optimiser, stopping, batches, loss, rng)
    with np.errstate(all="ignore"):  # a model that overflows is reported as diverged
        ended = [chunk.train(start) for chunk, start in run.chunks(parameters)]
    if len(ended) == 1:
        return ended[0]
    xp = namespace(inputs)
    return Trained(
        tuple(xp.concat(parts) for parts in zip(*(one.parameters for one in ended), strict=True)),
        xp.concat([one.loss for one in ended]),
        np.concatenate([one.steps for one in ended]),
        np.concatenate([one.reason for one in ended]),
    )


def visited(
    model: Model, parameters: Parameters, inputs: Array, targets: Array, optimiser: Optimiser, steps: Sequence[int],
    rng: Stream, *, batches: Batches = Batches(), loss: Loss = HALF_SQUARE,
) -> Parameters:
    """Where `train` comes by: the parameters of every model after each of the ascending `steps`, to the last of them.

    Shapes: like those of `train` -> (B, len(steps), …).
    """
    run = _Chunk(model, inputs, targets, optimiser, Stopping(steps[-1]), batches, loss, rng)
    with np.errstate(all="ignore"):
        found = [chunk.visit(start, frozenset(steps)) for chunk, start in run.chunks(parameters)]
    return tuple(namespace(inputs).concat(list(parts)) for parts in zip(*found, strict=True))


def averaged(
    model: Model, parameters: Parameters, inputs: Array, targets: Array, optimiser: Optimiser,
    read: Callable[[Step], tuple[Array, ...]], steps: int, rng: Stream, *, batches: Batches = Batches(),
    loss: Loss = HALF_SQUARE,
) -> tuple[Array, ...]:
    """The average over `steps` of what `read` makes of each.

    Shapes: like those of `train`; read (B, …) each -> like them.
    """
    run = _Chunk(model, inputs, targets, optimiser, Stopping(steps), batches, loss, rng)
    with np.errstate(all="ignore"):
        found = [chunk.average(start, read) for chunk, start in run.chunks(parameters)]
    return tuple(namespace(inputs).concat(list(parts)) for parts in zip(*found, strict=True))


def chunk_size(parameters: Parameters, inputs: Array, batches: Batches, numbers: int) -> int:
    """Models at once: parameters, state and activations of a step within so many numbers, whatever the memory."""
    size = sum(math.prod(part.shape[1:]) for part in parameters)
    samples, features = batches.size or inputs.shape[1], math.prod(inputs.shape[2:])
    wide = max(part.shape[1] for part in parameters)
    return max(1, numbers // (6 * size + samples * (features + 4 * wide)))


@dataclass(frozen=True)
class _Chunk:
    model: Model
    inputs: Array
    targets: Array
    optimiser: Optimiser
    stopping: Stopping
    batches: Batches
    loss: Loss
    rng: Stream

    def chunks(self, parameters: Parameters) -> Iterator[tuple["_Chunk", Parameters]]:
        """Runs of some of the models each, with their starts."""
        _require(parameters, self.inputs, self.targets, self.batches, self.stopping)
        count = parameters[0].shape[0]
        numbers = STREAMED_NUMBERS if "cuda" in self.rng.machine.device else CACHED_NUMBERS
        step = chunk_size(parameters, self.inputs, self.batches, numbers)
        for number, first in enumerate(range(0, count, step)):
            part = slice(first, min(first + step, count))
            x, y = (one if one.shape[0] == 1 else one[part, ...] for one in (self.inputs, self.targets))
            run = replace(self, inputs=x, targets=y, rng=self.rng.child("chunk", number))
            yield run, tuple(one[part, ...] for one in parameters)

    def visit(self, parameters: Parameters, steps: frozenset[int]) -> Parameters:
        found = [step.after for t, step in enumerate(self._walk(parameters), start=1) if t in steps]
        return tuple(namespace(self.inputs).stack(parts, axis=1) for parts in zip(*found, strict=True))

    def average(self, parameters: Parameters, read: Callable[[Step], tuple[Array, ...]]) -> tuple[Array, ...]:
        totals: tuple[Array, ...] = ()
        for step in self._walk(parameters):
            values = read(step)
            totals = tuple(a + b for a, b in zip(totals, values, strict=True)) if totals else values
        return tuple(total / self.stopping.steps for total in totals)

    def _walk(self, parameters: Parameters) -> Iterator[Step]:
        """All steps of all models."""
        going = np.arange(parameters[0].shape[0])
        state, plan = self.optimiser.begin(parameters), self._plan(len(going))
        for t in range(1, self.stopping.steps + 1):
            asked = _Asked(self._gradient(*next(plan)(self.inputs, self.targets, going)))
            before = parameters
            parameters, state = self.optimiser.step(before, state, asked, t)
            yield Step(before, asked.slopes[0], parameters)

    def train(self, parameters: Parameters) -> Trained:
        xp, count, stop = namespace(self.inputs), parameters[0].shape[0], self.stopping
        going, state = np.arange(count), self.optimiser.begin(parameters)
        x, y, t, plan = self.inputs, self.targets, 0, self._plan(count)
        ended: list[tuple[np.ndarray, Parameters, Array, int, np.ndarray]] = []
        while True:
            value, reason = self._look(parameters, x, y, t)
            leaving = reason >= 0
            if leaving.any():
                gone, kept = (self._index(np.nonzero(mask)[0]) for mask in (leaving, ~leaving))
                done = chosen(parameters, gone)
                ended.append((going[leaving], done, xp.take(value, gone, axis=0), t, reason[leaving]))
                going, parameters, state = going[~leaving], chosen(parameters, kept), chosen(state, kept)
                x, y = (array if array.shape[0] == 1 else xp.take(array, kept, axis=0) for array in (x, y))
            if not len(going):
                return self._joined(ended)
            for _ in range(min(stop.stride, stop.steps - t)):
                t += 1
                gradient = self._gradient(*next(plan)(x, y, going))
                parameters, state = self.optimiser.step(parameters, state, gradient, t)

    def _look(self, parameters: Parameters, x: Array, y: Array, t: int) -> tuple[Array, np.ndarray]:
        """The losses, and the reason to stop of each model, −1 where there is none."""
        f, pull = self.model.forward(parameters, x)
        value, to_host = self.loss.value(f, y), self.rng.machine.to_host
        losses = to_host(value)
        reason = np.full(len(losses), SPENT if t >= self.stopping.steps else -1)
        if self.stopping.small_gradient > 0:
            small = to_host(norm(pull(self.loss.slope(f, y)))) < self.stopping.small_gradient
            reason = np.where(small, SMALL_GRADIENT, reason)
        reason = np.where(losses < self.stopping.small_loss, SMALL_LOSS, reason)
        return value, np.where(np.isfinite(losses), reason, DIVERGED)

    def _gradient(self, x: Array, y: Array) -> Gradient:
        def at(parameters: Parameters) -> Parameters:
            f, pull = self.model.forward(parameters, x)
            return pull(self.loss.slope(f, y))

        return at

    def _plan(self, count: int) -> Iterator["_Pick"]:
        """How each step picks its samples, drawn for all models of the chunk."""
        n, size, stride = self.inputs.shape[1], self.batches.size, self.stopping.stride
        while True:
            if size is None:
                picks: list[Array | None] = [None] * stride
            elif self.batches.sampling == "with":
                drawn = self.rng.integers(n, (stride, count, size))
                picks = [drawn[step, ...] for step in range(stride)]
            elif self.batches.sampling == "without":
                order = self.rng.permutation(n, stride * count)
                picks = [order[step * count : (step + 1) * count, :size] for step in range(stride)]
            else:
                order = self.rng.permutation(n, count)
                picks = [order[:, at : at + size] for at in range(0, n - size + 1, size)]
            for pick in picks:
                noise, mask, step, lost = None, None, (count, n if size is None else size), self.batches.dropout
                if self.batches.label_noise:
                    noise = self.batches.label_noise * self.rng.normal((*step, *self.targets.shape[2:]))
                if lost:
                    kept = self.rng.uniform((*step, *self.inputs.shape[2:])) >= lost
                    mask = self.rng.xp.astype(kept, self.inputs.dtype) / (1 - lost)
                yield _Pick(pick, noise, mask, self)

    def _index(self, host: np.ndarray) -> Array:
        return self.rng.asarray(host)

    def _joined(self, ended: list[tuple[np.ndarray, Parameters, Array, int, np.ndarray]]) -> Trained:
        xp = namespace(self.inputs)
        order = np.argsort(np.concatenate([going for going, *_ in ended]))
        place = self._index(order)
        parts = [xp.take(xp.concat(one), place, axis=0) for one in zip(*(done for _, done, *_ in ended), strict=True)]
        losses = xp.take(xp.concat([loss for _, _, loss, _, _ in ended]), place, axis=0)
        steps = np.concatenate([np.full(len(going), t) for going, _, _, t, _ in ended])[order]
        return Trained(tuple(parts), losses, steps, np.concatenate([reason for *_, reason in ended])[order])


@dataclass
class _Asked:
    """A gradient that keeps what it gave."""

    gradient: Gradient
    slopes: list[Parameters] = field(default_factory=list)

    def __call__(self, parameters: Parameters) -> Parameters:
        self.slopes.append(self.gradient(parameters))
        return self.slopes[-1]


@dataclass(frozen=True)
class _Pick:
    """The samples of one step, of the models that still go."""

    picks: Array | None
    noise: Array | None
    mask: Array | None
    chunk: _Chunk

    def __call__(self, x: Array, y: Array, going: np.ndarray) -> tuple[Array, Array]:
        xp = namespace(x)
        if self.picks is not None:
            picks = self._going(self.picks, going)
            x, y = _taken(x, picks), _taken(y, picks)
        x = x if self.mask is None else x * self._going(self.mask, going)
        return x, y if self.noise is None else y + self._going(xp.astype(self.noise, y.dtype, copy=False), going)

    def _going(self, drawn: Array, going: np.ndarray) -> Array:
        if len(going) == drawn.shape[0]:
            return drawn
        return namespace(drawn).take(drawn, self.chunk._index(going), axis=0)


def _taken(array: Array, picks: Array) -> Array:
    """Samples of each model.   Shapes: array (B or 1, n, …), picks (B, size) -> (B, size, …)."""
    xp, (count, size) = namespace(array), picks.shape
    models, n, *rest = array.shape
    if models > 1:  # rows of one long array: several times as fast as an index along an axis
        picks = picks + n * xp.arange(count, dtype=picks.dtype, device=device_of(picks))[:, None]
    rows = xp.take(xp.reshape(array, (models * n, *rest)), xp.reshape(picks, (-1,)), axis=0)
    return xp.reshape(rows, (count, size, *rest))


def _require(parameters: Parameters, inputs: Array, targets: Array, batches: Batches, stopping: Stopping) -> None:
    """Raises BadInput where shapes or sizes do not fit, or data are no finite floats."""
    xp, count, n = namespace(inputs), parameters[0].shape[0], inputs.shape[1]
    for name, array in (("inputs", inputs), ("targets", targets)):
        if not xp.isdtype(array.dtype, "real floating"):
            raise BadInput(f"training: {name} are {array.dtype}; convert them to floats")
        if not bool(xp.all(xp.isfinite(array))):
            raise BadInput(f"training: {name} are not finite; remove or mend such samples")
        if array.shape[0] not in (1, count) or array.shape[1] != n:
            raise BadInput(f"training: {name} {tuple(array.shape)} do not fit {count} models and {n} samples; "
                           "the axes are (models or 1, samples, …)")
    if any(part.shape[0] != count for part in parameters):
        raise BadInput(f"training: parameters are of {sorted({part.shape[0] for part in parameters})} models; "
                       "the first axis of all of them counts the same models")
    if batches.sampling not in ("with", "without", "epochs"):
        raise BadInput(f"training: sampling {batches.sampling!r} is unknown; with, without or epochs")
    if batches.size is not None and not 1 <= batches.size <= (math.inf if batches.sampling == "with" else n):
        raise BadInput(f"training: a batch of {batches.size} of {n} samples; take one from 1 to {n}")
    if not 0 <= batches.dropout < 1:
        raise BadInput(f"training: dropout {batches.dropout} is no chance below 1; take one in [0, 1)")
    if stopping.steps < 0 or stopping.stride < 1:
        raise BadInput(f"training: {stopping.steps} steps with a look every {stopping.stride}; take steps >= 0, "
                       "stride >= 1")
