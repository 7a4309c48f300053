"""Autoencoders whose code is a vector of signs."""

from theory.domain import Choice, Size
from theory.setting import Drawn, Observable, Setting


class SignAutoencoder(Setting):
    """x ~ N(0, I_d), code sign(Bx) with unit rows of B (n, d), decoder A; the error of B is min_A E‖x − A sign(Bx)‖²/d.

    `rows`: "haar", n rows of the first d columns of a random orthogonal matrix of size max(n, d), made unit; or "iid",
    independent random directions. Training is gradient descent on the error from these rows, 150 steps.
    """

    n = Size(typical=(3, 8))
    d = Size(at_least=2, typical=(6, 8))
    rows = Choice("haar", "iid")
    B = Drawn(n, d)
    sampled = Observable("error from 4096 inputs: A fitted on half of them, average of its errors on both halves",
                         between=(0, None))
    error = Observable("error of B", between=(0, None), certificate="rounding", values="discrete")
    trained = Observable("error of B after training", between=(0, None), certificate="rounding", values="discrete")
    rounding = Observable("a bound on the rounding of both errors", values="discrete")
