"""Claims on a user's data and Torch models: the examples of the guide, and one model at a time on several cores."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from numerics import measure
from numerics.measure import Laboratory, Unit
from proofs_check import check
from tests.engine_toys import EQUALITY, Draws, Mean, claim_of
from theory import discovery
from theory.errors import BadDeclaration, BadInput
from theory.relation import Bound
from theory.setting import Point

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def example(name: str) -> list[Any]:
    return discovery.find(str(EXAMPLES / f"{name}.py"))


def test_a_catalogue_claim_holds_on_the_digits_where_the_example_says_and_fails_where_it_says() -> None:
    for claim in example("digits_ridge"):
        (record,) = check(claim, points=1, seed=1)
        (failed,) = check(claim, boundary=True, seed=1)
        assert record["verdict"] == "supported"
        assert failed["verdict"] == "refuted"
        (twin,) = check(claim, wrong=claim.wrong[0].name, seed=1)
        assert twin["verdict"] == "refuted"


def test_more_digits_than_there_are_cannot_be_drawn_without_replacement() -> None:
    claim = example("digits_network")[0]
    with pytest.raises(BadInput, match="n=1800 of 1797 rows"):
        check(claim, values={claim.setting.n: 1800, claim.setting.eta: "0.2"})


TORCH = """
import numpy as np
import torch
from numerics.data import subsample
from numerics.simulator import simulates
from theory import Data, Observable, Setting, Size


class Fitted(Setting):
    n = Size(typical=(3, 5))
    data = Data({path!r}, X=("rows", "features"))
    residual = Observable("squared residual of random labels after ten steps")
    label = Observable("sum of the labels", values="discrete")
    weight = Observable("first weight at the start")
    row = Observable("first number of the first row", values="discrete")


@simulates(Fitted, batched=False, backends=("numpy",), cost=1e-2, block=6)
def fitted(*, n, data, rng):
    x, y = torch.tensor(subsample(data, n, rng)["X"]), torch.tensor(rng.signs((n,)))
    model = torch.nn.Linear(x.shape[1], 1, bias=False).double()
    model.weight.data = torch.tensor(rng.normal((1, x.shape[1])))
    start = model.weight[0, 0].item()
    for _ in range(10):
        (slope,) = torch.autograd.grad(((model(x)[:, 0] - y) ** 2).mean(), model.weight)
        model.weight.data -= 0.05 * slope
    return {{"residual": ((model(x)[:, 0] - y) ** 2).mean().item(), "label": float(y.sum()), "weight": start,
            "row": float(x[0, 0])}}
"""


@pytest.fixture
def units(tmp_path: Path) -> list[Unit]:
    np.savez(tmp_path / "mine.npz", X=np.random.default_rng(3).normal(size=(9, 2)))
    (tmp_path / "fitted_torch.py").write_text(TORCH.format(path=str(tmp_path / "mine.npz")))
    point = Point.of(discovery.load_file(tmp_path / "fitted_torch.py").Fitted, {"n": 4})
    return [Unit(point, block, seed=0) for block in range(4)]


def test_one_torch_model_a_call_gives_the_same_bits_on_one_core_and_on_two(
    units: list[Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "WORTH_A_WORKER", 0.0)
    alone, both = (Laboratory(workers=workers).measure(units) for workers in (1, 2))
    assert all(np.array_equal(a[name], b[name]) for a, b in zip(alone, both, strict=True) for name in a)
    trials = measure.merged(alone)
    assert all(len(np.unique(trials[name])) > 2 for name in ("weight", "row", "label"))  # re-started, drawn, relabelled
    assert len(np.unique(trials["residual"])) == 24


def test_a_claim_moves_only_to_a_setting_that_is_one_of_its_own() -> None:
    class Narrow(Draws):
        """Draws, by another simulator."""

    claim = EQUALITY.but(points=[{Draws.m: 1}], steps=(), status="theorem")
    moved = claim.on(Narrow, entry="mine", relation=Bound("<="))
    assert (moved.setting, moved.id, moved.status) == (Narrow, "mine", "empirical")
    assert not moved.points and moved.prediction == claim.prediction and isinstance(moved.relation, Bound)
    with pytest.raises(BadDeclaration, match=r"class Mean\(Draws\)"):
        claim_of(Draws.y, Draws.m, Bound("<=")).on(Mean, entry="mine")
