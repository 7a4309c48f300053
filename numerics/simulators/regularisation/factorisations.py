"""Embeddings and deep factorisations, trained factor by factor to a local minimum that is certified."""

from dataclasses import dataclass
from itertools import pairwise

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.factors import Objective, Trained, certified, evened, identity, norm, products, train, turned
from theory.settings.regularisation.factorisations import DeepFactorisation, ItemEmbeddings


def cost_of_embeddings(others: Array, spare: int) -> float:
    """Seconds a trial takes: some 20 eigenvalue problems of two starts."""
    k = len(others) + 1
    return 1e-3 + 8e-7 * (2 * k * (k + spare)) ** 2.5


@dataclass(frozen=True)
class Embedding:
    """X and its right singular vectors, and what is asked of A and B.   Shapes: X (trials, n, p), V (trials, p, p)."""

    X: Array
    V: Array
    k: int
    lam: float
    objective: str

    def loss(self, A: Array, B: Array) -> Array:
        """The objective by its definition."""
        W = A @ turned(B)
        beside = norm(W) ** 2 if self.objective == "product" else norm(self.X @ A) ** 2 + norm(B) ** 2
        return norm(self.X - self.X @ W) ** 2 + self.lam * beside

    def learnt(self, rng: Stream) -> tuple[Array, Array, Trained]:
        """A, B and how well they are trained, from a normal start."""
        xp, (trials, _, p), gram = rng.xp, self.X.shape, turned(self.X) @ self.X
        eye, small = (identity(size, gram) + xp.zeros_like(gram[:, :1, :1]) for size in (p, self.k))
        if self.objective == "product":
            asked = Objective(2 * (gram + self.lam * eye), 2 * gram, [0 * gram, 0 * small], (p, self.k, p), False)
        else:
            asked = Objective(2 * gram, 2 * gram, [2 * self.lam * gram, 2 * self.lam * small], (p, self.k, p))
        found = certified(asked, train(asked, rng.normal((trials, 2 * p * self.k)) / self.k**0.5))
        if not asked.compact:
            found = self._through_even_factors(asked, found)
        A, turned_B = asked.factors(found.w)
        return A, turned(turned_B), found

    def _through_even_factors(self, asked: Objective, found: Trained) -> Trained:
        """What even factors certify of the product and the objective; A and B stay as they are."""
        xp, even = namespace(found.w), evened(asked, found.w)
        better, (one, other) = certified(asked, even), (products(asked.factors(w))[0][-1] for w in (found.w, even))
        beside = xp.abs(asked.value(found.w) - asked.value(even))
        return Trained(found.w, found.apart, xp.minimum(found.moved, better.moved + norm(one - other)),
                       xp.minimum(found.left, better.left + beside))  # fmt: skip


@simulates(ItemEmbeddings, cost=cost_of_embeddings)
def item_embeddings(*, s: float, others: Array, rest: float, spare: int, lam: float, power: float,
                    objective: str, trials: int, rng: Stream) -> dict[str, Array]:
    """Trains two embeddings of each X."""
    xp, k = rng.xp, len(others) + 1
    p = k + spare
    values = rng.asarray([s, *map(float, others), *[rest] * spare])
    U = xp.linalg.qr(rng.normal((trials, p + 2, p)))[0]
    V = xp.linalg.qr(rng.normal((trials, p, p)))[0]
    model = Embedding((U * values) @ turned(V), V, k, lam, objective)
    (A, B, found), (_, other, found_too) = (model.learnt(rng.child("start", place)) for place in (0, 1))
    v, W, lowest = V[:, :, :1], A @ turned(B), model.loss(A, B)
    eps = 8 * p * xp.finfo(V.dtype).eps
    value_error = found.left + eps * (norm(model.X) ** 2 + lowest)
    map_error = found.moved + (rounding := eps * (norm(A) + norm(B)) ** 2 * (1 + norm(A) * norm(B)))
    error = found.apart * (2 * norm(A) + 2 * norm(B) + found.apart) + rounding
    return {
        "V": V, "lowest": lowest, "map": quadratic(v, W), "items": quadratic(v, B @ turned(B)),
        "users": quadratic(v, A @ turned(A)), "leak": between(V, k, W),
        "gram_leak": between(V, k, B @ turned(B)) + between(V, k, A @ turned(A)),
        **compared(B, other, found.apart + found_too.apart), **changed(model, A, B, rng),
        **rescaled(model, W, power, map_error),
        "value_error": value_error, "map_error": map_error, "error": error,
    }


def compared(B: Array, other: Array, moved: Array) -> dict[str, Array]:
    """How far apart the cosines are, given that each B is `moved` from a minimiser at most."""
    xp = namespace(B)
    least = xp.min(xp.stack([xp.linalg.vector_norm(one, axis=2) for one in (B, other)]), axis=(0, 2))
    error = 8 * moved / least + 8 * B.shape[1] * xp.finfo(B.dtype).eps
    return {"apart": furthest(B, other), "cosine_error": xp.where(moved < least / 4, error, xp.inf)}


def changed(model: Embedding, A: Array, B: Array, rng: Stream) -> dict[str, Array]:
    """The objective and the cosines after an invertible change of the k dimensions, at random and on purpose."""
    xp, (trials, p, k) = rng.xp, B.shape
    D, target = rng.normal((trials, k, k)), rng.normal((trials, p, k))
    back = xp.linalg.pinv(B) @ target
    steered, drawn = B @ back, xp.linalg.pinv(D)
    values = {"scaled": model.loss(A @ D, B @ turned(drawn)), "bare": model.loss(A @ D, B @ D),
              "steered_value": model.loss(A @ turned(xp.linalg.pinv(back)), steered)}
    eps, size = 40 * p * xp.finfo(B.dtype).eps, norm(model.X) ** 2 + model.lam
    moved = eps * norm(A) * norm(B) * (norm(D) * norm(drawn) + norm(back) * norm(xp.linalg.pinv(back)))
    error = size * moved * (1 + norm(A) * norm(B) + moved) + eps * sum(values.values())
    least = xp.min(xp.stack([xp.linalg.vector_norm(one, axis=2) for one in (steered, target)]), axis=(0, 2))
    turned_by = eps * norm(B) ** 2 * norm(xp.linalg.pinv(B)) * norm(back)
    return {**values, "scaled_error": error, "steered": furthest(steered, target), "steered_error": turned_by / least}


def rescaled(model: Embedding, W: Array, power: float, error: Array) -> dict[str, Array]:
    """Cosines and objective at B = Q q^power and A = Q q^(1 − power), for the k leading eigenpairs of W = ABᵀ."""
    xp = namespace(W)
    values, vectors = xp.linalg.eigh((W + turned(W)) / 2)
    q, Q = xp.clip(values[:, None, -model.k :], 1e-12, None), vectors[:, :, -model.k :]
    B = Q * q**power
    units = B / xp.linalg.vector_norm(B, axis=2, keepdims=True)
    cosines = xp.abs(units @ turned(units)) * (1 - identity(B.shape[1], B))
    least, most = q[:, 0, 0], q[:, 0, -1]
    off = 16 * W.shape[1] * (1 + 2 * power) * (error / least) * (most / least) ** (2 * power)
    return {"rescaled": xp.max(cosines, axis=(1, 2)), "rescaled_value": model.loss(Q * q ** (1 - power), B),
            "rescaled_error": off}


def between(V: Array, k: int, matrix: Array) -> Array:
    """Norm of a matrix without its diagonal entries on the first k columns of V.   Shapes: (trials, p, p)."""
    xp, inside = namespace(V), turned(V) @ matrix @ V
    kept = xp.concat([xp.ones_like(V[:, 0, :k]), xp.zeros_like(V[:, 0, k:])], axis=1)
    return norm(inside - (kept * xp.linalg.diagonal(inside))[:, None, :] * identity(V.shape[1], V))


def quadratic(v: Array, matrix: Array) -> Array:
    return (turned(v) @ matrix @ v)[:, 0, 0]


def furthest(rows: Array, others: Array) -> Array:
    """Largest difference between a cosine of two rows and that of the same two others.   Shapes: (trials, p, k)."""
    xp = namespace(rows)
    units = [one / xp.linalg.vector_norm(one, axis=2, keepdims=True) for one in (rows, others)]
    return xp.max(xp.abs(units[0] @ turned(units[0]) - units[1] @ turned(units[1])), axis=(1, 2))


SHARES = (1 / 64, 1 / 8, 1.0)  # of the penalty, one after the other


def cost_of_network(others: Array, extra: int, L: int) -> float:
    """Seconds a trial takes: some 100 eigenvalue problems of two starts."""
    m = len(others) + 1
    width = max(1, m + extra)
    return 1e-3 + 5e-6 * (width * (2 * m + 1 + (L - 2) * width)) ** 2


@dataclass(frozen=True)
class Network:
    """½‖W − M‖²_F + (lam/L)·Σ‖W_l‖²_F for a product of factors of these sizes.   Shapes: M (trials, m + 1, m)."""

    M: Array
    lam: float
    sizes: tuple[int, ...]

    def asked(self, share: float = 1.0) -> Objective:
        """The objective with a share of the penalty."""
        weight, none = 2 * share * self.lam / (len(self.sizes) - 1), 0 * self.M[:, :1, :1]
        penalties = [weight * identity(size, self.M) + none for size in self.sizes[:-1]]
        return Objective(identity(self.sizes[0], self.M) + none, self.M, penalties, self.sizes)

    def loss(self, factors: list[Array]) -> Array:
        """The objective by its definition."""
        return norm(products(factors)[0][-1] - self.M) ** 2 / 2 + self.lam * self.cost(factors)

    def cost(self, factors: list[Array]) -> Array:
        return sum(norm(one) ** 2 for one in factors) / len(factors)

    def learnt(self, rng: Stream) -> Array:
        """The numbers of all factors after one training under a growing penalty."""
        w = flat([1.5 * orthonormal((self.M.shape[0], *pair), rng) for pair in pairwise(self.sizes)])
        for share in SHARES:
            w = train(self.asked(share), w)
        return w

    def lower(self, w: Array, other: Array) -> Array:
        """Of two trainings the one with the lower objective, the first where they are alike."""
        xp, asked = namespace(w), self.asked()
        better = asked.value(other) < asked.value(w) - 1e3 * xp.finfo(w.dtype).eps * norm(self.M) ** 2
        return xp.where(better[:, None], other, w)

    def pruned(self, w: Array) -> Array:
        """The factors without those modes that cost more than they are worth."""
        for place in range(min(self.sizes)):
            w = self.lower(w, train(self.asked(), self.without(w, place)))
        return w

    def without(self, w: Array, place: int) -> Array:
        """The factors with one of the modes of W taken out of the first and of the last."""
        first, *between, last = self.asked().factors(w)
        U, _, V = namespace(w).linalg.svd(products([first, *between, last])[0][-1], full_matrices=False)
        u, v = U[:, :, place : place + 1], turned(V[:, place : place + 1, :])
        return flat([first - u @ (turned(u) @ first), *between, last - (last @ v) @ turned(v)])


def orthonormal(shape: tuple[int, ...], rng: Stream) -> Array:
    """Random matrices with orthonormal columns, or rows where those are fewer."""
    trials, rows, columns = shape
    basis = rng.xp.linalg.qr(rng.normal((trials, max(rows, columns), min(rows, columns))))[0]
    return basis if rows >= columns else turned(basis)


def flat(factors: list[Array]) -> Array:
    xp = namespace(factors[0])
    return xp.concat([xp.reshape(one, (one.shape[0], -1)) for one in factors], axis=1)


@simulates(DeepFactorisation, cost=cost_of_network)
def deep_factorisation(*, s: float, others: Array, lam: float, L: int, extra: int, spread: float,
                       trials: int, rng: Stream) -> dict[str, Array]:
    """Trains a network for each M."""
    xp, m = rng.xp, len(others) + 1
    sizes = (m + 1, *[max(1, m + extra)] * (L - 1), m)
    U, V = orthonormal((trials, m + 1, m), rng), orthonormal((trials, m, m), rng)
    model = Network((U * rng.asarray([s, *map(float, others)])) @ turned(V), lam, sizes)
    w = model.pruned(model.lower(*(model.learnt(rng.child("start", place)) for place in (0, 1))))
    found, factors = certified(model.asked(), w), model.asked().factors(w)
    W, eps = products(factors)[0][-1], 8 * sum(sizes) * xp.finfo(w.dtype).eps
    inside, cost, lowest = turned(U) @ W @ V, model.cost(factors), model.loss(factors)
    modes = xp.linalg.diagonal(inside)
    values = xp.linalg.svdvals(W)
    free = free_factors(sizes, spread, trials, rng)
    loose = xp.linalg.svdvals(products(free)[0][-1])
    return {
        "beside": xp.linalg.diagonal(turned(U) @ model.M @ V)[:, 1:], "lower": values[:, 1:], "top": values[:, 0],
        "free_lower": loose[:, 1:], "free_top": loose[:, 0], "cost": cost, "free_cost": model.cost(free),
        "kept": modes[:, 0], "leak": norm(inside - modes[:, None, :] * identity(m, w)), "lowest": lowest,
        "error": found.moved + eps * norm(W),
        "cost_error": (2 * norm(w[:, None, :]) + found.apart) * found.apart + eps * cost,
        "value_error": found.left + eps * (lowest + norm(model.M) ** 2),
    }


def free_factors(sizes: tuple[int, ...], spread: float, trials: int, rng: Stream) -> list[Array]:
    """Aligned factors with the same singular values, and noise."""
    xp, rank = rng.xp, min(sizes)
    strength = xp.exp(rng.normal((trials, 1, rank)))
    bases = [orthonormal((trials, size, rank), rng) for size in sizes]
    return [(left * strength) @ turned(right) + spread * rng.normal((trials, left.shape[1], right.shape[1]))
            for left, right in pairwise(bases)]
