"""Optimal transport between measures on R^d, seen along random directions."""

from theory.domain import Choice, Real, Size
from theory.setting import Observable, Setting


class SlicedTransport(Setting):
    """Two measures with means m₁, m₂ and covariances S₁, S₂, projected on directions θ uniform on the unit sphere.

    W(θ) is the squared 2-Wasserstein distance of the projections. m₁ is standard normal and m₂ at the
    distance delta from it, in a random direction; S₁ = AAᵀ/tr(AAᵀ) and S₂ = ratio²·BBᵀ/tr(BBᵀ) with standard normal
    A, B (d, d), B = A where `second` is "same". The measures are normal laws, or 16 points each, drawn from those laws;
    then all moments are those of the points.
    With δ = m₁ − m₂ the lower control is (θ·δ)², the upper one (θ·δ)² + θᵀ(S₁ + S₂)θ. In every trial there are 128
    directions, and as many fresh ones; a variance over them divides by 127.
    """

    d = Size(typical=(3, 12))
    delta = Real(above=0, typical=(0.5, 2))
    ratio = Real(at_least=0, typical=(0.3, 2))
    g = Real(typical=(0.3, 1.2))
    measures = Choice("gaussian", "points")
    second = Choice("own", "same")
    plain = Observable("mean of W over the directions", between=(0, None))
    fresh = Observable("mean of W over the fresh directions", between=(0, None))
    low = Observable("mean of the lower control", between=(0, None))
    up = Observable("mean of the upper control", between=(0, None))
    low_variance = Observable("variance of the lower control over the directions", between=(0, None))
    up_variance = Observable("variance of the upper control over the directions", between=(0, None))
    variance = Observable("variance of W over the directions", between=(0, None))
    low_covariance = Observable("covariance of W and the lower control over the directions")
    up_covariance = Observable("covariance of W and the upper control over the directions")
    low_gain = Observable("g at which W − g·(lower control) varies least over the directions", certificate="searched")
    up_gain = Observable("g at which W − g·(upper control) varies least over the directions", certificate="searched")
    low_rest = Observable("its least variance, lower control")
    up_rest = Observable("its least variance, upper control")
    one = Observable("W in the first direction", certificate="rounding")
    one_low = Observable("lower control in the first direction")
    one_up = Observable("upper control in the first direction")
    delta2 = Observable("‖δ‖²")
    trace = Observable("tr(δδᵀ + S₁ + S₂)")
    trace2 = Observable("tr((δδᵀ + S₁ + S₂)²)")
    rounding = Observable("a bound on the rounding of W in the first direction")
    searched = Observable("how far the search leaves the gains open")


class IsotropicSlices(Setting):
    """N(m₁, s1²·I) and N(m₂, s2²·I) on R^d, ‖m₁ − m₂‖ = delta, and W(θ) as in SlicedTransport.

    An estimate is the mean of W over L directions.
    """

    d = Size(at_least=2, typical=(3, 12))
    delta = Real(above=0, typical=(0.5, 2))
    s1 = Real(at_least=0, typical=(0.3, 2))
    s2 = Real(at_least=0, typical=(0.3, 2))
    L = Size(typical=(2, 8))
    one = Observable("W in one direction", between=(0, None), certificate="rounding")
    one_low = Observable("(θ·(m₁ − m₂))² there", between=(0, None))
    squared_error = Observable("half the squared difference of two estimates, average over 8 pairs", between=(0, None))
    rounding = Observable("a bound on the rounding of W")
