"""Models that each know some of the features by which points are told apart."""

from theory.domain import Real, Size
from theory.setting import Observable, Setting


class SharedFeatures(Setting):
    """Two models of a binary label: each knows c of F features, uniformly chosen, and a point carries k of them.

    A model that knows one of the point's features gets it right, one that knows none throws a fair coin; a share m of
    the points is misleading: there to know a feature is to be wrong. The models are independent given the point.
    """

    F = Size(typical=(6, 16))
    c = Size(typical=(1, 6))
    k = Size(typical=(1, 4))
    m = Real(at_least=0, at_most=1, typical=(0, 0.5))
    accuracy = Observable("how probably a model is right given point and features, mean of the two", between=(0, 1),
                          values="discrete")
    agreement = Observable("how probably the two models agree, given the same", between=(0, 1), values="discrete")
    excess = Observable("agreement less accuracy", between=(-1, 1), values="discrete")
