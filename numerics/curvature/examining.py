"""A user's model, loss and data, looked at before anything is measured: what does not fit is said in one line."""

import copy
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from numerics.curvature.problem import Loss, Problem, is_memory
from theory.errors import BadInput

TOO_LARGE = "audit: 1 sample at once does not fit into memory; give a smaller model"
SEVERAL = 64  # samples that show how a model behaves, or as many as fit into memory
FEW = 1e-9  # relative difference of sums of losses, in double precision, that rounding may make


def examine(model: nn.Module, loss: Loss, data: Any, precision: str = "float64") -> Problem:
    """The problem, on a copy of the model in the precision asked for; the user's own model is not touched.

    Raises BadInput for shapes that do not fit, integer inputs, values that are not finite, a model that answers
    differently the second time or lets samples mix, and a loss that is no number.
    """
    if not isinstance(model, nn.Module):
        raise BadInput(f"audit: the model is a {type(model).__name__}; give a torch.nn.Module")
    if not callable(loss):
        raise BadInput(f"audit: the loss is a {type(loss).__name__}; give a function of (outputs, targets)")
    dtype = {"float64": torch.float64, "float32": torch.float32}[precision]
    inputs, targets = (_cast(part, dtype) for part in samples(data))
    with torch.random.fork_rng():
        model = copy.deepcopy(model).to(dtype)
        trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
        if not trained:
            raise BadInput("audit: no parameter of the model has requires_grad; there is nothing to take curvature in")
        inputs, targets = inputs.to(trained[0].device), targets.to(trained[0].device)
        _finite(model, inputs, targets)
        few = _fitting(model, inputs)
        held = _steady(model, inputs[:few])
        reduction = _reduction(model, loss, inputs[:few], targets[:few])
    return Problem(model, loss, inputs, targets, reduction, held)


def samples(data: Any) -> tuple[Tensor, Tensor]:
    """Inputs and targets of all samples: a pair of arrays, or batches of pairs, passed over twice and compared."""
    if isinstance(data, tuple) and len(data) != 2:
        raise BadInput(f"audit: the data have {len(data)} parts; give (inputs, targets)")
    if isinstance(data, (tuple, list)) and len(data) == 2 and (
        all(hasattr(part, "shape") for part in data) or isinstance(data[0], list)
    ):
        inputs, targets = (_tensor(name, part) for name, part in zip(("inputs", "targets"), data, strict=True))
    elif isinstance(data, torch.utils.data.Dataset) and not isinstance(data, torch.utils.data.IterableDataset):
        inputs, targets = _joined(torch.utils.data.DataLoader(data, batch_size=1024))
    elif isinstance(data, Iterable):
        inputs, targets = _two_passes(data)
    else:
        raise BadInput(
            f"audit: the data are a {type(data).__name__}; give (inputs, targets), a Dataset or a DataLoader"
        )
    if inputs.ndim == 0 or targets.ndim == 0 or len(inputs) != len(targets):
        raise BadInput(f"audit: inputs {tuple(inputs.shape)} and targets {tuple(targets.shape)} are not of as many "
                       "samples; the first axis of both counts samples")
    if not len(inputs):
        raise BadInput("audit: the data hold no sample; give at least one")
    return inputs.detach(), targets.detach()


def _two_passes(data: Iterable[Any]) -> tuple[Tensor, Tensor]:
    """One pass, held; a shuffled second pass is as good, one with other samples is not."""
    first, second = _joined(data), _joined(data)
    prints = [sorted(_prints(*one)) for one in (first, second)]
    if prints[0] != prints[1]:
        raise BadInput("audit: two passes over the data gave different samples (random augmentation, or drop_last with "
                       "shuffle); give a fixed pair (inputs, targets)")
    return first


def _joined(batches: Iterable[Any]) -> tuple[Tensor, Tensor]:
    pairs = []
    for batch in batches:
        if not (isinstance(batch, (tuple, list)) and len(batch) == 2):
            raise BadInput("audit: a batch of the data is no pair (inputs, targets); wrap the loader so that it is")
        pairs.append((_tensor("inputs", batch[0]), _tensor("targets", batch[1])))
    if not pairs:
        raise BadInput("audit: the data gave no batch on a pass; give a DataLoader or a list, not a spent iterator")
    inputs, targets = zip(*pairs, strict=True)
    return torch.cat(inputs), torch.cat(targets)


def _tensor(name: str, array: Any) -> Tensor:
    try:
        return array if isinstance(array, Tensor) else torch.as_tensor(np.asarray(array))
    except (TypeError, ValueError) as fault:
        kind = getattr(array, "dtype", type(array).__name__)
        raise BadInput(f"audit: the {name} hold {kind}, not numbers; give an array of floats or of integers") from fault


def _prints(inputs: Tensor, targets: Tensor) -> list[bytes]:
    return [x.numpy(force=True).tobytes() + y.numpy(force=True).tobytes() for x, y in zip(inputs, targets, strict=True)]


def _cast(array: Tensor, dtype: torch.dtype) -> Tensor:
    return array.to(dtype) if array.is_floating_point() else array


def _finite(model: nn.Module, inputs: Tensor, targets: Tensor) -> None:
    for name, array in (("inputs", inputs), ("targets", targets)):
        bad = ~torch.isfinite(array).reshape(len(array), -1).all(dim=1)
        if bad.any():
            raise BadInput(f"audit: {name} of sample {int(bad.nonzero()[0, 0])} are not finite, as are those of "
                           f"{int(bad.sum())} in all; remove or mend them")
    for name, parameter in model.named_parameters():
        if isinstance(parameter, nn.parameter.UninitializedParameter):
            raise BadInput(f"audit: parameter {name} is not initialised; call the lazy model once on a batch")
        if not torch.isfinite(parameter).all():
            raise BadInput(f"audit: parameter {name} is not finite: the run has diverged; audit an earlier state")


def _fitting(model: nn.Module, inputs: Tensor) -> int:
    """As many samples, `SEVERAL` at most, as the model takes at once."""
    few = min(len(inputs), SEVERAL)
    while True:
        try:
            with torch.no_grad():
                model(inputs[:few])
        except Exception as fault:
            if not is_memory(fault):
                return few  # `_outputs` says what is wrong
            if few == 1:
                raise BadInput(TOO_LARGE) from fault
            few = few // 2
        else:
            return few


def _steady(model: nn.Module, few: Tensor) -> int:
    """Numbers that a forward pass of one sample keeps, after the model answered twice and changed nothing."""
    before = {name: buffer.clone() for name, buffer in model.named_buffers()}
    with torch.no_grad():
        once, again = _outputs(model, few), _outputs(model, few)
        half = _outputs(model, few[: (len(few) + 1) // 2])
    changed = [name for name, buffer in model.named_buffers() if not torch.equal(before[name], buffer)]
    training = [name or "the model" for name, part in model.named_modules()
                if part.training and (isinstance(part, nn.modules.dropout._DropoutNd) or list(part.buffers(False)))]
    advice = "leave out what draws random numbers, or mixes samples, in its forward pass"
    if training:
        advice = f"call model.eval() before the audit (in train mode: {', '.join(training)})"
    if changed:
        raise BadInput(f"audit: evaluating the model changes its buffer {changed[0]}; {advice}")
    if not torch.equal(once, again):
        raise BadInput(f"audit: the model answers differently the second time; {advice}")
    if once.shape[0] != len(few):
        raise BadInput(f"audit: {len(few)} samples give outputs {tuple(once.shape)}; the first axis must count samples")
    if not torch.isfinite(once).all():
        raise BadInput("audit: outputs of the model are not finite; audit an earlier state of the run")
    scale = once.abs().max()
    if (once[: len(half)] - half).abs().max() > 1e4 * torch.finfo(once.dtype).eps * scale:
        raise BadInput(f"audit: the output of a sample depends on the other samples of its batch; {advice}")
    _require_followed(model, few[:1])
    return _held(model, few[:1])


def _require_followed(model: nn.Module, one: Tensor) -> None:
    try:
        with torch.enable_grad():
            followed = model(one).requires_grad
    except Exception as fault:
        if not is_memory(fault):
            raise
        raise BadInput(TOO_LARGE) from fault
    if not followed:
        raise BadInput("audit: the outputs do not depend on the parameters in a way that autograd follows (detach, "
                       "no_grad or NumPy in the forward pass?); compute them with Torch throughout")


def _outputs(model: nn.Module, inputs: Tensor) -> Tensor:
    try:
        with torch.no_grad():
            found = model(inputs)
    except Exception as fault:
        first = _first_line(fault)
        if not inputs.is_floating_point():
            raise BadInput(f"audit: inputs are {inputs.dtype}, which the model does not take ({first}); "
                           "convert them to floats") from fault
        raise BadInput(f"audit: the model does not take inputs of shape {tuple(inputs.shape[1:])} a sample: {first}; "
                       "give the inputs that it was trained on") from fault
    if not isinstance(found, Tensor):
        raise BadInput(f"audit: the model returns a {type(found).__name__}; wrap it so that it returns one tensor")
    return found


def _first_line(fault: Exception) -> str:
    """What a fault of the user's own code says, with its kind where that is not said."""
    first = (str(fault).splitlines() or [""])[0]
    return first if isinstance(fault, RuntimeError) else f"{type(fault).__name__}: {first}"


def _held(model: nn.Module, one: Tensor) -> int:
    kept = [one.numel()]

    def heard(module: nn.Module, given: Any, result: Any) -> None:
        kept.append(result.numel() if isinstance(result, Tensor) else 0)

    hooks = [part.register_forward_hook(heard) for part in model.modules() if not list(part.children())]
    with torch.no_grad():
        model(one)
    for hook in hooks:
        hook.remove()
    return sum(kept)


def _reduction(model: nn.Module, loss: Loss, inputs: Tensor, targets: Tensor) -> str:
    """Whether the loss is the mean or the sum of its samples' losses, from a few samples in parts and together."""
    few, outputs = len(inputs), _outputs(model, inputs).detach()
    if outputs.shape != targets.shape and outputs.numel() == targets.numel() and targets.is_floating_point():
        raise BadInput(f"audit: outputs {tuple(outputs.shape)} and targets {tuple(targets.shape)} would be broadcast "
                       "against each other; give both the same shape")
    _value(loss, outputs, targets)
    with torch.enable_grad():
        if not loss(outputs.clone().requires_grad_(), targets).requires_grad:
            raise BadInput("audit: the loss does not depend on the outputs in a way that autograd follows; compute it "
                           "with Torch, from the outputs")
    noise = torch.randn(outputs.shape, generator=torch.Generator().manual_seed(0)).to(outputs)
    for moved in (outputs + noise, 0.7 * outputs, outputs.roll(1, dims=0)):  # at fitted outputs all losses may be 0
        try:
            found = _parts_and_whole(loss, moved, targets)
        except BadInput:
            continue  # outputs that this loss does not take
        if found:
            return found
    return "mean" if few == 1 else "joint"


def _parts_and_whole(loss: Loss, outputs: Tensor, targets: Tensor) -> str:
    """The reduction that the loss has at these outputs; empty where they cannot tell."""
    few = len(outputs)
    whole = _value(loss, outputs, targets)
    first = few // 3
    cuts = [slice(0, first), slice(first, few)] if first > 1 else [slice(0, 1), slice(1, few)]
    parts = [(_value(loss, outputs[cut], targets[cut]), cut.stop - cut.start) for cut in cuts if cut.stop > cut.start]
    mean, total = sum(value * size for value, size in parts) / few, sum(value for value, _ in parts)
    room = max(FEW, 1e3 * torch.finfo(outputs.dtype).eps) * max(abs(value) for value, _ in parts)
    if few == 1 or abs(mean - total) <= 2 * few * room:
        return ""
    if abs(mean - whole) <= room:
        return "mean"
    return "sum" if abs(total - whole) <= few * room else "joint"


def _value(loss: Callable[..., Any], outputs: Tensor, targets: Tensor) -> float:
    try:
        found = loss(outputs, targets)
    except Exception as fault:
        first = _first_line(fault)
        other = "integer" if targets.is_floating_point() else "float"
        typed = "dtype" in first or "scalar type" in first
        advice = f"give {other} targets" if typed else "give the targets that it was trained on"
        raise BadInput(f"audit: the loss does not take outputs {tuple(outputs.shape)} and targets "
                       f"{tuple(targets.shape)} {targets.dtype}: {first}; {advice}") from fault
    if not isinstance(found, Tensor) or found.numel() != 1:
        shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
        raise BadInput(f"audit: the loss returns {shape}, not one number; take its mean over the samples")
    if found.requires_grad:
        raise BadInput("audit: the loss depends on parameters other than through the outputs, which the audit cannot "
                       "follow; leave the penalty out of it")
    if not torch.isfinite(found):
        raise BadInput("audit: the loss is not finite; audit an earlier state of the run")
    return float(found)
