"""One-layer attention and its training."""

from theory.domain import Size
from theory.setting import Axis, Drawn, Event, Observable, Setting


class TokenSelection(Setting):
    """One attention layer with a fixed linear head, trained on n sequences of T tokens in d dimensions.

    f_i(W) = vᵀ X_iᵀ softmax(X_i W z_i), with logistic loss of labels 1. The chosen token of a sample has score vᵀx = 1,
    all others 0; beyond the score, tokens are unit vectors orthogonal to v; queries z_i are uniform unit vectors.
    Normalised gradient descent W ← W − 0.1·G/‖G‖_F from W = 0.
    """

    n = Size(typical=(3, 5))
    T = Size(at_least=2, typical=(3, 4))
    d = Size(at_least=2, typical=(8, 12))
    step = Axis([10, 30, 100, 300, 1000])
    tokens = Drawn(n, T, d)
    queries = Drawn(n, d)
    scores = Drawn(n, T)
    W = Observable("the attention matrix after some steps of normalised gradient descent", shape=(step, d, d))
    optimal_mass = Observable("mean softmax weight on the chosen tokens", shape=step)
    norm = Observable("‖W‖_F", shape=step)
    selected = Event("after the last step every sample puts more than half of its attention on its chosen token")
