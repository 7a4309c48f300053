"""Products of matrices trained factor by factor with a quadratic penalty: Newton's method, many trials at once.

The eigenvalues of each Hessian are replaced by their moduli, so that a saddle repels. Turning the hidden coordinates
leaves the objective as it is; those directions are held. `Trained` bounds how far a local minimum is from the factors.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from numerics.arrays import Array, device_of, namespace, with_rows

ROUNDS, FIRST, GROW, SHRINK, CLOSE = 100, 1e-2, 4.0, 0.2, 4.0
HELD = 1e8  # damping under which no step has been better for a dozen rounds: what is left is rounding


@dataclass(frozen=True)
class Objective:
    """½⟨W, QW⟩ − ⟨C, W⟩ + ½ Σ ⟨W_l, G_l W_l⟩ of factors with the product W = W₁ ⋯ W_L.

    `compact`: the hidden coordinates may be turned only; otherwise the penalty is that of W, and any invertible change
    of them is free.   Shapes: Q (trials, r₁, r₁), C (trials, r₁, r_{L+1}), G_l (trials, r_l, r_l); W_l (r_l, r_{l+1}).
    """

    Q: Array
    C: Array
    G: Sequence[Array]
    sizes: tuple[int, ...]
    compact: bool = True

    def factors(self, w: Array) -> list[Array]:
        """The factors that a row of numbers holds.   Shapes: (trials, numbers) -> (trials, r_l, r_{l+1}) each."""
        xp, found, first = namespace(w), [], 0
        for rows, columns in zip(self.sizes[:-1], self.sizes[1:], strict=True):
            last = first + rows * columns
            found.append(xp.reshape(w[:, first:last], (w.shape[0], rows, columns)))
            first = last
        return found

    def value(self, w: Array) -> Array:
        xp, factors = namespace(w), self.factors(w)
        W = products(factors)[0][-1]
        fit = xp.sum(W * ((self.Q @ W) / 2 - self.C), axis=(1, 2))
        return fit + sum(xp.sum(one * (g @ one), axis=(1, 2)) for one, g in zip(factors, self.G, strict=True)) / 2

    def slope(self, w: Array) -> Array:
        xp, factors = namespace(w), self.factors(w)
        before, after = products(factors)
        pull = self.Q @ before[-1] - self.C
        parts = (turned(before[i]) @ pull @ turned(after[i]) + self.G[i] @ one for i, one in enumerate(factors))
        return xp.concat([xp.reshape(part, (w.shape[0], -1)) for part in parts], axis=1)

    def hessian(self, w: Array) -> Array:
        """Second derivatives.   Shapes: (trials, numbers) -> (trials, numbers, numbers)."""
        xp, factors, count = namespace(w), self.factors(w), len(self.sizes) - 1
        before, after = products(factors)
        pull = self.Q @ before[-1] - self.C
        rows = [[turned(before[0])] * count for _ in range(count)]
        for i in range(count):
            for j in range(i, count):
                block = outer(turned(before[i]) @ self.Q @ before[j], after[i] @ turned(after[j]), (1, 3), (2, 4))
                if i == j:
                    eye = identity(self.sizes[i + 1], w)
                    block = block + outer(self.G[i], eye + xp.zeros_like(after[i] @ turned(after[i])), (1, 3), (2, 4))
                else:
                    between = products(factors[i + 1 : j])[0][-1] if j > i + 1 else identity(self.sizes[j], w)
                    between = between + xp.zeros_like(factors[i][:, :1, :1])
                    block = block + outer(turned(before[i]) @ pull @ turned(after[j]), between, (1, 4), (2, 3))
                shape = (w.shape[0], block.shape[1] * block.shape[2], -1)
                rows[i][j] = xp.reshape(block, shape)
                rows[j][i] = turned(rows[i][j])
        return xp.concat([xp.concat(row, axis=2) for row in rows], axis=1)

    def free(self, w: Array) -> Array:
        """Directions along which the objective cannot change.   Shapes: (trials, numbers) -> (trials, numbers, q)."""
        xp, factors, columns = namespace(w), self.factors(w), []
        for place in range(len(factors) - 1):
            size = self.sizes[place + 1]
            for a in range(size):
                for b in range(a + 1 if self.compact else 0, size):
                    columns.append(self._along(factors, place, a, b))
        return xp.stack(columns, axis=2) if columns else xp.zeros_like(w)[:, :, None]

    def _along(self, factors: list[Array], place: int, a: int, b: int) -> Array:
        """W_l Z and −Z W_{l+1}, Z the unit at (a, b), less its transpose for a turn."""
        xp, (left, right) = namespace(factors[0]), factors[place : place + 2]
        eye = identity(self.sizes[place + 1], left)
        Z = eye[:, a : a + 1] @ eye[b : b + 1, :]
        Z = Z - turned(Z) if self.compact else Z
        moved = {place: left @ Z, place + 1: -Z @ right}
        parts = (moved.get(i, xp.zeros_like(one)) for i, one in enumerate(factors))
        return xp.concat([xp.reshape(part, (part.shape[0], -1)) for part in parts], axis=1)

    def bent(self, w: Array) -> tuple[Array, Array]:
        """The Hessian with the free directions held, and how strongly they are, (trials,)."""
        xp, H, T = namespace(w), self.hessian(w), self.free(w)
        size = xp.sqrt(xp.sum(H**2, axis=(1, 2)))
        held = size / (xp.sum(T**2, axis=(1, 2)) + xp.finfo(w.dtype).eps)
        return H + held[:, None, None] * (T @ turned(T)), held


@dataclass(frozen=True)
class Trained:
    """Numbers of all factors, and how far a local minimum is at most: ∞ where none is known to be near.

    `apart`: the distance of the numbers. `moved`: that of the product, with its rounding. `left`: that of the
    objective.   Shapes: w (trials, numbers), the others (trials,).
    """

    w: Array
    apart: Array
    moved: Array
    left: Array


@dataclass(frozen=True)
class State:
    """Where the trainings of some trials are.   Shapes: w and slope (trials, numbers), damping (trials, 1)."""

    objective: Objective
    w: Array
    slope: Array
    value: Array
    damping: Array
    bent: Array

    def stepped(self) -> tuple["State", Array]:
        """After a step wherever that is better, and which trials go on: some slope, and a step that can be seen."""
        xp, w, slope, value = namespace(self.w), self.w, self.slope, self.value
        eps = xp.finfo(w.dtype).eps
        values, vectors = xp.linalg.eigh(self.bent)
        top = xp.max(xp.abs(values), axis=1, keepdims=True)
        along = (turned(vectors) @ slope[:, :, None])[:, :, 0] / (xp.abs(values) + self.damping * top)
        after = w - (vectors @ along[:, :, None])[:, :, 0]
        value_after, slope_after = self.objective.value(after), self.objective.slope(after)
        tie = 64 * eps * (1 + xp.abs(value))
        flatter = xp.sum(slope_after**2, axis=1) < xp.sum(slope**2, axis=1)
        better = (value_after < value - tie) | ((value_after <= value + tie) & flatter)
        steep = xp.sqrt(xp.sum(slope**2, axis=1, keepdims=True)) > CLOSE * eps * (1 + top)
        go_on, kept = (steep & (self.damping < HELD))[:, 0], better[:, None]
        w, slope = xp.where(kept, after, w), xp.where(kept, slope_after, slope)
        damping = self.damping * xp.where(kept, SHRINK * xp.ones_like(top), GROW * xp.ones_like(top))
        bent = self.objective.bent(w)[0] if bool(xp.any(better)) else self.bent
        return State(self.objective, w, slope, xp.where(better, value_after, value), damping, bent), go_on

    def of(self, trials: Array) -> "State":
        """That of some trials."""
        def part(array: Array) -> Array:
            return namespace(array).take(array, trials, axis=0)

        asked = self.objective
        asked = Objective(part(asked.Q), part(asked.C), [part(g) for g in asked.G], asked.sizes, asked.compact)
        return State(asked, *map(part, (self.w, self.slope, self.value, self.damping, self.bent)))


def train(objective: Objective, start: Array, rounds: int = ROUNDS) -> Array:
    """Newton steps from `start`, each as long as the objective falls.   Shapes: (trials, numbers) -> the same."""
    damping = FIRST * namespace(start).ones_like(start[:, :1])
    bent = objective.bent(start)[0]
    return _trained(State(objective, start, objective.slope(start), objective.value(start), damping, bent), rounds)


def _trained(state: State, rounds: int) -> Array:
    """The weights after some more rounds; where half of the trials have ended, the others go on alone."""
    xp, trials = namespace(state.w), state.w.shape[0]
    for left in reversed(range(rounds)):
        state, go_on = state.stepped()
        count = int(xp.sum(xp.astype(go_on, xp.int64)))
        if 2 * count <= trials:
            if not count or not left:
                break
            return with_rows(state.w, go_on, _trained(state.of(xp.nonzero(go_on)[0]), left))
    return state.w


def certified(objective: Objective, w: Array) -> Trained:
    """How near a local minimum is, after Kantorovich.

    With the free directions held the Hessian is σ > 0 at least, and changes by at most `third` times the distance. A
    slope γ then leaves the minimum of a ball of radius 4γ/σ inside it, 2γ/σ away at most. A local minimum of the
    objective itself it is because a turn takes every point near to one that is not moved along those directions.
    """
    xp, factors, L, eps = namespace(w), objective.factors(w), len(objective.sizes) - 1, namespace(w).finfo(w.dtype).eps
    sizes = [norm(one) for one in factors]
    a, Q, C = xp.max(xp.stack(sizes), axis=0), norm(objective.Q), norm(objective.C)
    bent, held = objective.bent(w)
    rounding = 4 * sum(objective.sizes) * eps
    sigma = xp.linalg.eigvalsh(bent)[:, 0] - rounding * norm(bent)
    scale = L**0.5 * (Q * a ** (2 * L - 1) + C * a ** (L - 1)) + sum(norm(g) for g in objective.G) * a
    gamma = xp.linalg.vector_norm(objective.slope(w), axis=1) + rounding * scale
    sound = sigma > 0
    sigma = xp.where(sound, sigma, xp.ones_like(sigma))
    radius = 4 * gamma / sigma
    wide = a + radius
    pull = norm(objective.Q @ products(factors)[0][-1] - objective.C) + Q * L**0.5 * wide ** (L - 1) * radius
    third = 3 * Q * (L - 1) * L**0.5 * wide ** (2 * L - 3) + pull * (L - 1) * (L - 2) / L**0.5 * wide ** max(L - 3, 0)
    sound = sound & (third * radius <= sigma / 2) & (16 * radius**2 * held <= sigma)
    apart, rounded = radius / 2, rounding * xp.prod(xp.stack(sizes), axis=0)
    moved, left = L**0.5 * wide ** (L - 1) * apart + rounded, apart * (gamma + (norm(bent) + third * apart) * apart)
    return Trained(w, *(xp.where(sound, bound, xp.inf) for bound in (apart, moved, left)))


def evened(objective: Objective, w: Array) -> Array:
    """Two factors with the same product, each with the square roots of its singular values.

    Where any invertible change of the hidden coordinates is free, they are a minimum if and only if w is, and are
    certified where those of w are too uneven.   Shapes: (trials, numbers) -> the same.
    """
    xp, (first, last), k = namespace(w), objective.factors(w), objective.sizes[1]
    U, values, Vt = xp.linalg.svd(first @ last, full_matrices=False)
    roots = xp.sqrt(values[:, None, :k])
    parts = (U[:, :, :k] * roots, turned(roots) * Vt[:, :k, :])
    return xp.concat([xp.reshape(part, (w.shape[0], -1)) for part in parts], axis=1)


def norm(matrix: Array) -> Array:
    """Frobenius norm of each.   Shapes: (trials, ·, ·) -> (trials,)."""
    return namespace(matrix).sqrt(namespace(matrix).sum(matrix**2, axis=(1, 2)))


def products(factors: Sequence[Array]) -> tuple[list[Array], list[Array]]:
    """W₁ ⋯ W_l for l = 0 … L, and W_{l+1} ⋯ W_L for l = 1 … L."""
    first, last = factors[0], factors[-1]
    before = [identity(first.shape[1], first) + namespace(first).zeros_like(first @ turned(first))]
    for one in factors:
        before.append(before[-1] @ one)
    after = [identity(last.shape[2], last) + namespace(last).zeros_like(turned(last) @ last)]
    for one in reversed(factors[1:]):
        after.insert(0, one @ after[0])
    return before, after


def turned(matrix: Array) -> Array:
    return namespace(matrix).matrix_transpose(matrix)


def identity(size: int, like: Array) -> Array:
    return namespace(like).eye(size, dtype=like.dtype, device=device_of(like))


def outer(first: Array, second: Array, places: tuple[int, int], others: tuple[int, int]) -> Array:
    """first[a, c]·second[b, d] with the indices at the places named, of (trials, ·, ·, ·, ·)."""
    def spread(matrix: Array, at: tuple[int, int]) -> Array:
        shape = [matrix.shape[0], 1, 1, 1, 1]
        shape[at[0]], shape[at[1]] = matrix.shape[1], matrix.shape[2]
        return namespace(matrix).reshape(matrix, tuple(shape))

    return spread(first, places) * spread(second, others)
