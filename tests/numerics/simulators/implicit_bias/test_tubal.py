"""Descent under the t-product against the discrete Fourier transform, plain matrices and numerical derivatives."""

import numpy as np
import pytest

from numerics.arrays import Machine
from numerics.networks.models import Parameters
from numerics.simulators.implicit_bias.tubal import Square, product, transposed, tubal_descent, tubal_recovery
from numerics.streams import Stream, stream
from theory.programs.tubal import frequency_descent

SMALL = {"n": 3, "K": 4, "r": 1, "m": 12, "a0": 0.2, "eta": 0.05}


def source(backend: str = "numpy") -> Stream:
    return stream(Machine(backend), "tubal", seed=4)


@pytest.mark.parametrize("backend", ["numpy", "torch", "strict"])
def test_the_transform_of_a_product_is_that_of_slices_and_of_a_transpose_the_conjugate(backend: str) -> None:
    rng = source(backend)
    a, b = (rng.normal((2, 5, 3, 3)) for _ in range(2))
    found, turned = (rng.machine.to_host(one) for one in (product(a, b, rng), transposed(a, rng)))
    a, b = (np.fft.fft(rng.machine.to_host(one), axis=1) for one in (a, b))
    np.testing.assert_allclose(np.fft.fft(found, axis=1), a @ b, atol=1e-12)
    np.testing.assert_allclose(np.fft.fft(turned, axis=1), np.swapaxes(a.conj(), 2, 3), atol=1e-12)
    assert np.abs(np.fft.fft(turned, axis=1) - np.swapaxes(a, 2, 3)).max() > 0.1  # with the slices in their order


def test_pulled_seeds_are_the_derivative_and_not_half_of_it() -> None:
    rng = source()
    model, U, move = Square(rng), rng.normal((1, 3, 2, 2)), 1e-6 * rng.normal((1, 3, 2, 2))
    drawn = rng.normal((4, 3, 2, 2))
    x, seeds = np.reshape(drawn + transposed(drawn, rng), (1, 4, 12)), rng.normal((1, 4))

    def value(parameters: Parameters) -> float:
        return float(np.sum(seeds * model.forward(parameters, x)[0]))

    (slope,) = model.forward((U,), x)[1](seeds)
    change = value((U + move,)) - value((U - move,))
    np.testing.assert_allclose(2 * np.sum(slope * move), change, rtol=1e-6)
    assert abs(np.sum(slope * move) - change) > 0.1 * abs(change)


def test_one_slice_is_descent_on_a_matrix() -> None:
    sample = tubal_descent(**SMALL | {"K": 1}, steps=7, trials=2, rng=source())
    U = sample["start"][..., 0]
    for _ in range(7):
        residual = np.einsum("tmij,tij->tm", sample["A"][..., 0], U @ np.swapaxes(U, 1, 2)) - sample["y"]
        U = U - 0.05 * np.einsum("tm,tmij->tij", residual, sample["A"][..., 0]) @ U / 12
    np.testing.assert_allclose(sample["factor"][..., 0], U, rtol=1e-12)


@pytest.mark.parametrize("K", [3, 4])
def test_coupled_frequencies_follow_the_tensor_and_other_ones_do_not(K: int) -> None:
    sample = tubal_descent(**SMALL | {"K": K}, steps=5, trials=2, rng=source())
    read = (sample["A"], sample["y"], sample["start"])
    found, plain, alone = (frequency_descent(*read, eta=0.05, steps=5, **how)
                           for how in ({}, {"plain": True}, {"coupled": False}))  # fmt: skip
    np.testing.assert_allclose(found, sample["factor"], atol=1e-13)
    assert min(np.abs(other - sample["factor"]).max() for other in (plain, alone)) > 1e-3


def test_the_least_norm_interpolator_is_exact_where_the_measurements_tell_all_and_only_there() -> None:
    def error(m: int) -> float:
        sample = tubal_recovery(**SMALL | {"m": m, "a0": 0.01}, rho=0.9, trials=2, rng=source())
        return float(np.max(sample["interpolator"]))

    all_of_them = (3 * 3 * 4 + 2 * 3) // 2  # symmetric tensors: two of the four slices are symmetric matrices
    assert error(all_of_them) < 1e-10
    assert error(all_of_them - 1) > 1e-3


def test_descent_that_diverges_is_told_apart_from_one_that_ends() -> None:
    kept = [tubal_recovery(**SMALL | {"a0": 0.05, "eta": eta}, rho=0.5, trials=2, rng=source()) for eta in (0.05, 9.0)]
    assert kept[0]["ended"].all()
    assert np.max(kept[0]["error"]) < 1
    assert not kept[1]["ended"].any()
