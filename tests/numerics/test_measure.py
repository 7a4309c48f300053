"""The laboratory: blocks in order, from the store where they are there, kept as soon as they are done."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor

from numerics import measure
from numerics.arrays import Machine
from numerics.measure import Laboratory, Unit, merged
from numerics.store import Store
from numerics.workers import shared_out
from tests.engine_toys import Draws, Mean, user_file
from theory import discovery
from theory.errors import BadInput, BadSample
from theory.setting import Point

ROOT = Path(__file__).parents[2]
POINT = Point.of(Mean, {"n": 8, "m": 1, "c": 0, "s": 1})
UNITS = [Unit(POINT, block, seed) for block in (0, 1) for seed in (0, 1)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Unit]:
    """Every unit that is computed and not read."""
    made: list[Unit] = []
    real = measure._simulated

    def counted(unit: Unit, machine: Machine) -> Any:
        made.append(unit)
        return real(unit, machine)

    monkeypatch.setattr(measure, "_simulated", counted)
    return made


def same(first: list[dict[str, np.ndarray]], second: list[dict[str, np.ndarray]]) -> bool:
    return all(np.array_equal(a[name], b[name]) for a, b in zip(first, second, strict=True) for name in {*a, *b})


def test_blocks_come_in_the_order_asked_and_do_not_depend_on_company(store: Store) -> None:
    whole = Laboratory().measure(UNITS)
    single = [Laboratory().measure([unit])[0] for unit in UNITS]
    backwards = Laboratory(store=store).measure(UNITS[::-1])[::-1]
    assert same(whole, single) and same(whole, backwards)
    assert len({float(block["y"][0]) for block in whole}) == 4


def test_what_is_stored_is_not_computed_again(store: Store, calls: list[Unit]) -> None:
    lab = Laboratory(store=store)
    first = lab.measure(UNITS[:2])
    whole = lab.measure(UNITS)
    assert calls == UNITS and same(whole[:2], first) and store.count_blocks() == 4
    assert same(lab.measure(UNITS), whole) and calls == UNITS
    anew = Laboratory(store=store, reuse=False).measure(UNITS)
    assert calls == UNITS * 2 and same(anew, whole) and store.count_blocks() == 4


def test_a_block_is_kept_before_the_next_one_fails(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    real = measure._simulated

    def third_fails(unit: Unit, machine: Machine) -> Any:
        if unit == UNITS[2]:
            raise BadSample("planted")
        return real(unit, machine)

    monkeypatch.setattr(measure, "_simulated", third_fails)
    with pytest.raises(BadSample):
        Laboratory(store=store).measure(UNITS)
    assert store.count_blocks() == 2


def test_progress_is_told_of_every_block_that_is_computed(store: Store) -> None:
    told: list[int] = []
    lab = Laboratory(store=store, heard=told.append)
    lab.measure(UNITS)
    lab.measure(UNITS)
    assert told == [256] * 4


def keys(unit: Unit, machine: Machine | None = None) -> str:
    return Laboratory(machine=machine or Machine())._key(unit)


def test_the_address_of_a_block_tells_apart_all_that_made_it() -> None:
    place = Point.of(Draws, {"n": 8, "m": 1, "s": 1, "eta": 1})
    unit = Unit(place, 0, 0)
    others = [
        replace(unit, block=1), replace(unit, seed=1), replace(unit, stage="confirm 1"), replace(unit, apart=("eta",)),
        replace(unit, point=place.replace({"m": 2})), replace(unit, varied={"eta": np.ones(2048)}),
        replace(unit, varied={"eta": np.full(2048, 2.0)}),
    ]  # fmt: skip
    found = [keys(unit), *map(keys, others), keys(unit, Machine(precision="float32"))]
    assert len(set(found)) == len(found) == 9 and keys(unit) == keys(Unit(place, 0, 0))


DATA = """
import numpy as np
from numerics.simulator import simulates
from theory import Data, Observable, Setting, Spectrum


class Held(Setting):
    data = Data({path!r})
    lam = Spectrum(typical=("power(1,4)",))
    y = Observable("the first number")


@simulates(Held, block=4)
def held(*, data, lam, trials, rng):
    return {{"y": np.full(trials, data["X"][0] + lam[0])}}
"""


def test_changed_data_and_changed_modes_make_other_blocks(tmp_path: Path, store: Store) -> None:
    path, modes = tmp_path / "data.npz", tmp_path / "modes.npy"
    source = tmp_path / "held.py"
    source.write_text(DATA.format(path=str(path)))
    np.savez(path, X=np.array([1.0, 2.0]))
    np.save(modes, np.array([0.5, 0.25]))
    setting = discovery.load_file(source).Held

    def measured() -> float:
        return float(Laboratory(store=store).measure([Unit(Point.of(setting, {"lam": f"@{modes}"}), 0, 0)])[0]["y"][0])

    assert measured() == measured() == 1.5 and store.count_blocks() == 1
    np.savez(path, X=np.array([3.0, 2.0]))
    assert measured() == 3.5
    np.save(modes, np.array([0.125, 0.25]))
    assert measured() == 3.125


def test_merged_blocks_lie_one_after_the_other() -> None:
    blocks = Laboratory().measure(UNITS[:2])
    assert np.array_equal(merged(blocks)["y"], np.concatenate([block["y"] for block in blocks]))


def test_a_worker_that_finds_another_source_refuses_to_mix(tmp_path: Path) -> None:
    setting = discovery.load_file(user_file(tmp_path)).Noise
    packed = measure._packed(Unit(Point.of(setting, {"n": 4, "s2": 1}), 0, 0))
    assert "y" in measure._run(packed, Machine())
    place, _, rest = packed[:3], packed[3], packed[4:]
    with pytest.raises(BadInput, match="changed during the run"):
        measure._run((*place, "another digest", *rest), Machine())


def test_a_worker_finds_a_users_setting_by_its_file(tmp_path: Path) -> None:
    module: ModuleType = discovery.load_file(user_file(tmp_path, "findable"))
    unit = Unit(Point.of(module.Noise, {"n": 4, "s2": 1}), 0, 0)
    packed, here = measure._packed(unit), Laboratory().measure([unit])[0]
    del sys.modules[module.__name__]  # as in a process that has not loaded it
    assert same([measure._run(packed, Machine())], [here])


NOTEBOOK = """
from numerics import measure
from numerics.simulator import simulates
from proofs_check import check
from theory import Claim, Equality, Observable, Real, Setting, Source

measure.WORTH_A_WORKER = 0.0

class Noise(Setting):
    s2 = Real(above=0, typical=(0.5, 2))
    y = Observable("a square")

@simulates(Noise, cost=1e-5)
def noise(*, s2, trials, rng):
    return {"y": s2 * rng.normal((trials,)) ** 2}

claim = Claim(Noise, Noise.y, Noise.s2, Equality(), title="a square", entry="noise", source=Source("notes"))
(record,) = check(claim, lab=measure.Laboratory(workers=2), points=1, tolerance=0.1)
print(record["verdict"], record["replay"])
"""


def test_a_claim_of_a_notebook_is_checked_in_its_own_process(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NOTEBOOK],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("supported proofs-check check noise "), done.stderr
    assert not list(tmp_path.iterdir())


def hears_no_interrupt() -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_worker_hears_no_interrupt_and_its_owner_does() -> None:
    from joblib import Parallel, delayed

    def deaf() -> list[bool]:
        pool = Parallel(n_jobs=2, return_as="generator_unordered")
        return list(shared_out(pool, (delayed(hears_no_interrupt)() for _ in range(4))))

    get_reusable_executor().shutdown(wait=True)  # what runs already was begun otherwise, perhaps
    assert deaf() == [True] * 4 and not hears_no_interrupt()
    get_reusable_executor().shutdown(wait=True)
