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


class LineFit(Setting):
    """½ Σ_i (f(x_i) − y_i)² + (lam/2)·Σ_k (v_k² + w_k²), f(x) = Σ_k v_k relu(w_k x + b_k) + c·x + c₀, m neurons.

    c and c₀ have no price, and b_k none unless `biases` are "priced", which adds (lam/2)·Σ b_k². N points on the line:
    gaps are uniform on 0.7 to 1.3 times 2/(N − 1), slopes of the chords begin normal and change by 0.5 to 2.5, up or
    down; x and y have mean 0. Trained from two random starts; the better end counts.
    """

    N = Size(at_least=3, typical=(4, 6))
    m = Size(typical=(16, 20))
    lam = Real(above=0, typical=(0.02, 0.2))
    biases = Choice("free", "priced")
    x = Drawn(N)
    y = Drawn(N)
    loss = Observable("loss at the end of training", between=(0, None), certificate="rounding")
    price = Observable("½ Σ_k (v_k² + w_k²) then", between=(0, None), certificate="rounding", values="discrete")
    path = Observable("Σ_k |v_k w_k| then", between=(0, None), certificate="rounding", values="discrete")
    rounding = Observable("a bound on the rounding of the three", values="discrete")


class LineInterpolation(Setting):
    """Networks f(x) = Σ_k v_k relu(w_k x + b_k) + c·x + c₀ of m neurons with f(x_i) = y_i at N points.

    `skip`: "linear", or "none", where c = 0. Gaps of x are uniform on 0.7 to 1.3 times 2/(N − 1), slopes of the chords
    begin normal and change by 0.5 to 2.5, up or down; x and y have mean 0. Trained on half of the squared errors and
    0.003·(½ Σ (v_k² + w_k²)), with ½ Σ b_k² where `biases` are "priced", from three random starts; then v moves so that
    nothing is missed, and neurons are balanced. The least price of the three counts.
    """

    N = Size(at_least=3, typical=(4, 5))
    m = Size(typical=(16, 20))
    skip = Choice("linear", "none")
    biases = Choice("free", "priced")
    x = Drawn(N)
    y = Drawn(N)
    price = Observable("½ Σ_k (v_k² + w_k²), and ½ Σ_k b_k² where biases are priced", between=(0, None),
                       certificate="doubt")
    untrained = Observable("Σ_k |v_k w_k| where w and b are normal and v has the least norm", between=(0, None),
                           certificate="doubt")
    doubt = Observable("a bound on what the missed rest can do to the two", values="discrete")
    interpolates = Event("both, the trained and the untrained network, meet all y_i to 1e-10")


class SignPatterns(Setting):
    """X = AB with normal A (n, r) and B (r, d): n points in a random subspace of dimension r.

    `points`: "general", or "paired", where the last row of A repeats the one before.
    """

    n = Size(at_least=2, typical=(3, 7))
    d = Size(at_least=2, typical=(3, 5))
    r = Size(typical=(1, 4))
    points = Choice("general", "paired")
    X = Drawn(n, d)
    patterns = Observable("number of sign patterns of Xu", values="discrete")
    apart = Event("min(n, r) of the rows that differ, made unit, have a least singular value over 0.01, whichever")
