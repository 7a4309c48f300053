"""Simulators: declarations that contradict themselves, streams of blocks, and what a block may hold."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from numerics.arrays import Machine
from numerics.simulator import LARGEST_BLOCK, SMALLEST_BLOCK, Simulator, require_backend, simulate_block, simulates
from theory.domain import Real, Size
from theory.errors import BadDeclaration, BadInput, BadSample
from theory.setting import Axis, Drawn, Event, Observable, Point, Setting

HOST = Machine()


class Toy(Setting):
    """A sample of n numbers around m, looked at on three steps."""

    n = Size(typical=(2, 8))
    m = Real(typical=(-1, 1))
    eta = Real(above=0, typical=(1, 2), per_trial=True)
    step = Axis([1, 2, 3])
    rows = Drawn(n)
    y = Observable("an outcome", certificate="error")
    error = Observable("bound of its error")
    path = Observable("along the steps", shape=(step, 2))
    met = Event("often")


POINT = Point.of(Toy, {"n": 4, "m": "0.5", "eta": 2})


def parts(trials: int, rng: Any, n: int = 4, m: float = 0.0, **changes: Any) -> dict[str, Any]:
    y = m + rng.normal((trials,))
    return {
        "rows": rng.normal((trials, n)),
        "y": y,
        "error": 0 * y,
        "path": rng.normal((trials, 3, 2)),
        "met": y > 0,
        **changes,
    }


def simulator(**changes: Callable[[int], Any]) -> Simulator:
    """A simulator that returns some of its arrays changed; each change is a function of the number of trials."""

    @simulates(Toy, block=32)
    def toy(*, n: int, m: float, eta: Any, trials: int, rng: Any) -> dict[str, Any]:
        return parts(trials, rng, n, m, **{name: change(trials) for name, change in changes.items()})

    return toy.simulator  # type: ignore[attr-defined]


def block(
    number: int = 0,
    of: Simulator | None = None,
    point: Point = POINT,
    machine: Machine = HOST,
    seed: int = 0,
    **more: Any,
) -> dict[str, np.ndarray]:
    return simulate_block(of or simulator(), point, number, seed=seed, machine=machine, **more)


# Declarations


def test_a_simulator_takes_the_parameters_of_its_setting() -> None:
    def lacking(*, n: int, m: float, trials: int, rng: Any) -> None: ...
    def strange(*, n: int, m: float, eta: Any, width: int, trials: int, rng: Any) -> None: ...
    def single(*, n: int, m: float, eta: Any, rng: Any) -> None: ...
    def anything(**parameters: Any) -> None: ...

    for function, odd in ((lacking, "eta"), (strange, "width"), (single, "trials")):
        with pytest.raises(BadDeclaration, match=f"differ in {odd}"):
            simulates(Toy)(function)
    assert simulates(Toy)(anything) is anything
    assert simulates(Toy, batched=False)(single).simulator.batched is False  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("cost", "size"), [(1e-9, LARGEST_BLOCK), (1e-3, 500), (100.0, SMALLEST_BLOCK), (lambda *, n: 1e-3 * n, 125)]
)
def test_a_block_is_half_a_second_of_declared_work_within_limits(cost: Any, size: int) -> None:
    @simulates(Toy, cost=cost)
    def toy(*, n: int, m: float, eta: Any, trials: int, rng: Any) -> None: ...

    assert toy.simulator.block_size(POINT) == size  # type: ignore[attr-defined]
    assert simulator().block_size(POINT) == 32


def test_a_backend_that_the_simulator_does_not_run_on_is_named() -> None:
    @simulates(Toy, backends=("torch",))
    def toy(*, n: int, m: float, eta: Any, trials: int, rng: Any) -> None: ...

    with pytest.raises(BadInput, match="--backend torch"):
        require_backend(toy.simulator, HOST)  # type: ignore[attr-defined]


# Streams


def test_a_block_is_a_function_of_its_name() -> None:
    np.random.seed(0)
    first = block()
    np.random.seed(1)
    again = block()
    assert all(np.array_equal(first[name], again[name]) for name in first)
    moved = POINT.replace({"m": "0.25"})
    for other in (block(1), block(seed=1), block(stage="confirm 1"), block(point=moved)):
        assert not set(other["rows"].ravel()) & set(first["rows"].ravel())


def test_points_that_differ_in_what_is_apart_share_their_draws() -> None:
    first, second = (block(point=POINT.replace({"m": m}), apart=("m",)) for m in (0, 1))
    assert np.array_equal(first["rows"], second["rows"]) and np.allclose(second["y"] - first["y"], 1, atol=1e-15 * 8)
    third = block(point=POINT.replace({"n": 5}), apart=("m",))
    assert not set(third["y"]) & set(first["y"])


def test_the_parameter_of_a_trial_is_an_array_also_where_it_is_the_same_for_all() -> None:
    seen: list[Any] = []

    @simulates(Toy, block=8)
    def toy(*, n: int, m: float, eta: Any, trials: int, rng: Any) -> dict[str, Any]:
        seen.append(eta)
        return parts(trials, rng)

    block(of=toy.simulator)  # type: ignore[attr-defined]
    block(of=toy.simulator, varied={"eta": np.arange(1.0, 9.0)})  # type: ignore[attr-defined]
    assert np.array_equal(seen[0], np.full(8, 2.0)) and np.array_equal(seen[1], np.arange(1.0, 9.0))


def test_one_trial_at_a_time_has_a_stream_of_its_own_in_every_trial() -> None:
    def declared(size: int) -> Simulator:
        @simulates(Toy, batched=False, block=size)
        def toy(*, n: int, m: float, eta: Any, rng: Any) -> dict[str, Any]:
            return {name: array[0] for name, array in parts(1, rng, n).items()}

        return toy.simulator  # type: ignore[attr-defined]

    short, long = (block(of=declared(size)) for size in (8, 16))
    assert long["rows"].shape == (16, 4) and np.array_equal(long["rows"][:8], short["rows"])
    assert len(np.unique(long["y"])) == 16


def test_single_precision_reaches_the_simulator() -> None:
    assert block(machine=Machine(precision="float32"))["rows"].dtype == np.float32


def test_a_block_runs_on_one_thread() -> None:
    threads: list[int] = []

    @simulates(Toy, block=8)
    def toy(*, n: int, m: float, eta: Any, trials: int, rng: Any) -> dict[str, Any]:
        threads.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return parts(trials, rng)

    block(of=toy.simulator)  # type: ignore[attr-defined]
    assert set(threads) <= {1}


# What a block may hold


def test_declared_arrays_come_back_and_no_others() -> None:
    found = block(of=simulator(scratch=np.zeros))
    assert set(found) == {"rows", "y", "error", "path", "met"} and found["path"].shape == (32, 3, 2)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"y": lambda t: np.zeros(t + 1)}, "y has shape (33,)"),
        ({"y": lambda t: np.zeros((t, 1))}, "y has shape (32, 1)"),
        ({"y": lambda t: 1.0}, "y has shape ()"),
        ({"rows": lambda t: np.zeros((t, 3))}, "(trials, …) = (32, 4)"),
        ({"path": lambda t: np.zeros((t, 2, 2))}, "(trials, …) = (32, 3, 2)"),
        ({"met": lambda t: np.zeros((t, 2), bool)}, "met has shape"),
        ({"y": lambda t: np.where(np.arange(t) == 3, np.nan, 0)}, "not finite in trial 3"),
        ({"rows": lambda t: np.full((t, 4), -np.inf)}, "not finite in trial 0"),
        ({"error": lambda t: np.full(t, np.nan)}, "error is not finite"),
        ({"error": lambda t: np.full(t, -np.inf)}, "error is not finite"),
        ({"y": lambda t: np.zeros(t) + 1j}, "complex"),
        ({"y": lambda t: np.array([None] * t)}, "not numbers"),
        ({"y": lambda t: np.array(["1"] * t)}, "not numbers"),
        ({"y": lambda t: [[1], [2, 3]]}, "ValueError"),
    ],
)  # fmt: skip
def test_what_breaks_the_declaration_is_refused_with_its_name(changes: dict[str, Any], says: str) -> None:
    with pytest.raises((BadSample, ValueError)) as fault:
        block(of=simulator(**changes))
    assert says in f"{type(fault.value).__name__} {fault.value}"


@pytest.mark.parametrize("kind", [bool, int, np.float32, np.int8])
def test_whole_numbers_and_truth_values_are_numbers(kind: type) -> None:
    assert block(of=simulator(y=lambda t: np.ones(t, kind)))["y"].sum() == 32


def test_a_certificate_may_say_that_it_knows_nothing() -> None:
    found = block(of=simulator(error=lambda t: np.where(np.arange(t) == 3, np.inf, 0)))
    assert np.isinf(found["error"]).sum() == 1


def test_tensors_and_their_gradients_come_back_as_arrays() -> None:
    torch = pytest.importorskip("torch")

    @simulates(Toy, batched=False, block=4)
    def toy(*, n: int, m: float, eta: Any, rng: Any) -> dict[str, Any]:
        return {
            "rows": torch.zeros(n),
            "y": torch.tensor(1.5).item(),
            "error": 0,
            "path": torch.ones(3, 2),
            "met": True,
        }

    assert block(of=toy.simulator)["path"].sum() == 24  # type: ignore[attr-defined]


@pytest.mark.parametrize("returned", [None, 3, [1, 2], {}])
@pytest.mark.parametrize("batched", [True, False])
def test_anything_but_all_the_observables_is_refused(returned: Any, batched: bool) -> None:
    @simulates(Toy, batched=batched, block=4)
    def toy(**parameters: Any) -> Any:
        return returned

    with pytest.raises(BadSample, match=r"must return a dict|returned no"):
        block(of=toy.simulator)  # type: ignore[attr-defined]


def test_trials_that_return_different_names_are_refused() -> None:
    turn: list[int] = []

    @simulates(Toy, batched=False, block=4)
    def toy(*, n: int, m: float, eta: Any, rng: Any) -> dict[str, Any]:
        turn.append(1)
        whole = {name: array[0] for name, array in parts(1, rng, n).items()}
        return whole if len(turn) < 3 else {"y": 1.0}

    with pytest.raises(BadSample):
        block(of=toy.simulator)  # type: ignore[attr-defined]


@pytest.mark.parametrize("fault", [ZeroDivisionError("twice\nover"), MemoryError(), SystemExit(0), KeyError("x")])
def test_a_simulator_that_fails_is_named_with_its_line(fault: BaseException) -> None:
    @simulates(Toy, block=4)
    def toy(*, n: int, m: float, eta: Any, trials: int, rng: Any) -> Any:
        raise fault

    with pytest.raises(BadSample) as told:
        block(of=toy.simulator)  # type: ignore[attr-defined]
    assert (
        type(fault).__name__ in str(told.value)
        and "test_simulator.py, line" in str(told.value)
        and "\n" not in str(told.value)
    )


def test_an_interrupt_is_no_fault_of_the_simulator() -> None:
    @simulates(Toy, block=4)
    def toy(*, n: int, m: float, eta: Any, trials: int, rng: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        block(of=toy.simulator)  # type: ignore[attr-defined]


def test_what_a_simulator_prints_does_not_reach_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    @simulates(Toy, block=4)
    def toy(*, n: int, m: float, eta: Any, trials: int, rng: Any) -> Any:
        print("inside")
        sys.stdout.write("too\n")
        return parts(trials, rng)

    block(of=toy.simulator)  # type: ignore[attr-defined]
    assert capsys.readouterr() == ("", "inside\ntoo\n")
