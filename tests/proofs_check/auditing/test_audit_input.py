"""What an audit takes for model, loss and data, and what it refuses, in one line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from numerics.curvature import problem
from proofs_check import audit
from proofs_check.cli import cli
from tests.audit_toys import D, N, X, Y, half, linear, model_with, rows
from theory.errors import BadInput


class Loader:
    """Batches whose order, or content, changes with every pass."""

    def __init__(self, change: Callable[[np.random.Generator, np.ndarray], np.ndarray]) -> None:
        self.change, self.rng = change, np.random.default_rng(1)

    def __iter__(self) -> Any:
        X = self.change(self.rng, rows())
        return iter([(X[:6], np.zeros((6, 1))), (X[6:], np.zeros((len(X) - 6, 1)))])


def test_a_loader_that_shuffles_gives_what_its_samples_give() -> None:
    model, loss, data = linear()
    shuffling = Loader(lambda g, X: g.permutation(X))
    fixed, shuffled = audit(model, loss, data, eta=0.1), audit(model, loss, shuffling, eta=0.1)
    assert abs(shuffled.trace.value / fixed.trace.value - 1) < 1e-12


class Faulty(nn.Module):
    """A linear model with something else on the way."""

    def __init__(self, between: Callable[[torch.Tensor], Any]) -> None:
        super().__init__()
        self.inner, self.between = nn.Linear(D, 1), between

    def forward(self, x: torch.Tensor) -> Any:
        return self.between(self.inner(x))


def raises(*given: Any) -> Any:
    raise KeyError("nothing")


def spent() -> Any:
    raise MemoryError


def scaled(model: nn.Module, factor: float) -> nn.Module:
    model[0].weight.data *= factor  # type: ignore[index]
    return model


NAN = np.where(np.arange(N)[:, None] == 3, np.nan, X)
BAD: dict[str, tuple[Any, ...]] = {
    "dropout": (model_with(nn.Dropout(0.5)), half, (X, Y), "model.eval()"),
    "batch norm in train mode": (model_with(nn.BatchNorm1d(6)), half, (X, Y), "model.eval()"),
    "batch norm without running statistics": (
        model_with(nn.BatchNorm1d(6, track_running_stats=False)), half, (X, Y), "other samples"),
    "vector loss": (model_with(), lambda f, y: (f - y) ** 2, (X, Y), "not one number"),
    "loss that is not finite": (model_with(), lambda f, y: half(f, y) / 0, (X, Y), "loss is not finite"),
    "non-finite inputs": (model_with(), half, (NAN, Y), "sample 3"),
    "non-finite targets": (model_with(), half, (X, NAN[:, :1]), "targets of sample 3"),
    "wrong width": (model_with(), half, (rows()[:, :3], Y), "shape (3,)"),
    "other counts": (model_with(), half, (X, Y[:5]), "as many samples"),
    "text": (model_with(), half, (X.astype(str), Y), "not numbers"),
    "objects": (model_with(), half, (X, Y.astype(object)), "targets hold object"),
    "complex numbers": (model_with(), half, (X + 1j, Y), "complex128"),
    "three parts": (model_with(), half, (X, Y, Y), "3 parts"),
    "no data": (model_with(), half, None, "NoneType"),
    "batches that are no pairs": (model_with(), half, [X, Y, Y], "no pair"),
    "a spent iterator": (model_with(), half, iter([(X, Y)]), "spent"),
    "drop_last with shuffle": (
        model_with(), half,
        torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y)), 5, True,
                                    drop_last=True), "two passes"),
    "weights that are not finite": (scaled(model_with(), np.nan), half, (X, Y), "the run has diverged"),
    "outputs that are not finite": (scaled(model_with(nn.ReLU()), 1e400), half, (X, Y), "not finite"),
    "noise": (Faulty(lambda f: f + torch.randn(f.shape)), half, (X, Y), "random numbers"),
    "dropout that eval() does not end": (Faulty(nn.functional.dropout), half, (X, Y), "random numbers"),
    "a model that raises": (Faulty(raises), half, (X, Y), "KeyError: 'nothing'"),
    "a model with two outputs": (Faulty(lambda f: (f, f)), half, (X, Y), "returns a tuple"),
    "a model that hides its parameters": (Faulty(torch.Tensor.detach), half, (X, Y), "detach"),
    "a lazy model": (nn.Sequential(nn.LazyLinear(3), nn.Linear(3, 1)), half, (X, Y), "lazy"),
    "a frozen model": (nn.Sequential(nn.Linear(D, 1).requires_grad_(False)), half, (X, Y), "requires_grad"),
    "no room for a sample": (Faulty(lambda f: spent()), half, (X, Y), "1 sample at once"),
    "a loss that raises": (model_with(), raises, (X, Y), "KeyError"),
    "a loss of another kind": (model_with(), lambda f: f.mean(), (X, Y), "TypeError"),
    "a loss without the outputs": (model_with(), lambda f, y: torch.tensor(1.0), (X, Y), "depend on the outputs"),
    "a loss that is a float": (model_with(), lambda f, y: float(half(f, y)), (X, Y), "float, not one number"),
    "no loss": (model_with(), 3, (X, Y), "function of (outputs, targets)"),
    "float classes": (nn.Sequential(nn.Linear(D, 3)), nn.CrossEntropyLoss(), (X, np.zeros(N)), "give integer targets"),
    "classes beyond the outputs": (
        nn.Sequential(nn.Linear(D, 3)), nn.CrossEntropyLoss(), (X, np.full(N, 7)), "out of bounds"),
    "integers": (model_with(), half, (np.arange(N * D).reshape(N, D), Y), "convert them to floats"),
    "broadcast": (model_with(), half, (X, Y[:, 0]), "broadcast"),
    "empty": (model_with(), half, (X[:0], Y[:0]), "no sample"),
    "other samples each pass": (model_with(), half, Loader(lambda g, X: X + g.normal(size=X.shape)), "two passes"),
    "no parameters": (nn.Sequential(nn.ReLU()), half, (X, Y), "requires_grad"),
    "no model": (lambda x: x, half, (X, Y), "torch.nn.Module"),
    "targets of another kind": (model_with(), nn.CrossEntropyLoss(), (X, np.zeros((N, 2, 2), int)), "targets"),
}  # fmt: skip


@pytest.mark.parametrize(("model", "loss", "data", "said"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_told_in_one_line(model: Any, loss: Any, data: Any, said: str) -> None:
    with pytest.raises(BadInput) as fault:
        audit(model, loss, data, eta=0.1)
    assert said in str(fault.value)
    assert "\n" not in str(fault.value)


SUBJECTS = """
from tests.proofs_check.auditing.test_audit_input import BAD
for at, (model, loss, data, _) in enumerate(BAD.values()):
    globals()[f"subject{at}"] = lambda model=model, loss=loss, data=data: (model, loss, data, 0.1)
"""


def test_the_verb_tells_bad_input_in_one_line_and_exits_with_two(tmp_path: Path) -> None:
    (tmp_path / "subjects.py").write_text(SUBJECTS)
    for at, (name, (*_, said)) in enumerate(BAD.items()):
        done = CliRunner().invoke(cli, ["audit", f"{tmp_path}/subjects.py:subject{at}"], standalone_mode=False)
        assert done.return_value == 2, name
        assert said in done.stderr and done.stderr.count("\n") == 1 and not done.stdout, name
        assert done.stderr.startswith("proofs-check: audit: "), done.stderr


@pytest.mark.parametrize("data", [
    (X.tolist(), Y.tolist()),
    [(X[:5], Y[:5]), (X[5:], Y[5:])],
    torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y)),
    torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(Y)), 5, shuffle=True),
], ids=["lists", "batches", "Dataset", "shuffling DataLoader"])  # fmt: skip
def test_data_of_every_kind_are_the_same_samples(data: Any) -> None:
    found, plain = (audit(model_with(nn.Tanh()), half, given, eta=0.1) for given in (data, (X, Y)))
    assert abs(found.trace.value / plain.trace.value - 1) < 1e-12
    assert abs(audit(model_with(nn.Tanh()), half, (1.1 * X, Y), eta=0.1).trace.value / plain.trace.value - 1) > 1e-3


@pytest.mark.parametrize("asked", [{"eta": 0}, {"eta": -1.0}, {"eta": float("nan")}, {"eta": 0.1, "batch_size": 0},
                                   {"eta": 0.1, "batch_size": N + 1}, {"eta": 0.1, "sampling": "some"}])  # fmt: skip
def test_a_bad_run_is_told(asked: dict[str, Any]) -> None:
    with pytest.raises(BadInput, match=next(reversed(asked))):
        audit(*linear(), **asked)


def test_a_loss_with_parameters_of_its_own_is_refused() -> None:
    model, _, data = linear()
    with pytest.raises(BadInput, match="penalty"):
        audit(model, lambda f, y: half(f, y) + model[0].weight.square().sum(), data, eta=0.1)  # type: ignore[index]


@pytest.mark.parametrize("mended", [model_with(nn.Dropout(0.5)).eval(), model_with(nn.BatchNorm1d(6)).eval()])
def test_the_same_models_in_evaluation_are_audited(mended: nn.Module) -> None:
    assert audit(mended, half, (X, Y), eta=0.1).trace.value > 0


def test_few_numbers_at_a_time_give_the_same_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_with(nn.Tanh())
    whole = audit(model, half, (X, Y), eta=0.1, batch_size=2)
    monkeypatch.setattr(problem, "CHUNK_NUMBERS", 1)
    pieces = audit(model, half, (X, Y), eta=0.1, batch_size=2)
    assert abs(pieces.lambda_max.value / whole.lambda_max.value - 1) < 1e-9
    assert abs(pieces.trace.value / whole.trace.value - 1) < 1e-12


SHORT = (
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4000000000 bytes.\nError code 12"),
    MemoryError(),
)


class Greedy(nn.Module):
    """A model that runs out of memory beyond some samples at once, in training or `always`."""

    def __init__(self, most: int, fault: Exception = SHORT[0], always: bool = False) -> None:
        super().__init__()
        self.inner, self.most, self.fault, self.always = nn.Linear(D, 1), most, fault, always

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if (torch.is_grad_enabled() or self.always) and len(x) > self.most:
            raise self.fault
        return self.inner(x)


@pytest.mark.parametrize("always", [False, True])
@pytest.mark.parametrize("fault", SHORT, ids=lambda fault: type(fault).__name__)
def test_where_memory_runs_out_the_audit_goes_on_in_smaller_chunks(fault: Exception, always: bool) -> None:
    found, plenty = (audit(Greedy(most, fault, always), half, (X, Y), eta=0.1, batch_size=2) for most in (3, N))
    assert "memory ran out: samples were taken 3 at a time" in found.notes and not plenty.notes
    assert abs(found.trace.value / plenty.trace.value - 1) < 1e-9  # a linear model: its weights do not matter
    with pytest.raises(BadInput, match="1 sample at once does not fit"):
        audit(Greedy(0), half, (X, Y), eta=0.1)


def test_another_fault_of_the_model_is_not_taken_for_lack_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*given: Any, **more: Any) -> None:
        raise RuntimeError("another fault")

    monkeypatch.setattr("numerics.curvature.measuring.measure", fails)
    with pytest.raises(RuntimeError, match="another fault"):
        audit(*linear(), eta=0.1)
