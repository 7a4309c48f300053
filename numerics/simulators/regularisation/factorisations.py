"""Embeddings and deep factorisations, trained factor by factor to a local minimum that is certified."""

from dataclasses import dataclass

from numerics.arrays import Array, namespace
from numerics.simulator import simulates
from numerics.streams import Stream
from numerics.training.factors import Objective, Trained, certified, identity, norm, train, turned
from theory.settings.regularisation.factorisations import ItemEmbeddings


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
        A, turned_B = asked.factors(found.w)
        return A, turned(turned_B), found


@simulates(ItemEmbeddings, cost=cost_of_embeddings)
def item_embeddings(*, s: float, others: Array, rest: float, spare: int, lam: float, objective: str,
                    trials: int, rng: Stream) -> dict[str, Array]:
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
    error = found.moved + found.apart * (2 * norm(A) + 2 * norm(B) + found.apart)
    error = error + eps * (norm(A) + norm(B)) ** 2 * (1 + norm(A) * norm(B))
    return {
        "lowest": lowest, "map": quadratic(v, W), "items": quadratic(v, B @ turned(B)),
        "users": quadratic(v, A @ turned(A)), "leak": between(V, k, W),
        "gram_leak": between(V, k, B @ turned(B)) + between(V, k, A @ turned(A)),
        **compared(B, other, found.apart + found_too.apart), **changed(model, A, B, rng),
        "value_error": value_error, "error": error,
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
