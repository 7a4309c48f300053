"""Audits of toy models whose curvature is known, what applies at which batch size, and bad input."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from numerics.curvature import many, problem
from proofs_check import AuditTrail, audit, audits
from proofs_check.cli import cli
from theory.errors import BadInput
from theory.programs.mean_square import stability_threshold

N, D = 12, 4


def half(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return ((outputs - targets) ** 2).sum(dim=-1).mean() / 2


def rows() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(N, D))


def linear(outputs: int = 1) -> tuple[nn.Module, Any, tuple[np.ndarray, np.ndarray]]:
    """Fitted least squares, whose Hessian is (1/n) Σ xᵢxᵢᵀ for each output."""
    model = nn.Linear(D, outputs, bias=False)
    nn.init.zeros_(model.weight)
    return nn.Sequential(model), half, (rows(), np.zeros((N, outputs)))


def bound(found: Any, name: str) -> Any:
    return next(one for one in found.verdicts if one.name == name)


@pytest.mark.parametrize("sampling", ["with", "without"])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_linear_model_is_judged_at_its_known_threshold(batch: int, sampling: str) -> None:
    (threshold,), _ = stability_threshold(rows()[None], batch=batch, sampling=sampling)
    for factor, verdict in ((0.99, "supported"), (1.01, "refuted")):
        found = audit(*linear(), eta=factor * threshold, batch_size=batch, sampling=sampling)
        assert abs(found.threshold.value / threshold - 1) < 1e-3
        assert bound(found, "mean_square").applies
        assert bound(found, "mean_square").verdict == verdict
        assert found.refuted == (verdict == "refuted")


def test_numbers_of_a_linear_model_are_those_of_its_matrix() -> None:
    H = rows().T @ rows() / N
    found = audit(*linear(), eta=0.1)
    for interval, truth in ((found.lambda_max, np.linalg.eigvalsh(H)[-1]), (found.trace, np.trace(H)),
                            (found.frobenius, np.linalg.norm(H))):  # fmt: skip
        assert interval.low - 1e-12 <= truth <= interval.high + 1e-12
        assert not interval.low <= 1.1 * truth <= interval.high
    assert found.residual < 1e-12


def test_each_bound_applies_at_its_own_batch_size() -> None:
    applying = {B: {one.name for one in audit(*linear(), eta=0.01, batch_size=B).verdicts if one.applies}
                for B in (1, 4, N)}  # fmt: skip
    assert applying[1] == {"lambda_max", "trace", "moments", "mean_square"}
    assert applying[4] == {"lambda_max", "frobenius", "moments", "mean_square"}
    assert applying[N] == {"lambda_max", "mean_square"}


def test_a_trace_above_the_bound_refutes_at_batch_size_one_only() -> None:
    trace = np.trace(rows().T @ rows() / N)
    eta = 2.2 / trace
    assert bound(audit(*linear(), eta=eta, batch_size=1), "trace").verdict == "refuted"
    beside = bound(audit(*linear(), eta=eta, batch_size=6), "trace")
    assert beside.verdict == "refuted" and not beside.applies


def test_several_outputs_loosen_the_trace_bound_by_their_number() -> None:
    one, three = audit(*linear(), eta=0.01, batch_size=1), audit(*linear(3), eta=0.01, batch_size=1)
    assert abs(three.trace.value / one.trace.value - 3) < 1e-9
    assert abs(bound(three, "trace").limit.value / bound(one, "trace").limit.value - 3) < 1e-9
    # independent outputs share each batch, so that the threshold is that of one of them
    assert abs(three.threshold.value / one.threshold.value - 1) < 0.5
    assert three.threshold.value <= bound(three, "moments").limit.high


def test_a_sum_of_losses_counts_the_batch_into_the_learning_rate() -> None:
    model, _, data = linear()
    mean = audit(model, half, data, eta=0.04, batch_size=4)
    total = audit(model, lambda f, y: ((f - y) ** 2).sum() / 2, data, eta=0.01, batch_size=4)
    assert abs(total.lambda_max.value / mean.lambda_max.value - 1) < 1e-9
    assert abs(bound(total, "lambda_max").limit.value / bound(mean, "lambda_max").limit.value - 1) < 1e-9
    assert total.notes


def test_bounds_of_fitted_samples_do_not_apply_elsewhere() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(D, 6), nn.Tanh(), nn.Linear(6, 1))
    found = audit(model, half, (rows(), np.ones((N, 1))), eta=0.1, batch_size=1)
    assert [one.name for one in found.verdicts if one.applies] == ["lambda_max"]
    assert "interpolating" in bound(found, "trace").because


def test_a_loss_that_joins_samples_leaves_only_its_own_hessian() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(D, 6), nn.Tanh(), nn.Linear(6, 1))
    found = audit(model, lambda f, y: (f.std() - 1) ** 2 + half(f, y), (rows(), np.ones((N, 1))), eta=0.1, batch_size=2)
    assert found.threshold is None
    assert "neither a mean nor a sum" in found.text()


def test_the_same_seed_gives_the_same_numbers_and_the_model_is_left_alone() -> None:
    model, loss, data = linear()
    before = model[0].weight.clone()  # type: ignore[index]
    assert audit(model, loss, data, eta=0.1, seed=3) == audit(model, loss, data, eta=0.1, seed=3)
    assert model[0].weight.dtype == torch.float32 and torch.equal(model[0].weight, before)  # type: ignore[index]


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


def model_with(*parts: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(D, 6), *parts, nn.Linear(6, 1))


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


X, Y = rows(), np.zeros((N, 1))
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
from tests.proofs_check.test_audit import BAD
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


def trained(eta: float, steps: int) -> tuple[AuditTrail, nn.Module]:
    model = model_with(nn.Tanh())
    data = torch.tensor(X, dtype=torch.float32), torch.ones(N, 1)
    trail = AuditTrail(half, data, eta=eta, every=5)
    for step in range(steps):
        trail(model, step)
        slopes = torch.autograd.grad(half(model(data[0]), data[1]), [*model.parameters()])
        for parameter, slope in zip(model.parameters(), slopes, strict=True):
            parameter.data -= eta * slope
    return trail, model


def test_a_trail_records_and_draws_a_run(tmp_path: Path) -> None:
    trail, model = trained(0.1, 21)
    assert trail.steps == [0, 5, 10, 15, 20] and trail.diverged is None
    assert np.all(np.diff(trail.series()["loss"]) < 0)
    assert trail.plot(tmp_path / "run.png").stat().st_size > 1000
    assert model.training


def test_a_diverging_run_is_reported_with_its_step(tmp_path: Path) -> None:
    trail, _ = trained(1e30, 41)
    assert trail.diverged is not None and trail.diverged % 5 == 0
    assert f"step {trail.diverged}" in trail.text()
    assert trail.plot(tmp_path / "run.pdf").exists()


FILE = """
import torch
def fitted():
    model = torch.nn.Sequential(torch.nn.Linear(2, 1, bias=False))
    torch.nn.init.zeros_(model[0].weight)
    X = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]])
    return model, lambda f, y: ((f - y) ** 2).mean() / 2, (X, torch.zeros(3, 1)), 0.1, 1
def other():
    return 3
"""


@pytest.mark.parametrize(("asked", "code"), [([], 0), (["--eta", "5"], 1), (["--batch-size", "9"], 2)])
def test_the_verb_exits_with_the_verdict(tmp_path: Path, asked: list[str], code: int) -> None:
    (tmp_path / f"fitted{code}.py").write_text(FILE)
    place = f"{tmp_path}/fitted{code}.py:fitted"
    done = CliRunner().invoke(cli, ["audit", place, "--json", *asked], standalone_mode=False)
    assert done.return_value == code
    if code < 2:
        found = json.loads(done.stdout)
        assert {"lambda_max", "trace", "eta", "batch_size", "verdicts"} <= set(found)
        assert {"value", "low", "high"} <= set(found["lambda_max"])


@pytest.mark.parametrize("place", ["{}:none", "{}:other", "{}", "absent.py:f"])
def test_a_place_that_holds_no_subject_is_told(tmp_path: Path, place: str) -> None:
    (tmp_path / "placed.py").write_text(FILE)
    done = CliRunner().invoke(cli, ["audit", place.format(tmp_path / "placed.py"), "--eta", "1"], standalone_mode=False)
    assert done.return_value == 2
    assert done.stderr.count("\n") == 1


def chains(*widths: int) -> list[nn.Module]:
    """Tanh networks of given widths, each with weights of its own."""
    torch.manual_seed(0)
    return [nn.Sequential(nn.Linear(D, width), nn.Tanh(), nn.Linear(width, 1)) for width in widths]


@pytest.mark.parametrize("widths", [(3, 3, 3), (3, 5, 3)])
def test_several_models_have_the_audits_of_each(widths: tuple[int, ...]) -> None:
    models, targets = chains(*widths), np.ones((N, 1))
    together = audits(models, half, (rows(), targets), eta=0.1, batch_size=2)
    alone = [audit(model, half, (rows(), targets), eta=0.1, batch_size=2) for model in models]
    for one, other in zip(together, alone, strict=True):
        assert one.lambda_max.low <= other.lambda_max.high and other.lambda_max.low <= one.lambda_max.high
        assert abs(one.trace.value / other.trace.value - 1) < 1e-12
        assert [bound.verdict for bound in one.verdicts] == [bound.verdict for bound in other.verdicts]
    values = [one.lambda_max for one in together]
    assert all(a.high < b.low or b.high < a.low for a, b in itertools.pairwise(values))  # the twin: each has its own


def test_networks_of_one_form_are_measured_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    products: list[int] = []
    real = many.Stacked.hessian

    def counted(self: many.Stacked, vectors: torch.Tensor) -> torch.Tensor:
        products.append(len(vectors))
        return real(self, vectors)

    monkeypatch.setattr(many.Stacked, "hessian", counted)
    audits(chains(3, 3, 3), half, (rows(), np.ones((N, 1))), eta=0.1)
    assert set(products) == {3}
    products.clear()
    audits(chains(3, 4, 3), half, (rows(), np.ones((N, 1))), eta=0.1)
    assert not products


def test_the_one_of_several_models_that_cannot_be_audited_is_named() -> None:
    models = chains(3, 3)
    nn.init.constant_(models[1][2].weight, np.nan)  # type: ignore[index]
    with pytest.raises(BadInput, match=r"model 1 of 2: .*not finite"):
        audits(models, half, (rows(), np.ones((N, 1))), eta=0.1)
    assert audits([], half, (rows(), np.ones((N, 1))), eta=0.1) == []
