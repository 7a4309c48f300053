"""Machines and random streams. The statistical tests together declare an error rate of 1e-6, over fixed seeds."""

import hashlib
import pickle
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from numerics.arrays import Machine, devices, installed, namespace, with_rows
from numerics.streams import Stream, stream
from theory.errors import BadInput, DeviceMissing

MACHINES = [
    Machine(backend, precision=precision)
    for backend in ("numpy", "torch", "strict")
    for precision in ("float64", "float32")
]
MACHINES += [Machine(name, "cuda") for name in ("torch", "cupy") if name in installed() and "cuda" in devices(name)]
LEVEL = 1e-6 / 200  # fewer than 200 statistical tests
DRAWS = 20_000


def names(machine: Machine) -> str:
    return f"{machine.backend}-{machine.device}-{machine.precision}"


@pytest.fixture(params=MACHINES, ids=names)
def machine(request: pytest.FixtureRequest) -> Machine:
    return request.param


@pytest.fixture
def rng(machine: Machine) -> Stream:
    return stream(machine, "toy", 3, seed=11)


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ({"backend": "jax"}, "numpy, torch"),
        ({"device": "cuda"}, "available: cpu"),
        ({"backend": "torch", "device": "cuda:99"}, "available: cpu"),
        ({"precision": "float16"}, "float64, float32"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line_that_names_what_is(wanted: dict[str, str], there: str) -> None:
    with pytest.raises(DeviceMissing, match=there) as caught:
        Machine(**wanted)
    assert isinstance(caught.value, BadInput)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif("cupy" in installed(), reason="cupy is installed")
def test_cupy_is_refused_where_it_is_not_installed() -> None:
    with pytest.raises(DeviceMissing, match="cupy"):
        Machine("cupy")


def test_torch_is_imported_by_a_torch_machine_only() -> None:
    code = (
        "import sys; from numerics.arrays import Machine, installed; import numerics.streams, numerics.linalg;"
        "Machine(); installed(); assert 'torch' not in sys.modules; Machine('torch').xp; assert 'torch' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_machine_is_a_value(machine: Machine) -> None:
    assert pickle.loads(pickle.dumps(machine)) == machine
    assert Machine().device == "cpu"


def test_host_arrays_go_there_and_back(machine: Machine) -> None:
    for host, dtype in [
        (np.linspace(0, 1, 7), machine.precision),
        (np.arange(6, dtype="int32").reshape(2, 3)[:, ::-1], "int64"),
        (np.array([True, False]), "bool"),
        (2.5, machine.precision),
    ]:
        back = machine.to_host(machine.asarray(host))
        np.testing.assert_array_equal(back, np.asarray(host, dtype=dtype))
        assert back.dtype == dtype


def test_an_array_of_the_run_is_its_own_copy(machine: Machine) -> None:
    host = np.zeros(3, dtype=machine.precision)
    there = machine.asarray(host)
    host[:] = 1
    assert not machine.to_host(there).any()
    host.flags.writeable = False
    machine.asarray(host)


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
@pytest.mark.parametrize("chosen", [[False, True, False, True], [True] * 4, [False] * 4])
def test_chosen_rows_are_those_of_the_new_array_in_order(backend: str, chosen: list[bool]) -> None:
    machine, old, new = Machine(backend), np.arange(8.0).reshape(4, 2), -1 - np.arange(8.0).reshape(4, 2)[: sum(chosen)]
    wanted = old.copy()
    wanted[chosen] = new
    rng = stream(machine, "rows", seed=0)
    found = with_rows(rng.asarray(old), rng.xp.asarray(chosen), rng.asarray(new))
    assert np.array_equal(machine.to_host(found), wanted)


def test_text_is_no_array(machine: Machine) -> None:
    with pytest.raises(TypeError, match="numbers"):
        machine.asarray("n")


def test_a_device_without_its_host_is_not_mixed_up() -> None:
    rng = stream(Machine("strict", "device1"), "toy", seed=1)
    for draw in every_draw(rng):
        assert str(draw.device).endswith("'device1')")
        rng.machine.to_host(draw)
    assert rng.machine.to_host(rng.asarray([1.0])).tolist() == [1.0]


def every_draw(rng: Stream) -> list[object]:
    shape = (4, 3)
    drawn = [rng.normal(shape), rng.uniform(shape), rng.exponential(shape), rng.signs(shape), rng.unit(shape)]
    return [*drawn, rng.integers(7, shape), rng.permutation(3, 4)]


def test_every_draw_has_the_shape_and_type_of_the_run(rng: Stream) -> None:
    *floats, integers, permutations = every_draw(rng)
    for draw in [*floats, integers, permutations]:
        assert draw.shape == (4, 3)
        assert namespace(draw) is rng.xp
    assert all(draw.dtype == rng.machine.dtype for draw in floats)
    assert integers.dtype == permutations.dtype == rng.xp.int64
    assert rng.normal(5).shape == (5,)


def test_same_seed_and_name_give_the_same_bits(rng: Stream) -> None:
    for one, two in zip(every_draw(rng), every_draw(stream(rng.machine, "toy", 3, seed=11)), strict=True):
        np.testing.assert_array_equal(rng.machine.to_host(one), rng.machine.to_host(two))


def test_torch_on_the_cpu_draws_the_numbers_of_numpy() -> None:
    one, two = (stream(Machine(backend), "toy", seed=1) for backend in ("numpy", "torch"))
    np.testing.assert_array_equal(one.normal((3, 4)), two.normal((3, 4)).numpy())


def test_streams_do_not_change_between_processes_or_versions() -> None:
    key = int.from_bytes(hashlib.sha256(b'[11,"toy",3]').digest()[16:], "big")
    expected = np.random.Generator(np.random.Philox(key=key)).random(2)
    np.testing.assert_array_equal(stream(Machine(), "toy", 3, seed=11).uniform(2), expected)


@pytest.mark.parametrize("other", [(("toy", "3"), 11), (("toy", 4), 11), (("toy", 3), 12), (("toy", 3, 0), 11)])
def test_another_name_or_seed_is_independent(rng: Stream, other: tuple[tuple[str | int, ...], int]) -> None:
    draws = rng.machine.to_host(rng.normal(DRAWS))
    assert independent(draws, rng.machine.to_host(stream(rng.machine, *other[0], seed=other[1]).normal(DRAWS)))
    same = stream(rng.machine, "toy", 3, seed=11)
    assert not independent(draws, rng.machine.to_host(same.normal(DRAWS)))


def independent(one: np.ndarray, two: np.ndarray) -> bool:
    return stats.pearsonr(one, two).pvalue > LEVEL


def test_a_child_is_named_and_ignores_what_was_drawn(rng: Stream) -> None:
    rng.normal(5)
    child, direct = rng.child("noise", 2), stream(rng.machine, "toy", 3, "noise", 2, seed=11)
    np.testing.assert_array_equal(rng.machine.to_host(child.normal(5)), rng.machine.to_host(direct.normal(5)))


def test_a_name_that_is_no_text_or_integer_is_refused() -> None:
    assert stream(Machine(), np.int64(3), seed=1).name == (3,)
    with pytest.raises(TypeError):
        stream(Machine(), 0.5, seed=1)  # type: ignore[arg-type]


@pytest.mark.parametrize("law", ["normal", "uniform", "exponential"])
def test_continuous_draws_follow_their_law(rng: Stream, law: str) -> None:
    drawn = rng.machine.to_host(getattr(rng, law)(DRAWS)).astype(float)
    exact = {"normal": stats.norm, "uniform": stats.uniform, "exponential": stats.expon}[law]
    assert stats.kstest(drawn, exact.cdf).pvalue > LEVEL
    assert stats.kstest(1.2 * drawn, exact.cdf).pvalue < LEVEL
    if law == "uniform":
        assert drawn.min() >= 0 and drawn.max() < 1


def uniform_over(draws: np.ndarray, kinds: int) -> bool:
    counts = np.bincount(draws, minlength=kinds)
    return len(counts) == kinds and stats.chisquare(counts).pvalue > LEVEL


def test_integers_and_signs_are_uniform(rng: Stream) -> None:
    integers = rng.machine.to_host(rng.integers(7, DRAWS))
    assert uniform_over(integers, 7)
    assert not uniform_over(np.minimum(integers, 5), 7)
    signs = rng.machine.to_host(rng.signs(DRAWS))
    assert set(signs.tolist()) == {-1.0, 1.0}
    assert uniform_over((signs > 0).astype(int), 2)


def test_permutations_are_uniform_over_all_of_them(rng: Stream) -> None:
    drawn = rng.machine.to_host(rng.permutation(4, DRAWS))
    np.testing.assert_array_equal(np.sort(drawn, axis=1), np.broadcast_to(np.arange(4), drawn.shape))
    kinds = np.unique(drawn @ 4 ** np.arange(4), return_inverse=True)[1]
    assert uniform_over(kinds, 24)


def test_directions_are_uniform_on_the_sphere(rng: Stream) -> None:
    drawn = rng.machine.to_host(rng.unit((DRAWS, 3))).astype(float)
    rounding = 4 * np.finfo(rng.machine.precision).eps  # a sum of three squares, a root, a quotient
    np.testing.assert_allclose(np.linalg.norm(drawn, axis=1), 1, rtol=rounding)
    coordinate = stats.uniform(-1, 2)  # Archimedes: uniform on [-1, 1] in three dimensions
    assert all(stats.kstest(drawn[:, axis], coordinate.cdf).pvalue > LEVEL for axis in range(3))
    assert stats.kstest(drawn[:, :2].sum(1) / 2, coordinate.cdf).pvalue < LEVEL
