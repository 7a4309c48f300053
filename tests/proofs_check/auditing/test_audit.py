"""Audits of toy models whose curvature is known, and what applies at which batch size."""

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn

from numerics.curvature import many
from proofs_check import AuditTrail, audit, audits
from proofs_check.cli import cli
from tests.audit_toys import D, N, X, half, linear, model_with, rows
from theory.errors import BadInput
from theory.programs.mean_square import stability_threshold


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
