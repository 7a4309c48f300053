"""Networks with one hidden layer of ReLUs, whose weights are penalised."""

from theory.domain import Choice, Real, Size
from theory.setting import Drawn, Event, Observable, Setting


class ShallowRelu(Setting):
    """½‖Σⱼ relu(X wⱼ)vⱼ − y‖² + (beta/2)·Σⱼ (‖wⱼ‖² + vⱼ²), m neurons without biases; X (n, d) and y are normal.

    Trained from two random starts, by descent in which idle neurons start afresh; the better end counts.
    """

    n = Size(typical=(4, 6))
    d = Size(at_least=2, typical=(2, 2))
    m = Size(typical=(14, 18))
    beta = Real(above=0, typical=(0.2, 0.6))
    X = Drawn(n, d)
    y = Drawn(n)
    trained = Observable("loss at the end of training", between=(0, None), certificate="rounding")
    rounding = Observable("a bound on the rounding of the loss", values="discrete")


class SignPatterns(Setting):
    """X = AB with normal A (n, r) and B (r, d): n points in a random subspace of dimension r.

    `points`: "general", or "paired", where the last row of A repeats the one before.
    """

    n = Size(at_least=2, typical=(3, 7))
    d = Size(at_least=2, typical=(3, 5))
    r = Size(typical=(1, 4))
    points = Choice("general", "paired")
    X = Drawn(n, d)
    patterns = Observable("vectors of signs s with s_i·(Xu)_i > 0 for all i, at some u", values="discrete")
    apart = Event("min(n, r) of the rows that differ, made unit, have a least singular value over 0.01, whichever")
