"""Networks of dense layers, f(x) = φ_L(W_L φ_{L−1}(… φ₁(W₁x + b₁) …) + b_L), with gradients and curvature by hand.

Every array has the models of a batch as leading axes, or none. A layer is (W, b) with W (…, out, in) and b (…, out),
or None for b. Products and traces are those of Σᵢ ℓᵢ(f(xᵢ)); a caller scales g = ∇ℓ and S = ∇²ℓ for a mean.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from numerics.arrays import Array, device_of, namespace
from numerics.networks.activations import Activation

Layer: TypeAlias = tuple[Array, Array | None]
Layers: TypeAlias = Sequence[Layer]


@dataclass(frozen=True)
class Pass:
    """A forward pass: what enters every layer, what it gives before and after its activation.

    Shapes: inputs[l] (…, n, in), drives[l] (…, n, out), slopes[l] (…, n, out), outputs (…, n, C).
    """

    layers: Layers
    activations: Sequence[Activation]
    inputs: list[Array]
    drives: list[Array]
    slopes: list[Array | None]
    outputs: Array


def forward(layers: Layers, activations: Sequence[Activation], x: Array) -> Pass:
    """The pass of all models on their inputs.   Shapes: x (…, n, d)."""
    inputs, drives, derivatives = [], [], []
    for (W, b), activation in zip(layers, activations, strict=True):
        inputs.append(x)
        z = x @ _transposed(W)
        z = z if b is None else z + b[..., None, :]
        drives.append(z)
        if activation.name == "identity":
            derivatives.append(None)
            x = z
            continue
        x = activation.value(z)
        of_value = activation.of_value
        derivatives.append(activation.slope(z) if of_value is None else of_value(x))
    return Pass(layers, activations, inputs, drives, derivatives, x)


def backward(run: Pass, seeds: Array, copies: int = 0) -> list[Array]:
    """∂(seeds·f)/∂z of every layer, for one seed a sample (copies 0) or several.

    Shapes: seeds (…, n, C) or (…, n, k, C) -> (…, n, out) or (…, n, k, out) for each layer.
    """
    deltas, passed = [], seeds
    for layer in reversed(range(len(run.layers))):
        slope = run.slopes[layer]
        if slope is not None:
            passed = passed * (slope[..., None, :] if copies else slope)
        deltas.append(passed)
        if layer:
            W = run.layers[layer][0]
            passed = passed @ (W[..., None, :, :] if copies and W.ndim > 2 else W)
    return deltas[::-1]


def gradients(run: Pass, deltas: Sequence[Array]) -> list[Layer]:
    """Gradient of Σᵢ ℓᵢ in every layer, from the deltas of its seeds ∇ℓᵢ."""
    return [
        (_transposed(delta) @ h, None if b is None else _sum(delta, -2))
        for (_, b), h, delta in zip(run.layers, run.inputs, deltas, strict=True)
    ]


def sample_grams(run: Pass, seeds: Array) -> Array:
    """Inner products of the k gradients ∇(seedᵢ·f(xᵢ)) of each sample, which are never formed.

    ∂f/∂W = δhᵀ, so ⟨δhᵀ, δ′hᵀ⟩ = ⟨δ, δ′⟩‖h‖².   Shapes: seeds (…, n, k, C) -> (…, n, k, k).
    """
    found = None
    for (_, b), h, delta in zip(run.layers, run.inputs, backward(run, seeds, copies=1), strict=True):
        weight = _sum(h**2, -1) + (0 if b is None else 1)
        part = weight[..., None, None] * (delta @ _transposed(delta))
        found = part if found is None else found + part
    return found


def gram(run: Pass, seeds: Array) -> Array:
    """Inner products of all n·k gradients ∇(seedᵢ·f(xᵢ)).   Shapes: seeds (…, n, k, C) -> (…, nk, nk)."""
    xp, found = namespace(seeds), None
    *lead, n, k, _ = seeds.shape
    for (_, b), h, delta in zip(run.layers, run.inputs, backward(run, seeds, copies=1), strict=True):
        rows = xp.reshape(delta, (*lead, n * k, delta.shape[-1]))
        inner = (h @ _transposed(h) + (0 if b is None else 1))[..., :, None, :, None]
        inner = xp.reshape(xp.broadcast_to(inner, (*lead, n, k, n, k)), (*lead, n * k, n * k))
        part = inner * (rows @ _transposed(rows))
        found = part if found is None else found + part
    return found


@dataclass(frozen=True)
class Bowl:
    """What products with the Hessian of Σᵢ ℓᵢ(f(xᵢ)) need: S = ∇²ℓᵢ, the deltas of ∇ℓᵢ, and φ″(z)·∂ℓ/∂φ(z).

    Without deltas and bends the products are those with Σ JᵢᵀSᵢJᵢ (Gauss-Newton).
    """

    run: Pass
    hessians: Array
    deltas: list[Array] | None = None
    bends: list[Array | None] | None = None


def bowl(run: Pass, gradients_out: Array, hessians: Array) -> Bowl:
    """The Hessian, from ∇ℓᵢ and ∇²ℓᵢ in the outputs.   Shapes: (…, n, C), (…, n, C, C)."""
    deltas, bends = backward(run, gradients_out), []
    for layer, (activation, z) in enumerate(zip(run.activations, run.drives, strict=True)):
        last = layer + 1 == len(run.layers)
        above = gradients_out if last else deltas[layer + 1] @ run.layers[layer + 1][0]
        bends.append(activation.curvature(z) * above if activation.bent else None)
    return Bowl(run, hessians, deltas, bends)


def product(bowl: Bowl, V: Layers) -> list[Layer]:
    """Curvature times V, by forward differentiation of the gradient (Pearlmutter).

    V may have one more leading axis than the layers, of several vectors.   Shapes: V like the layers -> like V.
    """
    run, deltas = bowl.run, bowl.deltas
    moved, tangents = _tangents(run, V)
    passed, products = (bowl.hessians @ moved[..., None])[..., 0], []
    for layer in reversed(range(len(run.layers))):
        (W, b), (dh, dz), bend = run.layers[layer], tangents[layer], bowl.bends[layer] if bowl.bends else None
        if run.slopes[layer] is not None:
            passed = passed * run.slopes[layer]
        if bend is not None:
            passed = passed + bend * dz
        inner = _transposed(passed) @ run.inputs[layer]
        if deltas is not None and dh is not None:
            inner = inner + _transposed(deltas[layer]) @ dh
        products.append((inner, None if b is None else _sum(passed, -2)))
        if layer:
            passed = passed @ W
            passed = passed if deltas is None else passed + deltas[layer] @ V[layer][0]
    return products[::-1]


def hessian_trace(bowl: Bowl) -> Array:
    """Trace of the Hessian of Σᵢ ℓᵢ(f(xᵢ)), exactly, from the Hessians of ℓᵢ in every layer's drive z.

    ∂²ℓ/∂W_ab² = h_b² ∂²ℓ/∂z_a². In z the Hessian is FᵀSF + diag(d) + M, with F (C, width) the slopes of the outputs.
    Two hidden layers need no M, as the lowest layer enters by its diagonal alone: n·C·width² a layer, with M n·width³.
    Shapes: -> (…).
    """
    run, S, total = bowl.run, bowl.hessians, 0
    F, d, M = S * 0 + _eye(S), None, None
    for layer in reversed(range(len(run.layers))):
        (W, b), slope, bend = run.layers[layer], run.slopes[layer], bowl.bends[layer] if bowl.bends else None
        if slope is not None:
            F = F * slope[..., None, :]
            d = None if d is None else d * slope**2
            M = None if M is None else slope[..., :, None] * M * slope[..., None, :]
        if bend is not None:
            d = bend if d is None else d + bend
        inner = _sum(_sum((S @ F) * F, -1), -1)
        inner = inner if d is None else inner + _sum(d, -1)
        inner = inner if M is None else inner + _sum(_sum(M * _eye(M), -1), -1)
        total = total + _sum(inner * (_sum(run.inputs[layer] ** 2, -1) + (0 if b is None else 1)), -1)
        if layer:
            F, d, M = _below(W, F, d, M, lowest=layer == 1)
    return total


def _below(
    W: Array, F: Array, d: Array | None, M: Array | None, lowest: bool
) -> tuple[Array, Array | None, Array | None]:
    """The parts of the Hessian in what enters a layer; of the lowest one only the diagonal."""
    wide = W[..., None, :, :] if W.ndim > 2 else W
    if not lowest:
        full = M if d is None else d[..., :, None] * _eye(d) + (0 if M is None else M)
        return F @ wide, None, None if full is None else _transposed(wide) @ full @ wide
    diagonal = None if d is None else d @ (W * W)
    if M is not None:
        part = _sum((M @ wide) * wide, -2)
        diagonal = part if diagonal is None else diagonal + part
    return F @ wide, diagonal, None


def _tangents(run: Pass, V: Layers) -> tuple[Array, list[tuple[Array | None, Array]]]:
    """Directional derivative of the outputs, and of every layer's inputs and drives."""
    dh, found = None, []
    for (W, _), (dW, db), h, slope in zip(run.layers, V, run.inputs, run.slopes, strict=True):
        dz = h @ _transposed(dW)
        dz = dz if dh is None else dz + dh @ _transposed(W)
        dz = dz if db is None else dz + db[..., None, :]
        found.append((dh, dz))
        dh = dz if slope is None else dz * slope
    return dh, found


def _eye(array: Array) -> Array:
    """The unit matrix of the last axis."""
    return namespace(array).eye(array.shape[-1], dtype=array.dtype, device=device_of(array))


def _transposed(array: Array) -> Array:
    return namespace(array).matrix_transpose(array)


def _sum(array: Array, axis: int) -> Array:
    return namespace(array).sum(array, axis=axis)
