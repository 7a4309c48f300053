"""Dense and convolutional layers as products with patches, samples as the last axis.

Only the columns of a window are copied. Its rows are a view that overlaps, so that patches of three rows hold a number
three times, not nine, and a layer is one product for each row of its outputs.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Affine:
    """A layer, what entered it, and the patches of that; `leaving`: the shape of its outputs.

    Places of a window count in the order (row, column, channel). A dense layer has one row and one column.
    Shapes: entered (C, H, W, m) or (d, m); patches (rows, K, columns·m); leaving (out, rows, columns, m) or (out, m).
    """

    layer: Any
    entered: Tensor
    patches: Tensor
    leaving: tuple[int, ...]

    @property
    def weight(self) -> Tensor:
        return self.placed(self.layer.weight.detach())

    def placed(self, weight: Tensor) -> Tensor:
        """Weights as a matrix.   Shapes: like the layer's -> (out, K)."""
        return weight.movedim(1, -1).flatten(1)

    def parameter(self, weight: Tensor) -> Tensor:
        """The reverse of `placed`."""
        out, inner, *window = self.layer.weight.shape
        return weight.reshape(out, *window, inner).movedim(-1, 1)

    def flat(self, delta: Tensor) -> Tensor:
        """Shapes: like `leaving` -> (out, rows, columns·m)."""
        return delta.reshape(len(delta), len(self.patches), -1)

    def unfold(self, h: Tensor) -> Tensor:
        return unfolded(self.layer, h, self.leaving)

    def pull(self, weight: Tensor, delta: Tensor) -> Tensor:
        """Derivatives in what enters, from those in what leaves, for any number of outputs.

        A row of the input meets the outputs of the rows whose windows see it: again a product with overlapping rows.
        Shapes: weight (out, K), delta (out, rows, columns·m) -> like `entered`.
        """
        if isinstance(self.layer, nn.Linear):
            return weight.T @ delta[:, 0]
        (high, wide), (step, _), (gap, _), (above, _) = _form(self.layer)
        C, H, W, m = self.entered.shape
        reach = (high - 1) * gap
        spread = delta.new_zeros(max(H + above, step * delta.shape[1]) + reach, len(delta), delta.shape[2])
        spread[reach : reach + step * delta.shape[1] : step] = delta.transpose(0, 1)
        turned = weight.reshape(-1, high, wide, C).flip(1).permute(2, 3, 1, 0).reshape(wide * C, -1)
        moved = times(turned, _windows(spread[above:], H, 1, high, gap)).reshape(wide, C, H, -1, m)
        whole = delta.new_zeros(C, H, W, m)
        for piece, (outer, inner) in zip(moved, _columns(self.layer, W, moved.shape[3]), strict=True):
            whole[:, :, outer] += piece[:, :, inner]
        return whole

    def patches_first(self) -> Tensor:
        """The patches with samples as the first axis.   Shapes: (m, positions, K).

        Numbers of a patch in any order: copied in the longer of two kinds of runs, of a window or of positions.
        """
        if isinstance(self.layer, nn.Linear):
            return self.entered.T.unsqueeze(1)
        (high, wide), (down, right), (gap, space), (above, left) = _form(self.layer)
        (rows, columns), (channels, _, _, m) = self.leaving[1:3], self.entered.shape
        windowed = wide * channels >= columns
        padded = functional.pad(self.entered, (0, 0, left, left, above, above))
        padded = padded.permute((3, 1, 2, 0) if windowed else (3, 0, 1, 2)).contiguous()
        each, row, column, channel = padded.stride() if windowed else (padded.stride(i) for i in (0, 2, 3, 1))
        places = [(rows, down * row), (columns, right * column)]
        window = [(high, gap * row), (wide, space * column)]
        axes = [*places, *window, (channels, channel)] if windowed else [(channels, channel), *window, *places]
        sizes, steps = zip((m, each), *axes, strict=True)
        found, K = padded.as_strided(sizes, steps), high * wide * channels
        return found.reshape(m, rows * columns, K) if windowed else found.reshape(m, K, rows * columns).mT

    def norms(self, seeds: int) -> Callable[[Tensor], Tensor]:
        """From δ the squared norm of the gradients, summed over samples, made ready for so many δ.

        With δ and P at every position a gradient is δᵀP, and ‖δᵀP‖² = ⟨δδᵀ, PPᵀ⟩: over parameters or over positions,
        what counts fewer.
        """
        patches, bias = self.patches_first(), self.layer.bias is not None
        if self.by_positions(seeds, seeds):
            inner = (_squares(patches) + bias).flatten()
            return lambda delta: torch.dot(_squares(self._first(delta).mT).flatten(), inner)

        def norm(delta: Tensor) -> Tensor:
            delta = self._first(delta)
            found = torch.linalg.vector_norm(delta @ patches) ** 2
            return found + torch.linalg.vector_norm(delta.sum(2)) ** 2 if bias else found

        return norm

    def gram(self, deltas: Tensor) -> Tensor:
        """Inner products of the gradients of every sample: ⟨δᵀP, δ′ᵀP⟩ = ⟨δδ′ᵀ, PPᵀ⟩, as in `norms`.

        Shapes: deltas (k, out, rows, columns·m) -> (m, k, k).
        """
        k, out, patches = *deltas.shape[:2], self.patches_first()
        m, positions, _ = patches.shape
        if not self.by_positions(k, k * k):
            return torch.stack([_squares(part) for part in self.rows(deltas)]).sum(0)
        rows = self._first(deltas.flatten(0, 1)).reshape(m, k, out, positions).mT.reshape(m, k * positions, out)
        inner = _squares(patches) + (self.layer.bias is not None)
        return (_squares(rows).reshape(m, k, positions, k, positions) * inner[:, None, :, None, :]).sum((2, 4))

    def rows(self, deltas: Tensor) -> list[Tensor]:
        """Gradients of weights, and of biases.   Shapes: deltas (k, out, rows, columns·m) -> (m, k, …) each."""
        (k, out), m, delta = deltas.shape[:2], self.leaving[-1], self._first(deltas.flatten(0, 1))
        found = [(delta @ self.patches_first()).reshape(m, k, -1)]
        return found if self.layer.bias is None else [*found, delta.sum(2).reshape(m, k, out)]

    def by_positions(self, seeds: int, pairs: int) -> bool:
        """Whether products over positions count fewer, for so many pairs of δ."""
        positions, (out, K) = math.prod(self.leaving[1:-1]), self.weight.shape
        return positions * (K + pairs * out) <= seeds * out * K

    def _first(self, delta: Tensor) -> Tensor:
        """Samples first, without gaps, else torch multiplies them one by one.   Shapes: -> (m, out, positions)."""
        return delta.reshape(len(delta), -1, self.leaving[-1]).permute(2, 0, 1).contiguous()


def applied(layer: Any, h: Tensor) -> tuple[Affine, Tensor]:
    """The layer with its patches, and what leaves it."""
    leaving = _leaving(layer, h.shape)
    step = Affine(layer, h, unfolded(layer, h, leaving), leaving)
    z = times(step.weight, step.patches)
    return step, (z if layer.bias is None else z.add_(layer.bias.detach()[:, None, None])).reshape(leaving)


def unfolded(layer: Any, h: Tensor, leaving: tuple[int, ...]) -> Tensor:
    """The patches of all positions.   Shapes: (C, H, W, m) or (d, m) -> (rows, K, columns·m)."""
    if isinstance(layer, nn.Linear):
        return h.unsqueeze(0)
    (high, wide), (step, _), (gap, _), (above, _) = _form(layer)
    (C, H, W, m), (rows, count) = h.shape, leaving[1:3]
    spread = h.new_zeros(H + 2 * above, wide, C, count, m)
    for k, (outer, inner) in enumerate(_columns(layer, W, count)):
        spread[above : above + H, k, :, inner] = h[:, :, outer].transpose(0, 1)
    return _windows(spread.reshape(len(spread), wide * C, -1), rows, step, high, gap)


def times(weight: Tensor, patches: Tensor) -> Tensor:
    """Shapes: weight (out, K), patches (rows, K, columns·m) -> (out, rows, columns·m)."""
    found = patches.new_empty(len(weight), len(patches), patches.shape[2])
    torch.bmm(weight.expand(len(patches), -1, -1), patches, out=found.transpose(0, 1))
    return found


def slopes(delta: Tensor, patches: Tensor) -> Tensor:
    """Gradient in the weights.   Shapes: delta (out, rows, columns·m), patches (rows, K, columns·m) -> (out, K)."""
    return torch.bmm(delta.transpose(0, 1), patches.mT).sum(0)


def _windows(spread: Tensor, rows: int, step: int, high: int, gap: int) -> Tensor:
    """`rows` windows of `high` rows each, without a copy unless there are gaps.

    Shapes: spread (any, k, N) -> (rows, high·k, N).
    """
    row = spread.stride(0)
    found = spread.as_strided((rows, high, *spread.shape[1:]), (step * row, gap * row, spread.shape[2], 1))
    return found.reshape(rows, -1, spread.shape[2])


def _columns(layer: nn.Conv2d, W: int, count: int) -> list[tuple[slice, slice]]:
    """For each column of the window: which columns of the input it sees, and from which of the outputs."""
    _, (_, step), (_, gap), (_, left) = _form(layer)
    found = []
    for shift in (k * gap - left for k in range(layer.kernel_size[1])):
        first, last = max(0, -(shift // step)), min(count - 1, (W - 1 - shift) // step)
        if last < first:
            found.append((slice(0, 0), slice(0, 0)))
            continue
        found.append((slice(first * step + shift, last * step + shift + 1, step), slice(first, last + 1)))
    return found


def _form(layer: nn.Conv2d) -> tuple[tuple[int, int], ...]:
    """Window, stride, gaps and padding, each of rows and columns."""
    return layer.kernel_size, layer.stride, layer.dilation, layer.padding  # type: ignore[return-value]


def _leaving(layer: Any, entered: torch.Size) -> tuple[int, ...]:
    if isinstance(layer, nn.Linear):
        return (layer.out_features, entered[-1])
    sides = zip(entered[1:3], *_form(layer), strict=True)
    return (layer.out_channels, *((n + 2 * pad - gap * (window - 1) - 1) // stride + 1
                                  for n, window, stride, gap, pad in sides), entered[-1])  # fmt: skip


def _squares(rows: Tensor) -> Tensor:
    return rows @ rows.mT

